"""The values that a member may hold: type, bounds, and how a struct copies them.

The generated structs have one `Shape` beside each member, so you can read the bounds there. A shape does two things:
`own` turns the caller's value into the one that the struct keeps (a list becomes a tuple, a string becomes an open
enum), and `check` reports everything wrong with a value. Faults never show the value, since it may be secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from .._errors import Fault
from .._protocol.arguments import described, is_moment
from .._protocol.foreign_json import parsed_json
from .._protocol.redaction import Record

if TYPE_CHECKING:
    # `optional` tells type checkers that a member accepts what the converter accepts, or None. At run time `own` does
    # the conversion, and building attrs' wrapper would cost 20 µs for each member at import.
    from attrs.converters import optional as optional  # noqa: PLC0414 - this re-exports it

    from .._protocol.app_client import AppClient
    from .enums import OpenEnum
    from .struct import Struct
else:

    def optional(converter: Any) -> Any:
        """Stand in for `attrs.converters.optional`, which only type checkers need."""
        return converter


Path = tuple[Any, ...]
"""The place of a value in a request, outermost first: `.member`, an item's index, or an entry's key in a tuple.

It becomes text only in a fault, so a request without faults costs only a few small tuples.
"""


REQUIRED = "is required"
"""The problem of a member that is missing."""


def _written(path: Path) -> str:
    return "".join(map(_written_step, path)).removeprefix(".")


def _written_step(step: Any) -> str:
    if isinstance(step, str):
        return step
    if isinstance(step, int):
        return f"[{step}]"
    # A key that isn't a plain name could be a misplaced value, so it is not shown.
    (key,) = step
    return f"[{key!r}]" if isinstance(key, str) and key.isidentifier() else "[...]"


def fault(member: str, path: Path, problem: str) -> Fault:
    """Return a fault, with the path as text."""
    return Fault(member, _written(path), problem)


class Shape:
    """The base of all shapes. It accepts anything."""

    __slots__ = ()

    def own(self, value: Any) -> Any:
        """Return the value that the struct keeps. A value of the wrong type is left for `check` to report."""
        return value

    def fits(self, value: Any) -> bool:  # noqa: ARG002 - shapes with rules use it
        """Whether `value` and everything inside it is valid."""
        return True

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        """Append a fault for everything wrong with `value`."""


class _Bounded(Shape):
    __slots__ = ("_high", "_low", "maximum", "minimum")

    def __init__(self, minimum: int | None = None, maximum: int | None = None) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self._low = -inf if minimum is None else minimum
        self._high = inf if maximum is None else maximum

    def _range(self) -> str:
        if self.maximum is None:
            return f"at least {self.minimum:,}"
        if self.minimum is None:
            return f"at most {self.maximum:,}"
        if self.minimum == self.maximum:
            return f"exactly {self.minimum:,}"
        return f"between {self.minimum:,} and {self.maximum:,}"

    def _wrong_size(self, size: int, unit: str) -> str:
        return f"must have {self._range()} {unit}, has {size:,}"


def _wrong_type(expected: str, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
    article = "an" if expected[0] in "AEIOUaeiou" else "a"
    faults.append(fault(member, path, f"must be {article} {expected}, not {described(value)}"))


class Text(_Bounded):
    """A string of `minimum` to `maximum` characters. Published patterns are not checked: the service accepts more."""

    __slots__ = ()

    def fits(self, value: Any) -> bool:
        return isinstance(value, str) and self._low <= len(value) <= self._high

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, str):
            _wrong_type("string", value, member, path, faults)
        elif not self._low <= len(value) <= self._high:
            faults.append(fault(member, path, self._wrong_size(len(value), "characters")))


class Choice(Shape):
    """A string from an open enum. Strings become members of the enum, including unknown ones."""

    __slots__ = ("enum",)

    def __init__(self, enum: type[OpenEnum]) -> None:
        self.enum = enum

    def own(self, value: Any) -> Any:
        """Turn a string into a member of the enum."""
        return self.enum(value) if isinstance(value, str) else value

    def fits(self, value: Any) -> bool:
        return isinstance(value, str) and value != ""

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, str):
            _wrong_type(f"{self.enum.__name__} or a string", value, member, path, faults)
        elif not value:
            faults.append(fault(member, path, "must not be empty"))


class Integer(_Bounded):
    """A whole number from `minimum` to `maximum`."""

    __slots__ = ()

    def fits(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self._low <= value <= self._high

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            _wrong_type("integer", value, member, path, faults)
        elif not self._low <= value <= self._high:
            faults.append(fault(member, path, f"must be {self._range()}, is {value:,}"))


class Boolean(Shape):
    """True or false."""

    __slots__ = ()

    def fits(self, value: Any) -> bool:
        return isinstance(value, bool)

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, bool):
            _wrong_type("bool", value, member, path, faults)


class Blob(_Bounded):
    """Bytes; on the wire they are base64."""

    __slots__ = ()

    def own(self, value: Any) -> Any:
        """Take a copy of a mutable buffer."""
        return bytes(value) if isinstance(value, bytearray | memoryview) else value

    def fits(self, value: Any) -> bool:
        return isinstance(value, bytes) and self._low <= len(value) <= self._high

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, bytes):
            _wrong_type("bytes object", value, member, path, faults)
        elif not self._low <= len(value) <= self._high:
            faults.append(fault(member, path, self._wrong_size(len(value), "bytes")))


class Timestamp(Shape):
    """An aware datetime; on the wire it is the number of seconds since 1970 in UTC."""

    __slots__ = ()

    def fits(self, value: Any) -> bool:
        return is_moment(value)

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        from datetime import datetime

        if not isinstance(value, datetime):
            _wrong_type("datetime", value, member, path, faults)
        elif not is_moment(value):
            faults.append(fault(member, path, "must be an aware datetime: it has no time zone"))


class ListOf(_Bounded):
    """A sequence of `minimum` to `maximum` items of one shape; kept as a tuple."""

    __slots__ = ("item",)

    def __init__(self, item: Shape, minimum: int | None = None, maximum: int | None = None) -> None:
        super().__init__(minimum, maximum)
        self.item = item

    def own(self, value: Any) -> Any:
        """Copy any iterable but a string, bytes or mapping into a tuple."""
        if isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | Mapping):
            return tuple(map(self.item.own, value))
        return value

    def fits(self, value: Any) -> bool:
        return isinstance(value, tuple) and self._low <= len(value) <= self._high and all(map(self.item.fits, value))

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, tuple):
            _wrong_type("sequence", value, member, path, faults)
            return
        if not self._low <= len(value) <= self._high:
            faults.append(fault(member, path, self._wrong_size(len(value), "items")))
        for index, item in enumerate(value):
            self.item.check(item, member, (*path, index), faults)


class MapOf(_Bounded):
    """A mapping of `minimum` to `maximum` entries; kept as the struct's own dict."""

    __slots__ = ("key", "value")

    def __init__(self, key: Shape, value: Shape, minimum: int | None = None, maximum: int | None = None) -> None:
        super().__init__(minimum, maximum)
        self.key = key
        self.value = value

    def own(self, value: Any) -> Any:
        """Copy a mapping into a dict."""
        if isinstance(value, dict | Mapping):
            if type(self.value).own is Shape.own:
                return dict(value)
            own = self.value.own
            return {key: own(item) for key, item in value.items()}
        return value

    def fits(self, value: Any) -> bool:
        return (
            isinstance(value, dict)
            and self._low <= len(value) <= self._high
            and all(map(self.key.fits, value))
            and all(map(self.value.fits, value.values()))
        )

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if not isinstance(value, dict):
            _wrong_type("mapping", value, member, path, faults)
            return
        if not self._low <= len(value) <= self._high:
            faults.append(fault(member, path, self._wrong_size(len(value), "entries")))
        for key, item in value.items():
            where = (*path, (key,))
            self.key.check(key, member, where, faults)
            self.value.check(item, member, where, faults)


