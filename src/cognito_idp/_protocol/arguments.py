"""Checks of arguments: `timeout= takes a number, not str`, and what to use in place of one that there isn't.

The messages never show a value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Mapping
from typing import Any, Final, TypeVar

from .._errors import CognitoIdpError, ConfigError
from .redaction import Record

F = TypeVar("F", bound=Callable[..., Any])


class Kind(Record):
    """What an argument may be: in words, and as a test."""

    __slots__ = _fields = ("expected", "fits")

    def __init__(self, expected: str, fits: Callable[[Any], bool]) -> None:
        self.expected = expected
        self.fits = fits


def instance_of(cls: type, expected: str) -> Kind:
    """Return the kind of the instances of a class."""
    return Kind(expected, lambda value: isinstance(value, cls))


def with_methods(expected: str, *names: str) -> Kind:
    """Return the kind of the objects that have these attributes. A class has the attributes, but is not one of them."""
    return Kind(expected, lambda value: not isinstance(value, type) and all(hasattr(value, name) for name in names))


def is_moment(value: object) -> bool:
    """Whether a value is an aware datetime."""
    from datetime import datetime  # takes a cold start a millisecond, and a first call needs none

    return isinstance(value, datetime) and value.utcoffset() is not None


TEXT: Final = instance_of(str, "a string")
FLAG: Final = instance_of(bool, "True or False")
NUMBER: Final = Kind("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool))
WHOLE: Final = Kind("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
FUNCTION: Final = Kind("a function", callable)
MOMENT: Final = Kind("an aware datetime", is_moment)
MAPPING: Final = instance_of(Mapping, "a mapping")
CODES: Final = Kind("a set, list or tuple", lambda value: isinstance(value, Container) and not isinstance(value, str))


def described(value: object) -> str:
    """Return what a value is, in words that don't show it."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def check(kind: Kind, error: type[CognitoIdpError] = ConfigError, /, **arguments: object) -> None:
    """Check that arguments are of a kind.

    Raises:
        CognitoIdpError: one of them isn't. The class is `error`.
    """
    for name, value in arguments.items():
        if not kind.fits(value):
            msg = f"{name}= takes {kind.expected}, not {described(value)}"
            raise error(msg)


def check_given(kind: Kind, error: type[CognitoIdpError] = ConfigError, /, **arguments: object) -> None:
    """Check arguments as `check` does, where None means that there is none."""
    check(kind, error, **{name: value for name, value in arguments.items() if value is not None})


def typed(kind: Kind) -> Callable[[Any, Any, Any], None]:
    """Return an attrs validator: a member must be of a kind."""
    return lambda _, member, value: check(kind, **{member.name: value})


def typed_or_none(kind: Kind) -> Callable[[Any, Any, Any], None]:
    """Return an attrs validator: a member must be of a kind, or None."""
    return lambda _, member, value: check_given(kind, **{member.name: value})


def known_arguments(name: str, hints: Mapping[str, str], otherwise: str = "") -> Callable[[F], F]:
    """Decorate a function: an argument by a name that it doesn't have raises TypeError with what to use.

    `hints` says so for names of other libraries, and `otherwise` for names that are not spelled nearly like one of the
    function's own. `name` is what the message calls the function.
    """

    def decorate(function: F) -> F:
        code = function.__code__
        own = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]) - {"self"}

        @functools.wraps(function)
        def checked(*args: Any, **named: Any) -> Any:
            # In a box that is empty while the function runs, since a user's function may run below.
            box: list[Any] = [named, args]
            if not named.keys() <= own:
                wrong = next(given for given in named if given not in own)
                del named, args, box
                raise TypeError(_no_argument(name, wrong, own, hints, otherwise))
            del named, args
            return function(*box.pop(), **box.pop())

        return checked  # type: ignore[return-value]  # it takes and returns the same

    return decorate


def _no_argument(name: str, wrong: str, own: frozenset[str], hints: Mapping[str, str], otherwise: str) -> str:
    from .spelling import did_you_mean, near

    hint = f"; {hints[wrong]}" if wrong in hints else ""
    if not hint:
        meant = near(wrong, sorted(own))
        hint = did_you_mean(None if meant is None else f"{meant}=") or (otherwise and f"; {otherwise}")
    return f"{name}() got an unexpected keyword argument {wrong!r}{hint}"
