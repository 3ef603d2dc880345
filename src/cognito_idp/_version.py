"""The version, in one place, which the build reads; and how to install what is optional."""

__version__ = "0.1.0"


def install_command(extra: str) -> str:
    """Return the command that installs an extra. It is for a clone, since no index has the package yet."""
    return f"pip install '.[{extra}]' (in a clone of the repository)"
