"""Which members are secret at a terminal, and where they are in a struct.

The model marks more members as sensitive than a person has to hide, such as usernames, app client ids and addresses.
You may type and show those here, but not passwords, codes, tokens, sessions and keys. A map may hold both. Which is
which is the same as for `reveal`, and stands in the generator's `sensitive.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .._structs.shapes import MapOf
from .._structs.struct import Struct
from ..model.sensitive import is_secret_entry as is_secret_entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._structs.struct import MemberInfo

HIDDEN: Final = "***"


def is_secret(member: MemberInfo) -> bool:
    """Return whether a whole member is a secret; for entries of a map, use `is_secret_entry`."""
    return member.sensitive == "secret"


def is_secret_entry(member: MemberInfo, key: str) -> bool:
    """Return whether an entry of a map member is a secret."""
    return is_secret_entry_of(member.sensitive, key)


def secrets_of(member: MemberInfo, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the secrets in a member's value, each with its path of wire names."""
    if is_secret(member):
        yield from ((member.wire_name, text) for text in _texts(value))
    elif isinstance(value, dict) and type(member.shape) is MapOf:
        for key, item in value.items():
            if is_secret_entry(member, key):
                yield from ((f"{member.wire_name}.{key}", text) for text in _texts(item))
    else:
        for path, text in _inside(value):
            yield f"{member.wire_name}.{path}", text


def secrets_in(struct: Struct) -> Iterator[tuple[str, str]]:
    """Yield the secrets of a struct, each with its path of wire names."""
    for member in struct._members:  # noqa: SLF001 - the command line reads structs as the converter does
        yield from secrets_of(member, getattr(struct, member.name))


def _inside(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Struct):
        yield from secrets_in(value)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _inside(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Struct):
        for member in value._members:  # noqa: SLF001
            yield from _texts(getattr(value, member.name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)
