"""Users' attributes: a dict of those in an answer, and filters that find users by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ._errors import Fault, RequestValidationError
from ._protocol.arguments import known_arguments
from ._protocol.tracebacks import clears_frames
from ._structs.shapes import Nested, PairsOf
from ._structs.struct import Struct
from .model.common import AttributeType

if TYPE_CHECKING:
    from .types import (
        AdminCreateUserRequest,
        AdminCreateUserResponse,
        AdminGetDeviceResponse,
        AdminGetUserResponse,
        AdminUpdateUserAttributesRequest,
        DeviceType,
        GetDeviceResponse,
        GetUserResponse,
        SignUpRequest,
        UpdateUserAttributesRequest,
        UserType,
    )

    HasAttributes = (
        AdminCreateUserRequest
        | AdminCreateUserResponse
        | AdminGetDeviceResponse
        | AdminGetUserResponse
        | AdminUpdateUserAttributesRequest
        | DeviceType
        | GetDeviceResponse
        | GetUserResponse
        | SignUpRequest
        | UpdateUserAttributesRequest
        | UserType
    )

# What ListUsers can search for, according to its API reference.
_SEARCHABLE: Final = (
    "username",
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "cognito:user_status",
    "status",
    "sub",
)
_LONGEST_FILTER: Final = 256


@clears_frames
def attributes_of(source: HasAttributes | Iterable[AttributeType]) -> dict[str, str]:
    """Return the attributes of a user or a device as a dict: name to value.

    `source` is a struct that holds attributes, such as `AdminGetUserResponse` or a `UserType` of `list_users`, or a
    list of `AttributeType`. An attribute without a value is left out. If a name occurs twice, the last value counts.
    Values are strings, as the service sends them: `"true"`, not True.

    Raises:
        TypeError: `source` is something else. The message doesn't show it.
    """
    return {attribute.name: attribute.value for attribute in _attributes_in(source) if attribute.value is not None}


def _attributes_in(source: object) -> tuple[AttributeType, ...]:
    if isinstance(source, Struct):
        name = _list_of(type(source))
        inner = _holder_of(type(source)) if name is None else None
        if name is not None:
            return _checked(getattr(source, name) or ())
        if inner is not None:
            held = getattr(source, inner)
            return () if held is None else _attributes_in(held)
    elif isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping):
        return _checked(tuple(source))
    msg = f"attributes_of() takes {_EXPECTED}, not {type(source).__name__}"
    raise TypeError(msg)


_EXPECTED = "a struct that holds attributes, such as AdminGetUserResponse, or a list of AttributeType"


def _checked(attributes: Any) -> tuple[AttributeType, ...]:
    for attribute in attributes:
        if not isinstance(attribute, AttributeType):
            msg = f"attributes_of() takes {_EXPECTED}, not a list with {type(attribute).__name__}"
            raise TypeError(msg)
    return tuple(attributes)


def _list_of(cls: type[Struct]) -> str | None:
    """Return the name of a struct's list of attributes. Where there is a second list, it is validation data."""
    members = cls._members
    lists = (
        member.name
        for member in members
        if isinstance(member.shape, PairsOf) and member.shape.item.struct is AttributeType
    )
    return next(lists, None)


def _holder_of(cls: type[Struct]) -> str | None:
    """Return the name of the member that holds a user or a device, with the list in it."""
    members = cls._members
    holders = (
        member.name
        for member in members
        if isinstance(member.shape, Nested) and _list_of(member.shape.struct) is not None
    )
    return next(holders, None)


_SECOND: Final = "the value is the second argument: user_filter(attribute, value)"
_FIRST: Final = "name the attribute first: user_filter(attribute, value)"


@clears_frames
@known_arguments("user_filter", dict.fromkeys(("equal", "equals", "eq", "is_"), _SECOND), _FIRST)
def user_filter(attribute: str, value: str | None = None, *, starts_with: str | None = None) -> str:
    r"""Return a `filter` for `list_users`, with the value quoted, so that no text can change what is searched for.

    `user_filter("email", "mary@example.com")` gives `email = "mary@example.com"`, and
    `user_filter("phone_number", starts_with="+49")` gives `phone_number ^= "+49"`. A backslash escapes quotation marks
    and backslashes in the value. `username` and `status` are case-sensitive.

    ListUsers searches for one attribute: `username`, `email`, `phone_number`, `name`, `given_name`, `family_name`,
    `preferred_username`, `cognito:user_status` (such as `CONFIRMED`), `status` (`Enabled` or `Disabled`) or `sub`.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html says this of
    quotation marks. It does not speak of backslashes; to leave them alone would let a value end its own quotation.

    Raises:
        RequestValidationError: the attribute can't be searched for, as custom ones can't; there is no value, or there
            are two; the value is empty; or the filter would be longer than 256 characters.
    """
    operator, text = ("=", value) if starts_with is None else ("^=", starts_with)
    faults = [*_attribute_faults(attribute), *_value_faults(value, starts_with)]
    quoted = str(text).replace("\\", r"\\").replace('"', r"\"")
    filter_ = f'{attribute} {operator} "{quoted}"'
    if not faults and len(filter_) > _LONGEST_FILTER:
        problem = f"makes a filter of {len(filter_):,} characters, and ListUsers takes {_LONGEST_FILTER}"
        faults.append(_fault("value" if starts_with is None else "starts_with", problem))
    if faults:
        raise RequestValidationError(struct="user_filter", faults=tuple(faults))
    return filter_


def _attribute_faults(attribute: object) -> list[Fault]:
    if attribute in _SEARCHABLE:
        return []
    if isinstance(attribute, str) and attribute.startswith(("custom:", "dev:")):
        return [_fault("attribute", "can't be searched for: ListUsers doesn't search for custom attributes")]
    return [_fault("attribute", f"can't be searched for; these can: {', '.join(_SEARCHABLE)}")]


def _value_faults(value: object, starts_with: object) -> list[Fault]:
    if value is None and starts_with is None:
        return [_fault("value", "is required, or starts_with")]
    if value is not None and starts_with is not None:
        return [_fault("value", "and starts_with exclude each other")]
    name, text = ("value", value) if starts_with is None else ("starts_with", starts_with)
    if not isinstance(text, str):
        return [_fault(name, f"must be a string, not {type(text).__name__}")]
    # An empty beginning would list everybody, and is hardly ever meant.
    return [] if text else [_fault(name, "must not be empty")]


def _fault(argument: str, problem: str) -> Fault:
    return Fault(f"user_filter.{argument}", argument, problem)
