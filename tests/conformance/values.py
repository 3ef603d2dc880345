"""Legal values for every struct, made from the shapes that stand beside its members.

A value is first made "plain": dicts by wire name, lists, strings, as botocore takes them. `build` turns it into our
structs and `plain` turns structs back, both without `convert.py`, which is what the tests are about.
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from functools import cache, singledispatch
from typing import Any, TypeVar

from hypothesis import strategies as st

from cognito_idp import types
from cognito_idp._structs import shapes
from cognito_idp._structs.empty import EmptyResponse
from cognito_idp._structs.enums import OpenEnum
from cognito_idp._structs.struct import Request, Response, Struct

S = TypeVar("S", bound=Struct)

_EXTRA = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Surrogates can't be encoded; everything else, control characters and emoji included, may stand in a string.
_CHARACTERS = st.characters(exclude_categories=["Cs"])


def struct_classes() -> list[type[Struct]]:
    """Return every struct of the model."""
    return [found for name in types.__all__ if issubclass(found := getattr(types, name), Struct)]


def request_classes() -> list[type[Request[Any]]]:
    """Return the request structs of all operations."""
    return [cls for cls in struct_classes() if issubclass(cls, Request)]


def response_classes() -> list[type[Response]]:
    """Return the response structs of the model, and the empty one."""
    return [cls for cls in struct_classes() if issubclass(cls, Response)] + [EmptyResponse]


def enum_classes() -> list[type[OpenEnum]]:
    """Return every enum of the model."""
    return [found for name in types.__all__ if issubclass(found := getattr(types, name), OpenEnum)]


def sizes(shape: Any) -> tuple[int, int]:
    """Return a small range of sizes that the shape's bounds allow."""
    least = shape.minimum or 0
    return least, least + _EXTRA if shape.maximum is None else min(shape.maximum, least + _EXTRA)


_DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_CHARACTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(_CHARACTERS, max_size=5), inner, max_size=2),
    max_leaves=4,
).map(lambda value: value if isinstance(value, dict) else {"value": value})


@singledispatch
def plain_values(shape: shapes.Shape) -> st.SearchStrategy[Any]:
    """Return a strategy for what a shape may hold, as botocore takes it."""
    msg = f"no values are known for {shape!r}"
    raise AssertionError(msg)


@plain_values.register
def _(shape: shapes.Text) -> st.SearchStrategy[str]:
    least, most = sizes(shape)
    return st.text(_CHARACTERS, min_size=least, max_size=most)


@plain_values.register
def _(shape: shapes.Choice) -> st.SearchStrategy[str]:
    return st.sampled_from([*map(str, shape.enum), "A_VALUE_OF_TOMORROW"])


@plain_values.register
def _(shape: shapes.Integer) -> st.SearchStrategy[int]:
    return st.integers(shape.minimum, shape.maximum)


@plain_values.register
def _(_: shapes.Boolean) -> st.SearchStrategy[bool]:
    return st.booleans()


@plain_values.register
def _(shape: shapes.Blob) -> st.SearchStrategy[bytes]:
    least, most = sizes(shape)
    return st.binary(min_size=least, max_size=most)


@plain_values.register
def _(_: shapes.Timestamp) -> st.SearchStrategy[datetime]:
    # Halves of a second have no rounding to disagree about; before 1970 and after 2038 are meant to work.
    return st.integers(-(2**33), 2**33).map(lambda halves: _EPOCH + timedelta(seconds=halves / 2))


@plain_values.register
def _(shape: shapes.ListOf) -> st.SearchStrategy[list[Any]]:
    least, most = sizes(shape)
    return st.lists(plain_values(shape.item), min_size=least, max_size=max(least, min(most, 2)))


@plain_values.register
def _(shape: shapes.MapOf) -> st.SearchStrategy[dict[str, Any]]:
    least, most = sizes(shape)
    key, value = plain_values(shape.key), plain_values(shape.value)
    return st.dictionaries(key, value, min_size=least, max_size=max(least, min(most, 2)))


