"""Names that load their module on first use (PEP 562). Type checkers see plain imports instead."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def resolver(module: str, homes: Mapping[str, str], package: str | None = None) -> Callable[[str], Any]:
    """Return a `__getattr__` for a module that exports names defined elsewhere.

    `homes` maps each name to its module below `package` (None: below the module itself). A loaded name is kept in the
    module, so it is looked up once.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise _missing(module, name)
        value = getattr(import_module(f".{homes[name]}", package or module), name)
        setattr(sys.modules[module], name, value)
        return value

    return find


def facade(
    module: str, names: Mapping[str, str], facades: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` (which also provides `__all__`) and `__dir__` for a package that exports its modules' names.

    `names` maps each module, as written in an import (`.verify`), to the names that it defines, separated by spaces.
    The package also exports the modules in `facades` and the names in their `__all__`. Those modules load when a name
    is not one of the package's own.
    """
    homes = {name: home[1:] for home, listed in names.items() for name in listed.split()}
    find_own = resolver(module, homes)

    def find(name: str) -> Any:
        if name in homes:
            return find_own(name)
        if name == "__all__":
            value: Any = [*homes]
            for facade_name in facades:
                value += import_module(f"{module}.{facade_name}").__all__
        elif name in facades:
            return import_module(f"{module}.{name}")
        elif name.startswith("_"):
            raise _missing(module, name)
        else:
            modules = (import_module(f"{module}.{facade_name}") for facade_name in facades)
            home = next((candidate for candidate in modules if name in candidate.__all__), None)
            if home is None:
                raise _missing(module, name)
            value = getattr(home, name)
        setattr(sys.modules[module], name, value)
        return value

    def names_of() -> list[str]:
        itself = sys.modules[module]
        return sorted({*vars(itself), *itself.__all__})

    return find, names_of


def _missing(module: str, name: str) -> AttributeError:
    return AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module])
