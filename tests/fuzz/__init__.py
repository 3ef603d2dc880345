"""Fuzzing: one function a target, from bytes to nothing, that fails where a law is broken (`python -m tests.fuzz`)."""
