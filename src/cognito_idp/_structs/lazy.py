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
            msg = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(msg, name=name, obj=sys.modules[module])
        found = getattr(import_module(f"{package or module}.{homes[name]}"), name)
        setattr(sys.modules[module], name, found)
        return found

    return find
