"""`SECRET_HASH`, with which an app client proves its secret in each request."""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import TYPE_CHECKING

from .._errors import SignInAnswerError
from .arguments import TEXT, check
from .tracebacks import clears_frames

if TYPE_CHECKING:
    from .._errors import SignInError


@clears_frames
def secret_hash(username: str, client_id: str, client_secret: str) -> str:
    """Return `SECRET_HASH`: base64 of HMAC-SHA256 over user name and client id, keyed with the client secret.

    `username` is the name in the same request. After the first step of a sign-in that is `USERNAME` of the challenge,
    or `USER_ID_FOR_SRP` if it has no `USERNAME`.

    Raises:
        SignInAnswerError: the name or the secret can't be encoded.
    """
    check(TEXT, SignInAnswerError, username=username, client_id=client_id, client_secret=client_secret)
    key = utf8("client secret", client_secret, SignInAnswerError)
    text = utf8("user name", username + client_id, SignInAnswerError)
    return b64encode(hmac.digest(key, text, "sha256")).decode()


def utf8(what: str, text: str, error: type[SignInError]) -> bytes:
    """Return a text as UTF-8; `what` names it in the error.

    Raises:
        SignInError: the text has half a surrogate pair. The class is `error`, and the message doesn't show the text.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as problem:
        position = problem.start
    # Raised outside the handler: the error above holds the text, and must not become this one's context.
    msg = f"the {what} can't be sent: its character {position} is half a surrogate pair, which UTF-8 can't encode"
    raise error(msg)
