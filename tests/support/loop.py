"""Tests that loop over their cases: one test for a law that holds for each of hundreds of structs, codes or operations.

As tests of their own, such cases cost more in pytest than in what they check.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Law = Callable[..., None]

# Fail in any way, except to skip, exit or be interrupted.
FAILURES = (Exception, pytest.fail.Exception)


def for_each(names: str, cases: Iterable[Any] | Mapping[str, Any]) -> Callable[[Law], Law]:
    """Run a test for each case, as `pytest.mark.parametrize` does, but as one test that fails with all failures.

    A mapping gives each case a name; otherwise a case is named by what it is. Unlike with `parametrize`, fixtures are
    made once for all cases, so use none that a case could leave changed.
    """
    arguments = names.split(",")
    named = list(cases.items()) if isinstance(cases, Mapping) else [(_name(case), case) for case in cases]
    assert named, "a law without a case says nothing"

    def decorate(test: Law) -> Law:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def loop(**fixtures: Any) -> None:
            failures = []
            for name, case in named:
                values = (case,) if len(arguments) == 1 else case
                try:
                    test(**dict(zip(arguments, values, strict=True)), **fixtures)
                except FAILURES as failure:
                    failures.append((name, failure))
            if failures:
                lines = (f"{name}: {_text(failure)}" for name, failure in failures)
                text = "\n".join((f"{len(failures)} of {len(named)} cases fail:", *lines))
                raise AssertionError(text) from failures[0][1]

        rest = [parameter for name, parameter in signature.parameters.items() if name not in arguments]
        assert len(rest) == len(signature.parameters) - len(arguments), f"{test.__name__} does not take {names}"
        loop.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return loop

    return decorate


def _name(case: Any) -> str:
    if isinstance(case, tuple):
        return "-".join(map(_name, case))
    return getattr(case, "__name__", None) or str(case)


def _text(failure: BaseException) -> str:
    return "\n".join((f"{type(failure).__name__}: {failure}", *getattr(failure, "__notes__", ())))
