"""Structs with a mark of its own in each secret or personal member."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tests.support.sensitive import filled

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Struct

    from .search import Marks

S = TypeVar("S", bound="Struct")


def marked(cls: type[S], marks: Marks) -> S:
    """Return a legal struct with every member present; each secret or personal one holds marks."""
    return filled(cls, lambda _, size=0: marks(size))
