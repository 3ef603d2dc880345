"""Open enums: they list the known values for readers and editors, and accept values that the service adds later."""

from __future__ import annotations

from enum import EnumType, StrEnum
from typing import TYPE_CHECKING, Any, Self


class _OpenEnumType(EnumType):
    """Says which value was probably meant by a name that an enum doesn't have."""

    if not TYPE_CHECKING:  # a checker would take every name for a value

        def __getattr__(cls, name: str) -> Any:
            # Python 3.11 looks here for the values, too; while the class is being made, there are none.
            values = cls.__dict__.get("_member_map_", {})
            if name in values:
                return values[name]
            hint = ""
            if not name.startswith("_"):
                from .._protocol.spelling import did_you_mean, near

                hint = did_you_mean(near(name, values))
            msg = f"{cls.__name__} has no value {name!r}{hint}"
            raise AttributeError(msg, name=name)


class OpenEnum(StrEnum, metaclass=_OpenEnumType):
    """A string enum that keeps values this version doesn't know.

    `ChallengeNameType("NEW_THING")` is an instance of the type that compares, hashes and prints as its string. It is
    sent back unchanged, can be pickled, and has `is_known == False`. It is not added to the type, so iteration yields
    known values only.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __reduce_ex__(self, _: object) -> tuple[type[Self], tuple[str]]:
        # By value. Before Python 3.11.4 it would be by name, which a value that this version doesn't know has none of.
        return type(self), (self._value_,)

    @property
    def is_known(self) -> bool:
        """Whether this version's model lists the value."""
        return type(self)._value2member_map_.get(self._value_) is self

    def __repr__(self) -> str:
        # An unknown value has no name to show: `<Type: 'value'>`.
        label = f".{self._name_}" if self.is_known else ""
        return f"<{type(self).__name__}{label}: {self._value_!r}>"
