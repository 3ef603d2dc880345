"""A login that has begun and waits for its callback, and its text form, in the format of stored challenges."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import field

from .._errors import SignInStateError
from .._protocol.arguments import TEXT, check
from .._protocol.redaction import personal, redacted
from .._protocol.tracebacks import clears_frames, guards_init
from ..sign_in.packing import Hidden, packed, unpacked


class LoginState(Hidden):
    """A stored pending login: a string whose `repr` hides it."""

    __module__ = "cognito_idp"

    __slots__ = ()


@guards_init
@attrs.frozen(kw_only=True)
class PendingLogin:
    """A login that has begun: send the browser to `url`, and keep the rest for `complete_login`.

    `state` ties the callback to this login, `nonce` the ID token, and `code_verifier` the exchange of the code. All
    three are secrets of the browser that began the login, so keep them where only its own session leads to them.
    """

    __module__ = "cognito_idp"

    url: str = field(repr=redacted)
    client_id: str = field(repr=personal)
    scopes: tuple[str, ...]
    state: str = field(repr=redacted)
    nonce: str = field(repr=redacted)
    code_verifier: str = field(repr=redacted)

    @clears_frames
    def to_state(self) -> LoginState:
        """Return the login as text for a cookie or a database. `pending_from_state` reads it on any host.

        It holds the secrets of the login: encrypt it before it leaves your servers. Its `repr` shows nothing of it.

        Raises:
            SignInStateError: it is too large.
        """
        return LoginState(packed("the login", attrs.asdict(self)))


@clears_frames
def pending_from_state(state: str) -> PendingLogin:
    """Return the login that `to_state` stored in a text. `complete_login` checks that it fits.

    Raises:
        SignInStateError: the text is from another version, truncated or changed.
    """
    check(TEXT, SignInStateError, state=state)
    fields = unpacked(state, "login")
    names = attrs.fields_dict(PendingLogin).keys()
    scopes: Any = fields.get("scopes")
    texts = [value for name, value in fields.items() if name != "scopes"]
    if (
        fields.keys() != names
        or not isinstance(scopes, list)
        or not all(isinstance(text, str) for text in texts + scopes)
    ):
        msg = "the stored login has missing or invalid fields"
        raise SignInStateError(msg)
    return PendingLogin(**{**fields, "scopes": tuple(scopes)})