class Nested(Shape):
    """Another struct."""

    __slots__ = ("struct",)

    def __init__(self, struct: type[Struct]) -> None:
        self.struct = struct

    def fits(self, value: Any) -> bool:
        return isinstance(value, self.struct) and value._fits()  # noqa: SLF001 - the two halves of one check

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if isinstance(value, self.struct):
            value._check(path, faults)  # noqa: SLF001 - shapes and structs are two halves of one check
        elif isinstance(value, Mapping):
            from .hints import check_mapping

            check_mapping(self.struct, value, path, faults)
        else:
            _wrong_type(f"{self.struct.__name__}", value, member, path, faults)


class PairsOf(ListOf):
    """A list of structs of two strings, such as `AttributeType`; a mapping of the first to the second will do, too."""

    __slots__ = ()

    item: Nested

    def own(self, value: Any) -> Any:
        """Copy a mapping of strings into a tuple of structs; one with other keys or values is left for `check`."""
        if not isinstance(value, Mapping):
            return super().own(value)
        if not all(isinstance(text, str) for text in (*value, *value.values())):
            return dict(value)
        struct = self.item.struct
        first, second = (member.name for member in struct._members)  # noqa: SLF001 - shapes and structs are one check
        return tuple([struct(**{first: key, second: text}) for key, text in value.items()])

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if isinstance(value, dict):
            first, second = (member.shape for member in self.item.struct._members)  # noqa: SLF001
            MapOf(first, second, self.minimum, self.maximum).check(value, member, path, faults)
        elif not isinstance(value, tuple):
            _wrong_type("mapping or a sequence", value, member, path, faults)
        else:
            super().check(value, member, path, faults)


