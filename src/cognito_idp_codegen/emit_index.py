"""Writes what ties the families together: the index of names, the lazy re-exports, and the modelled exceptions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from .families import THROTTLES
from .layout import docstring, import_from, module_docstring, sort_key
from .model import Model, ModelError

if TYPE_CHECKING:
    from .names import Names
    from .prose import Prose


def index_module(model: Model) -> str:
    """Return `model/index.py`: which family each struct and enum lives in, and which operations are not signed."""
    homes = "".join(
        f'    "{name}": "{model.family_of[name]}",\n' for name in sorted(model.family_of) if _is_named(model, name)
    )
    unsigned = "".join(f'        "{name}",\n' for name, operation in model.operations.items() if not operation.signed)
    return (
        module_docstring("Where each struct and enum is defined, and which operations are called without a signature.")
        + "\nfrom collections.abc import Mapping\nfrom typing import Final\n"
        + f"\nHOMES: Final[Mapping[str, str]] = {{\n{homes}}}\n"
        + f"\nUNSIGNED: Final = frozenset(\n    {{\n{unsigned}    }}\n)\n"
    )


def _is_named(model: Model, name: str) -> bool:
    return model.shapes[name].type != "document"


def types_module(model: Model) -> str:
    """Return `types.py`: every struct and enum, importable from one place, loaded when first asked for."""
    by_family: dict[str, list[str]] = {}
    for name, family in model.family_of.items():
        if _is_named(model, name):
            by_family.setdefault(family, []).append(name)
    imports = "".join(import_from(f".model.{family}", names, "    ") for family, names in sorted(by_family.items()))
    names = "".join(f'    "{name}",\n' for name in sorted(itertools.chain(*by_family.values()), key=sort_key))
    return (
        module_docstring(
            "Every struct and enum of the service. A name loads its family of operations when it is first used."
        )
        + "\nfrom typing import TYPE_CHECKING\n"
        + f"\nif TYPE_CHECKING:\n{imports}else:\n"
        + "    from .lazy import resolver\n    from .model.index import HOMES\n\n"
        + '    __getattr__ = resolver(__name__, HOMES, f"{__package__}.model")\n\n\n'
        + "def __dir__() -> list[str]:\n    return __all__\n\n\n"
        + f"__all__ = [\n{names}]\n"
    )


def exceptions_module(model: Model, prose: Prose, names: Names) -> str:
    """Return `model/exceptions.py`: one class for each error that the model names."""
    unused = sorted(THROTTLES - set(prose.exceptions))
    if unused:
        msg = f"THROTTLES names what is no exception: {', '.join(unused)}"
        raise ModelError(msg)
    classes = []
    for shape in model.shapes.values():
        if not shape.exception:
            continue
        text = f"class {shape.name}(ServiceError):\n{docstring(prose.exceptions[shape.name], '    ')}"
        if shape.name in THROTTLES:
            text += "\n    throttles = True\n"
        if shape.fault:
            text += "\n    transient = True\n"
        for member in shape.members:
            if member.wire_name == "message":
                continue
            if model.shapes[member.shape].type != "string" or model.shapes[member.shape].enum:
                msg = f"{shape.name}.{member.wire_name}: only plain strings are known as members of exceptions"
                raise ModelError(msg)
            text += (
                f"\n    @property\n    def {names.snake(member.wire_name)}(self) -> str | None:\n"
                + docstring(prose.member(shape.name, member.wire_name), "        ")
                + f'        value = self.members.get("{member.wire_name}")\n'
                + "        return value if isinstance(value, str) else None\n"
            )
        classes.append(text)
    listed = "".join(f'    "{name}",\n' for name in sorted(prose.exceptions, key=sort_key))
    return (
        module_docstring("The errors that the model names, each under the service's name for it.")
        + "\n"
        + import_from("..exception_base", {"ServiceError"})
        + "\n\n"
        + "\n\n".join(classes)
        + f"\n\n__all__ = [\n{listed}]\n"
    )
