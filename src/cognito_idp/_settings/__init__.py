"""What the environment and the shared AWS files say."""
