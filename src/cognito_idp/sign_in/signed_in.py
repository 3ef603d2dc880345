"""The end of a sign-in: the tokens, and the device that the pool may remember."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from attrs import field

from .._protocol.arguments import MOMENT, TEXT, typed, typed_or_none
from .._protocol.redaction import redacted
from .._protocol.tracebacks import guards_init

if TYPE_CHECKING:
    from datetime import datetime


@guards_init
@attrs.frozen(kw_only=True)
class Tokens:
    """The tokens of a signed-in user. `repr` hides them.

    `expires_at` is when the access token expires by the client's clock (an aware datetime). `refresh_token` is None if
    the service sent none, as after a refresh without rotation.
    """

    __module__ = "cognito_idp"

    access_token: str = field(repr=redacted, validator=typed(TEXT))
    id_token: str | None = field(default=None, repr=redacted, validator=typed_or_none(TEXT))
    refresh_token: str | None = field(default=None, repr=redacted, validator=typed_or_none(TEXT))
    token_type: str | None = field(default=None, validator=typed_or_none(TEXT))
    expires_at: datetime | None = field(default=None, validator=typed_or_none(MOMENT))


@guards_init
@attrs.frozen(kw_only=True)
class Device:
    """A device that the pool may remember: its key, its group key, and the password we generated for it (a secret).

    Store all three, and call `remember_device` for a new one. Later sign-ins with it may skip MFA.
    """

    __module__ = "cognito_idp"

    key: str = field(validator=typed(TEXT))
    group_key: str = field(validator=typed(TEXT))
    password: str = field(repr=redacted, validator=typed(TEXT))


@attrs.frozen(kw_only=True)
class SignedIn:
    """The sign-in is done.

    `new_device` is set if the pool tracks devices and this one is new to it. `device_dropped` is true if the service
    didn't know your device and the sign-in went on without it: forget that device.
    """

    tokens: Tokens
    new_device: Device | None = None
    device_dropped: bool = False

    if not TYPE_CHECKING:  # a checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            hint = f"; use .tokens.{name}" if name in OF_TOKENS else ""
            raise no_attribute(self, name, hint)


# Who asks a challenge or a `SignedIn` for one of these means its tokens.
OF_TOKENS: Final = frozenset(member.name for member in attrs.fields(Tokens))


def no_attribute(outcome: object, name: str, hint: str) -> AttributeError:
    """Return the error for an attribute that an outcome doesn't have, with a hint at its end."""
    return AttributeError(f"{type(outcome).__name__!r} object has no attribute {name!r}{hint}", name=name)
