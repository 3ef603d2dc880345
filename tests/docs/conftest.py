"""Fixtures of the documentation's tests."""

from .stage import server

__all__ = ["server"]
