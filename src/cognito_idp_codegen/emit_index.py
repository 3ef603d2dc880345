"""Writes what ties the families together: the index of names, the lazy re-exports, and the modelled exceptions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from .families import THROTTLES
from .layout import docstring, import_from, module_docstring, sort_key
from .model import Model, ModelError
from .sizes import LEAST, MOST, large_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """Return `model/index.py`: the family of each struct and enum, and what is special about some operations."""
    homes = "".join(
        f'    "{name}": "{model.family_of[name]}",\n' for name in sorted(model.family_of) if _is_named(model, name)
    )
    unsigned = "".join(f'        "{name}",\n' for name, operation in model.operations.items() if not operation.signed)
    signed_without = "".join(
        f'    "{name}": "{operation.unsigned.member}",\n'
        for name, operation in model.operations.items()
        if operation.unsigned is not None and operation.unsigned.member is not None
    )
    large = "".join(f'    "{name}": {size},\n' for name, size in large_answers(model).items())
    return (
        module_docstring(
            "Where each struct and enum is defined, which operations are unsigned, and whose answers are large."
        )
        + "\nfrom collections.abc import Mapping\nfrom functools import cache\nfrom importlib import import_module\n"
        + "from typing import Any, Final\n"
        + f"\nHOMES: Final[Mapping[str, str]] = {{\n{homes}}}\n"
        + f"\nUNSIGNED: Final = frozenset(\n    {{\n{unsigned}    }}\n)\n"
        + "# Signed all the same where a request by wire names lacks this member; a struct always has it.\n"
        + f"SIGNED_WITHOUT: Final[Mapping[str, str]] = {{\n{signed_without}}}\n"
        + f"\n# The most MiB of an answer, by the bounds of its members; {LEAST} where the operation is not named.\n"
        + f"LARGE_ANSWERS: Final[Mapping[str, int]] = {{\n{large}}}\n"
        + f"LARGEST_ANSWER: Final = {MOST}\n"
        + _FUNCTIONS
    )


def _is_named(model: Model, name: str) -> bool:
    return model.shapes[name].type != "document"


_SENSITIVE = '''

def is_secret_entry(kind: str, name: str) -> bool:
    """Whether an entry of a map is secret; `kind` is what the map's member says of it."""
    if kind not in _SECRET_ENTRIES:
        return kind == "secret"
    personal = _PERSONAL_ENTRIES[kind]
    return not _is_one_of(name, personal) if personal else _is_one_of(name, _SECRET_ENTRIES[kind])


def is_secret_name(name: str) -> bool:
    """Whether a plain dict holds a secret under a name: a member's in any spelling, or that of a map's entry."""
    return _plain(name) in _SECRET_NAMES or any(_is_one_of(name, names) for names in _SECRET_ENTRIES.values())


def kind_of_map(name: str) -> str:
    """Return the kind of the map that a plain dict holds under a member's name in any spelling; empty if none."""
    return _MAPS.get(_plain(name), "")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
'''


def sensitive_module(model: Model) -> str:
    """Return `model/sensitive.py`: which entries of maps are secret, and the names under which dicts hold secrets."""
    members = [
        (member.wire_name.lower(), model.sensitivity(shape.name, member))
        for shape in model.shapes.values()
        for member in shape.members
    ]
    secret = "".join(f'        "{name}",\n' for name in sorted({name for name, kind in members if kind == "secret"}))
    tables = model.tables.sensitive.maps
    maps = "".join(f'    "{name}": "{kind}",\n' for name, kind in sorted(set(members)) if kind in tables)
    return (
        module_docstring(
            "Which entries of a map are secret, and under which names a plain dict holds secrets.",
            "Members of structs say themselves what they hold. Only what shows values to people needs this module.",
        )
        + "\nfrom collections.abc import Mapping\nfrom fnmatch import fnmatchcase\nfrom typing import Final\n\n"
        + _entries("_PERSONAL_ENTRIES", {kind: mixed.personal for kind, mixed in tables.items()})
        + _entries("_SECRET_ENTRIES", {kind: mixed.secret for kind, mixed in tables.items()})
        + "\n# Without underscores, in small letters.\n"
        + f"_SECRET_NAMES: Final = frozenset(\n    {{\n{secret}    }}\n)\n"
        + f"_MAPS: Final[Mapping[str, str]] = {{\n{maps}}}\n"
        + _SENSITIVE
    )


def _entries(name: str, entries: Mapping[str, tuple[str, ...]]) -> str:
    lines = []
    for kind, names in entries.items():
        listed = "".join(f'        "{each}",\n' for each in names)
        lines.append(f'    "{kind}": (\n{listed}    ),\n' if names else f'    "{kind}": (),\n')
    return f"{name}: Final[Mapping[str, tuple[str, ...]]] = {{\n{''.join(lines)}}}\n"


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
    # Their meaning is the model's, whatever the status.
    globals()[_name].modelled = True

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
