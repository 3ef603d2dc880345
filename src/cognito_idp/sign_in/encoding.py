"""Text to bytes, where the text may come from anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._errors import SignInError


def utf8(what: str, text: str, error: type[SignInError]) -> bytes:
    """Return a text as UTF-8; `what` names it in the error.

    Raises:
        SignInError: of the class `error`; it holds half a surrogate pair. The text itself is not shown.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as problem:
        position = problem.start
    # Raised out here, since the error above holds the text and would be this one's context.
    msg = f"the {what} can't be sent: its character {position} is half a surrogate pair, which UTF-8 can't encode"
    raise error(msg)
