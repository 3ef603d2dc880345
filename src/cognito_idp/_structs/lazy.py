"""Names that load their module when they are first used (PEP 562); type checkers see plain imports instead."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def resolver(module: str, homes: Mapping[str, str], package: str | None = None) -> Callable[[str], Any]:
    """Return a `__getattr__` for a module that offers names which are defined elsewhere.

    `homes` maps each name to its module below `package` (None: below the module itself). What is found is kept in the
    module, so that it is looked for once.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise _missing(module, name)
        found = getattr(import_module(f".{homes[name]}", package or module), name)
        setattr(sys.modules[module], name, found)
        return found

    return find


def facade(
    module: str, names: Mapping[str, str], facades: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__`, which knows `__all__`, too, and `__dir__` of a package that offers names of its modules.

    `names` maps each module, as an import has it (`.verify`), to the names that it defines, with spaces between. The
    modules in `facades` are offered, too, with the names in their `__all__`; they are loaded when a name is not one of
    the package's own.
    """
    homes = {name: home[1:] for home, listed in names.items() for name in listed.split()}
    find_own = resolver(module, homes)

    def find(name: str) -> Any:
        if name in homes:
            return find_own(name)
        if name == "__all__":
            found: Any = [*homes, *(each for name in facades for each in import_module(f"{module}.{name}").__all__)]
        elif name in facades:
            return import_module(f"{module}.{name}")
        elif name.startswith("_"):
            raise _missing(module, name)
        else:
            home = next((each for each in facades if name in import_module(f"{module}.{each}").__all__), None)
            if home is None:
                raise _missing(module, name)
            found = getattr(import_module(f"{module}.{home}"), name)
        setattr(sys.modules[module], name, found)
        return found

    def names_of() -> list[str]:
        itself = sys.modules[module]
        return sorted({*vars(itself), *itself.__all__})

    return find, names_of


def _missing(module: str, name: str) -> AttributeError:
    return AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module])
