"""Writes what editors and type checkers see of parameters that take an enum: its known values, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layout import WIDTH, call, module_docstring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import MemberFacts, Model
    from .names import Names

OPERATION_NAME = "OperationName"

_HEADING = "The known values of enums and the names of operations, for the types of parameters."
_TEXT = (
    "A parameter is typed `Enum | EnumValue | str`: editors complete the known values, and others are accepted, since "
    "the service may know more than this version. The functions are converters that only type checkers look at; "
    "at run time, the shape beside a member converts it."
)
_AT_RUN_TIME = """else:

    def __getattr__(name: str) -> Any:
        if not name.startswith(("to_", "maybe_", "each_")):
            raise AttributeError(name)
        return None
"""


def value_alias(enum: str) -> str:
    """Return the name of the type of an enum's known values."""
    return f"{enum}Value"


def converter_of(model: Model, names: Names, member: MemberFacts) -> str | None:
    """Return the name of the converter for a member that takes an enum or a list of one; None for other members."""
    shape = model.shapes[member.shape]
    if shape.enum:
        # Not `attrs.converters.optional`: pyright forgets the literals of what that wraps.
        return f"{'to' if member.required else 'maybe'}_{names.snake(shape.name)}"
    if shape.type == "list" and model.shapes[shape.item or ""].enum:
        return f"each_{names.snake(shape.item or '')}"
    return None


def choices_module(model: Model, names: Names) -> str:
    """Return `model/choices.py`."""
    enums = sorted(shape.name for shape in model.shapes.values() if shape.enum)
    used = {converter_of(model, names, member) for shape in model.shapes.values() for member in shape.members}
    functions = [
        _function(name, f"value: {takes}")
        for enum in enums
        for name, takes in (
            (f"to_{names.snake(enum)}", f"{value_alias(enum)} | str"),
            (f"maybe_{names.snake(enum)}", f"{value_alias(enum)} | str | None"),
            (f"each_{names.snake(enum)}", f"Iterable[{value_alias(enum)} | str] | None"),
        )
        if name in used
    ]
    return (
        module_docstring(_HEADING, _TEXT)
        + "\nfrom typing import TYPE_CHECKING, Any\n\nif TYPE_CHECKING:\n"
        + "    from collections.abc import Iterable\n    from typing import Literal, TypeAlias\n\n"
        + _alias(OPERATION_NAME, model.operations)
        + "".join(_alias(value_alias(enum), model.shapes[enum].enum) for enum in enums)
        + "\n"
        + "\n".join(functions)
        + f"\n{_AT_RUN_TIME}"
    )


def _alias(name: str, values: Iterable[str]) -> str:
    return call(f"{name}: TypeAlias = Literal", [f'"{value}"' for value in values], "", "    ", "[]")


def _function(name: str, parameter: str) -> str:
    one_line = f"    def {name}({parameter}) -> Any: ...\n"
    return one_line if len(one_line) <= WIDTH + 1 else f"    def {name}(\n        {parameter},\n    ) -> Any: ...\n"
