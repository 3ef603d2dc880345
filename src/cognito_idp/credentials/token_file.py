"""The token files of the AWS CLI (`~/.aws/sso/cache`, `~/.aws/login/cache`), read and replaced as a whole.

These functions block, so flows call them through `offload`. The files contain secrets: errors name the path and never
show the content.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from .._errors import CredentialsError
from .._flow.effects import UnderWay
from .._protocol.foreign_json import parsed_json
from .._settings.files import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 1024 * 1024
# More than the tokens of one session need.
_ROOM = 64 * 1024


class TokenFileError(CredentialsError):
    """A token file is missing or can't be read; the text names it, and the caller adds what to do."""


def read_token(path: str) -> dict[str, Any]:
    """Return the JSON object in a token file.

    Raises:
        TokenFileError: the file can't be read, or is not a complete JSON object (because it is half written, say).
    """
    try:
        content = read_file(path, _LARGEST)
    except OSError as error:
        msg = f"token file {path!r} can't be read: {error.strerror}"
        raise TokenFileError(msg) from None
    try:
        token = parsed_json(content)
    except ValueError:
        token = None
    # Raised outside the handler: a JSONDecodeError as __context__ would hold the whole file.
    if not isinstance(token, dict):
        msg = f"token file {path!r} is not a complete JSON object"
        raise TokenFileError(msg)
    return token


@cache
def refresh_of(path: str) -> UnderWay:  # noqa: ARG001 - the path is for the cache
    """Return what is under way for a file: the clients of a process must not use its refresh token twice."""
    return UnderWay()


def can_replace(path: str) -> bool:
    """Return whether there is room beside the file for another one: a refresh that can't be saved would lose the token.

    A full disk is found by taking the room, not by asking for permissions.
    """
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=os.path.dirname(path)) as file:  # noqa: PTH120 - pathlib would cost 2 ms
            file.write(bytes(_ROOM))
            file.flush()
    except OSError:
        return False
    return True


def write_token(path: str, token: Mapping[str, Any]) -> None:
    """Replace a token file atomically with one that only its owner can read (mode 0600).

    Raises:
        CredentialsError: the file can't be written.
    """
    import tempfile

    try:
        # mkstemp creates the file with mode 0600, so it is never readable by others.
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), suffix=".tmp")  # noqa: PTH120
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(token, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108
            raise
    except OSError as error:
        msg = f"{path!r} can't be replaced after a refresh, which used up the token in it: {error.strerror}"
        raise CredentialsError(msg) from None
