from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._flow.clock import _age_clock

if TYPE_CHECKING:
    from collections.abc import Mapping


def unknown(_: int) -> float:
    """Fail as a kernel that doesn't have a clock."""
    raise OSError(22, "Invalid argument")


@pytest.mark.parametrize(
    ("expected", "platform", "clocks"),
    [
        (7.0, "linux", {"CLOCK_BOOTTIME": 7, "CLOCK_MONOTONIC": 1}),
        (6.0, "darwin", {"CLOCK_MONOTONIC": 6}),
    ],
)
def test_a_clock_that_runs_during_sleep(
    expected: float, platform: str, clocks: Mapping[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each system's own clock that runs while the machine sleeps is the one that is read."""
    monkeypatch.setattr(sys, "platform", platform)
    for name, number in clocks.items():
        monkeypatch.setattr(time, name, number, raising=False)
    monkeypatch.setattr(time, "clock_gettime", float, raising=False)
    assert expected == _age_clock()()


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
def test_a_system_without_such_a_clock(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, Python's own clock that never jumps is read."""
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        monkeypatch.delattr(time, name, raising=False)
    assert time.monotonic is _age_clock()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_kernel_without_such_a_clock(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that Python knows and the kernel doesn't is not chosen: reading it later would fail a call."""
    monkeypatch.setattr(sys, "platform", platform)
    names: dict[str, Any] = {"CLOCK_BOOTTIME": 7, "CLOCK_MONOTONIC": 1, "clock_gettime": unknown}
    for name, value in names.items():
        monkeypatch.setattr(time, name, value, raising=False)
    assert time.monotonic is _age_clock()