def json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text holds, or None if it holds something else."""
    try:
        value = parsed_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class Document(Shape):
    """A JSON object, such as the options of a passkey ceremony, or its text; sent as an object, otherwise unchanged."""

    __slots__ = ()

    def own(self, value: Any) -> Any:
        """Copy the JSON value all the way down. The text of an object becomes the object."""
        if isinstance(value, str):
            document = json_object(value)
            return value if document is None else document
        return self._copied(value)

    def _copied(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._copied(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._copied(item) for item in value]
        return value

    def fits(self, value: Any) -> bool:
        faults: list[Fault] = []
        self.check(value, "", (), faults)
        return not faults

    def check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        # `own` has left text that isn't an object's. The service would refuse it with an error that doesn't say why.
        if isinstance(value, str):
            faults.append(fault(member, path, "must be a JSON object or its text; this text is not one"))
        else:
            self._check(value, member, path, faults)

    def _check(self, value: Any, member: str, path: Path, faults: list[Fault]) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, str):
                    _wrong_type("JSON object with string keys", key, member, path, faults)
                self._check(item, member, path, faults)
        elif isinstance(value, list):
            for item in value:
                self._check(item, member, path, faults)
        elif isinstance(value, float) and not isfinite(value):
            faults.append(fault(member, path, "must be a JSON value; infinities and NaN are not"))
        elif value is not None and not isinstance(value, str | int | float | bool):
            _wrong_type("JSON value", value, member, path, faults)


class Member(Record):
    """The facts about one member: its wire name, its shape, and what it holds.

    `sensitive` is `secret`, `personal`, the kind of a map that holds both, or empty.
    """

    __slots__ = _fields = ("wire_name", "shape", "sensitive")

    def __init__(self, wire_name: str, shape: Shape, sensitive: str) -> None:
        self.wire_name = wire_name
        self.shape = shape
        self.sensitive = sensitive


MEMBER = "cognito_idp"

Json = Any
"""The annotation of a member that accepts any JSON value."""

Bytes = bytes
"""The annotation of a member that accepts bytes. It exists because some members are themselves named `bytes`."""


def wire(name: str, shape: Shape, *, sensitive: str = "") -> dict[str, Member]:
    """Return the attrs metadata of a member. The wire name is data, never derived at run time."""
    return {MEMBER: Member(name, shape, sensitive)}


def items(value: Iterable[Any] | None) -> Any:
    """Tell type checkers that a member accepts any iterable, although it keeps a tuple."""
    return value


def pairs(value: Mapping[str, str] | Iterable[Any] | None) -> Any:
    """Tell type checkers that a member accepts a mapping or any iterable, although it keeps a tuple."""
    return value


def app_client(value: str | AppClient) -> str:
    """Tell type checkers that a member accepts an app client, although it keeps the client's id."""
    return value  # type: ignore[return-value]  # `Request` puts the id there
