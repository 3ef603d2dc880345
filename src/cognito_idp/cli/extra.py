"""What is said where the libraries of the extra `cli` are missing."""

from __future__ import annotations

_NEEDED = ("click", "jmespath", "rich", "segno")


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """Return what to say if a module is missing that the extra brings; None for another one."""
    name = (error.name or "").partition(".")[0]
    if name not in _NEEDED:
        return None
    return f"cognito-idp: {name} is not installed; the command needs the extra: pip install 'cognito-idp[cli]'"