@plain_values.register
def _(shape: shapes.Nested) -> st.SearchStrategy[dict[str, Any]]:
    return plain_structs(shape.struct)


@plain_values.register
def _(_: shapes.Document) -> st.SearchStrategy[dict[str, Any]]:
    return _DOCUMENTS


def plain_structs(cls: type[Struct]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for a struct: its required members, some of the others, in the model's order."""
    struct: Any = cls  # mypy looks for the hash of a class among what its instances have
    return _plain_structs(struct)


@cache
def _plain_structs(cls: type[Struct]) -> st.SearchStrategy[dict[str, Any]]:
    order = [member.wire_name for member in cls._members]
    required = {member.wire_name: plain_values(member.shape) for member in cls._members if member.required}
    others = {member.wire_name: plain_values(member.shape) for member in cls._members if not member.required}
    drawn = st.fixed_dictionaries(required, optional=others)
    return drawn.map(lambda members: {name: members[name] for name in order if name in members})


def build(cls: type[S], members: dict[str, Any]) -> S:
    """Make a struct out of plain members."""
    by_wire_name = {member.wire_name: member for member in cls._members}
    made = {by_wire_name[name].name: _built(by_wire_name[name].shape, value) for name, value in members.items()}
    return cls(**made)


def _built(shape: shapes.Shape, value: Any) -> Any:
    match shape:
        case shapes.Nested():
            return build(shape.struct, value)
        case shapes.ListOf():
            return [_built(shape.item, item) for item in value]
        case shapes.MapOf():
            return {key: _built(shape.value, item) for key, item in value.items()}
    return value


def plain(struct: Struct) -> dict[str, Any]:
    """Return the members that a struct has, by wire name, in plain types."""
    return {
        member.wire_name: _plain(value)
        for member in struct._members
        if (value := getattr(struct, member.name)) is not None
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return plain(value)
    if isinstance(value, OpenEnum):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def sample(cls: type[S], *, filler: str = "n", secret: str = "s") -> S:
    """Return a struct with every member present, legal, and full of `filler`; secret members are full of `secret`."""
    return cls(
        **{
            member.name: _sample(member.shape, secret if member.sensitive else filler, secret)
            for member in cls._members
        }
    )


@singledispatch
def _sample(shape: shapes.Shape, filler: str, secret: str) -> Any:
    msg = f"no sample is known for {shape!r}, filled with {filler} and {secret}"
    raise AssertionError(msg)


@_sample.register
def _(shape: shapes.Text, filler: str, _: str) -> str:
    return filler * max(sizes(shape)[0], 1)


@_sample.register
def _(_: shapes.Choice, filler: str, __: str) -> str:
    return filler


@_sample.register
def _(shape: shapes.Integer, _: str, __: str) -> int:
    return shape.minimum or 0


@_sample.register
def _(_: shapes.Boolean, __: str, ___: str) -> bool:
    return True


@_sample.register
def _(_: shapes.Blob, filler: str, __: str) -> bytes:
    return filler.encode()


@_sample.register
def _(_: shapes.Timestamp, __: str, ___: str) -> datetime:
    return _EPOCH


@_sample.register
def _(shape: shapes.ListOf, filler: str, secret: str) -> list[Any]:
    return [_sample(shape.item, filler, secret)] * max(shape.minimum or 0, 1)


@_sample.register
def _(shape: shapes.MapOf, filler: str, secret: str) -> dict[str, Any]:
    return {_sample(shape.key, filler, secret): _sample(shape.value, filler, secret)}


@_sample.register
def _(shape: shapes.Nested, filler: str, secret: str) -> Struct:
    return sample(shape.struct, filler=filler, secret=secret)


@_sample.register
def _(_: shapes.Document, filler: str, __: str) -> dict[str, list[str]]:
    return {filler: [filler]}


def methods(cls: type) -> dict[str, Any]:
    """Return the public functions of a class."""
    return {name: found for name, found in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")}
