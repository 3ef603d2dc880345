"""AWS credentials and where they come from."""
