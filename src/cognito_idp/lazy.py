"""Names that load their module when they are first used (PEP 562); type checkers see plain imports instead."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .model.index import HOMES

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def load_type(name: str) -> Any:
    """Return a struct or enum by its name, importing the family that it lives in.

    Raises:
        KeyError: there is none of this name.
    """
    return getattr(import_module(f"{__package__}.model.{HOMES[name]}"), name)


def resolver(module: str) -> Callable[[str], Any]:
    """Return a `__getattr__` for a module that offers all structs and enums; what it finds is kept in the module."""

    def find(name: str) -> Any:
        if name not in HOMES:
            msg = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(msg, name=name, obj=sys.modules[module])
        found = load_type(name)
        setattr(sys.modules[module], name, found)
        return found

    return find
