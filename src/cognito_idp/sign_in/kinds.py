"""The types of the arguments of sign-in methods. What fits a flow or a challenge is decided in `answers.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .._errors import SignInAnswerError
from .._protocol.arguments import FLAG, MAPPING, TEXT, Kind, check_given, instance_of
from .signed_in import Device
from .state import check_app

if TYPE_CHECKING:
    from .._protocol.redaction import Opaque

# All others are text.
_KINDS: Final[Mapping[str, Kind]] = {
    "admin": FLAG,
    "attributes": MAPPING,
    "credential": Kind("JSON text or the parsed mapping", lambda value: isinstance(value, str | Mapping)),
    "device": instance_of(Device, "a Device"),
    "responses": MAPPING,
}


def check_types(
    arguments: Opaque[dict[str, Any]], extras: tuple[Any, Any, Any], *, app: object, **others: object
) -> None:
    """Check the types of a sign-in method's arguments; None counts as not given.

    Raises:
        SignInAnswerError: one of them can't be used; the message shows no value.
    """
    check_app(app)
    client_metadata, _, _ = extras
    check_given(MAPPING, SignInAnswerError, client_metadata=client_metadata)
    for name, value in {**arguments.value, **others}.items():
        check_given(_KINDS.get(name, TEXT), SignInAnswerError, **{name: value})
