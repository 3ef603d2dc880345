"""The message for missing libraries of the extra `cli`."""

from __future__ import annotations

from .._version import install_command

_NEEDED = ("click", "jmespath", "rich", "segno")
# What a choice of the user's needs, and the extra does not bring: its name to install.
_CHOSEN = {"yaml": "PyYAML"}


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """Return the message for a missing module of the extra, or None for any other module."""
    name = (error.name or "").partition(".")[0]
    if name in _CHOSEN:
        return (
            f"cognito-idp: --output {name} needs {_CHOSEN[name]}, which is not installed: pip install {_CHOSEN[name]}"
        )
    if name not in _NEEDED:
        return None
    return f"cognito-idp: {name} is not installed; the command needs the extra: {install_command('cli')}"
