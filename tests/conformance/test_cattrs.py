"""The hooks of `convert.py` against those that cattrs writes and compiles itself, for every struct of the model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pytest
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import from_wire, to_wire
from cognito_idp._structs import convert
from cognito_idp._structs.struct import Struct

from .values import build, plain_structs, struct_classes

if TYPE_CHECKING:
    from collections.abc import Callable

STRUCTS = {cls.__name__: cls for cls in struct_classes()}
# What a member may be instead of what it should be.
JUNK = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**60,
        1.5,
        float("nan"),
        "",
        "x",
        "2026-01-02T03:04:05Z",
        [],
        ["x"],
        [None],
        {},
        {"x": "y"},
        {"x": None},
    ]
)


def compiled() -> Converter:
    """Return a converter that has our hooks for scalars, and cattrs' own for structs, lists and maps."""
    converter = Converter(detailed_validation=False)
    convert._register_scalars(converter)
    converter.register_unstructure_hook_factory(convert.is_struct, partial(unstructure_hook, converter))
    converter.register_structure_hook_factory(convert.is_struct, partial(structure_hook, converter))
    return converter


def unstructure_hook(converter: Converter, cls: type[Struct]) -> Any:
    """Have cattrs write what writes a struct. Hooks of members are found late, since a struct may hold its own kind."""
    members: dict[str, Any] = {"metadata": override(omit=True)}
    for member in cls._members:
        of = present(member.annotation)
        hook = lambda value, of=of: converter.get_unstructure_hook(of)(value)  # noqa: E731
        members[member.name] = override(rename=member.wire_name, unstruct_hook=hook)
    return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=True, **members)


def structure_hook(converter: Converter, cls: type[Struct]) -> Any:
    """Have cattrs write what reads a struct, behind the checks that it doesn't make itself."""
    members: dict[str, Any] = {"metadata": override(omit=True)}
    for member in cls._members:
        members[member.name] = override(
            rename=member.wire_name, struct_hook=partial(read_member, converter, present(member.annotation))
        )
    read: Any = make_dict_structure_fn(cls, converter, _cattrs_detailed_validation=False, **members)

    def structure(data: Any, _: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError
        return read({name: value for name, value in data.items() if value is not None}, cls)

    return structure


def read_member(converter: Converter, of: Any, data: Any, _: Any) -> Any:
    """Read a member. Strings and maps are iterable like lists, so cattrs would take them for lists."""
    container = {tuple: list | tuple, Mapping: Mapping}.get(get_origin(of))
    if container is not None and not isinstance(data, container):
        raise TypeError
    return converter.get_structure_hook(of)(data, of)


def present(annotation: Any) -> Any:
    """Return the type of a member that is not None."""
    if get_origin(annotation) is UnionType:
        return next(part for part in get_args(annotation) if part is not NoneType)
    return annotation


@pytest.fixture(scope="module")
def reference() -> Callable[..., Any]:
    """Return a function that calls another one with cattrs' own hooks in place of ours."""
    converter, ours = compiled(), convert._converter

    def call(function: Callable[..., Any], *args: Any) -> Any:
        convert._converter = lambda: converter  # type: ignore[assignment]
        try:
            return function(*args)
        finally:
            convert._converter = ours

    return call


def outcome(function: Callable[..., Any], *args: Any) -> tuple[str, str]:
    """Return what a function returns, or what it raises, as text."""
    try:
        return "returned", repr(plain_or_struct(function(*args)))
    except Exception as error:  # noqa: BLE001 - whatever it is, both must raise it
        return type(error).__name__, str(error)


def plain_or_struct(value: Any) -> Any:
    """Return a struct as a tree of its values, which its own `repr` hides."""
    if isinstance(value, Struct):
        return type(value).__name__, [(m.name, plain_or_struct(getattr(value, m.name))) for m in value._members]
    if isinstance(value, tuple | list):
        return type(value).__name__, [plain_or_struct(item) for item in value]
    if isinstance(value, dict):
        return {key: plain_or_struct(item) for key, item in value.items()}
    return type(value).__name__, value


@st.composite
def spoilt(draw: st.DrawFn, data: Any) -> Any:
    """Return JSON data with something else in one place, however deep."""
    if isinstance(data, dict) and data and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(data)))
        return {**data, name: draw(spoilt(data[name]))}
    if isinstance(data, list) and data and draw(st.booleans()):
        at = draw(st.integers(0, len(data) - 1))
        return [*data[:at], draw(spoilt(data[at])), *data[at + 1 :]]
    return draw(JUNK)


@pytest.mark.parametrize("name", STRUCTS)
def test_both_agree(name: str, reference: Callable[..., Any]) -> None:
    """Structs go out, come back, and are refused, with the same words, as by the hooks that cattrs compiles."""
    cls = STRUCTS[name]

    @settings(max_examples=8, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        struct = build(cls, data.draw(plain_structs(cls)))
        wire = to_wire(struct)
        assert outcome(reference, to_wire, struct) == outcome(to_wire, struct)
        assert outcome(reference, from_wire, cls, wire) == outcome(from_wire, cls, wire)
        bad = data.draw(spoilt(wire))
        assert outcome(reference, from_wire, cls, bad) == outcome(from_wire, cls, bad)

    check()
