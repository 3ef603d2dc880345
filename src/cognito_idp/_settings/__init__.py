"""Settings from the environment and the shared AWS files."""
