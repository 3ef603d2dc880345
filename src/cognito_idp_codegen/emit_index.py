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


_FUNCTIONS = '''

def is_signed(operation: str, members: Mapping[str, Any]) -> bool:
    """Whether a request with these members, by wire name, is signed. Operations that the model doesn't know are."""
    return operation not in UNSIGNED or (operation in SIGNED_WITHOUT and members.get(SIGNED_WITHOUT[operation]) is None)


@cache
def load_type(name: str) -> Any:
    """Return a struct or enum by its name, importing the family that it lives in.

    Raises:
        KeyError: there is none of this name.
    """
    return getattr(import_module(f"{__package__}.{HOMES[name]}"), name)
'''


def index_module(model: Model) -> str:
    """Return `model/index.py`: which family each struct and enum lives in, and which requests are not signed."""
    homes = "".join(
        f'    "{name}": "{model.family_of[name]}",\n' for name in sorted(model.family_of) if _is_named(model, name)
    )
    unsigned = "".join(f'        "{name}",\n' for name, operation in model.operations.items() if not operation.signed)
    signed_without = "".join(
        f'    "{name}": "{operation.unsigned.member}",\n'
        for name, operation in model.operations.items()
        if operation.unsigned is not None and operation.unsigned.member is not None
    )
    return (
        module_docstring("Where each struct and enum is defined, and which operations are called without a signature.")
        + "\nfrom collections.abc import Mapping\nfrom functools import cache\nfrom importlib import import_module\n"
        + "from typing import Any, Final\n"
        + f"\nHOMES: Final[Mapping[str, str]] = {{\n{homes}}}\n"
        + f"\nUNSIGNED: Final = frozenset(\n    {{\n{unsigned}    }}\n)\n"
        + "# Signed all the same where a request by wire names lacks this member; a struct always has it.\n"
        + f"SIGNED_WITHOUT: Final[Mapping[str, str]] = {{\n{signed_without}}}\n"
        + _FUNCTIONS
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
        + "    from ._structs.lazy import resolver\n    from .model.index import HOMES\n\n"
        + '    __getattr__ = resolver(__name__, HOMES, f"{__package__}.model")\n\n\n'
        + "def __dir__() -> list[str]:\n    return __all__\n\n\n"
        + f"__all__ = [\n{names}]\n"
    )


_SERVICE_ERROR = '''
# What a traceback shows, and a pickle refers to, is the place that the class can be imported from.
for _name in __all__:
    globals()[_name].__module__ = "cognito_idp"

_BY_NAME: Final[Mapping[str, ExceptionFn]] = {**COMMON, **{name: globals()[name] for name in __all__}}
EXCEPTION_FNS: Final[Mapping[str, ExceptionFn]] = {
    **_BY_NAME,
    **{alias: _BY_NAME[name] for alias, name in ALIASES.items()},
}
"""The table from an error code to what makes its exception, whatever the operation."""


def service_error(code: str, message: str = "", **facts: Any) -> ServiceError:
    """Make the exception for an error code; a code that is not in the table gives an `UnknownServiceError`."""
    return EXCEPTION_FNS.get(code, UnknownServiceError)(message, code=code, **facts)
'''


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
        + "\nfrom __future__ import annotations\n\nfrom typing import TYPE_CHECKING, Any, Final\n\n"
        + import_from(".._errors", {"ServiceError", "UnknownServiceError"})
        + import_from(".._protocol.service_errors", {"ALIASES", "COMMON"})
        + "\nif TYPE_CHECKING:\n    from collections.abc import Mapping\n\n"
        + import_from(".._protocol.service_errors", {"ExceptionFn"}, "    ")
        + "\n\n"
        + "\n\n".join(classes)
        + f"\n\n__all__ = [\n{listed}]\n"
        + _SERVICE_ERROR
    )
