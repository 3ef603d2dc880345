"""The message for missing libraries of the extra `cli`."""

from __future__ import annotations

from .._version import install_command

_NEEDED = ("click", "jmespath", "rich", "segno")


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """Return the message for a missing module of the extra, or None for any other module."""
    name = (error.name or "").partition(".")[0]
    if name not in _NEEDED:
        return None
    return f"cognito-idp: {name} is not installed; the command needs the extra: {install_command('cli')}"
