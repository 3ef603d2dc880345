"""The tokens that a user pool issues: verifying them, and keeping them fresh."""
