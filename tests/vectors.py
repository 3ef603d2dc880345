"""Finds the test vectors that stand beside the repository, in `../shared/vectors`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "vectors"


def vectors(name: str, label: str, count: int, *, cases: str = "cases") -> list[ParameterSet]:
    """Return the `count` cases of a file as parameters, each with the text under `label` as its id.

    Where the file is missing, the one parameter is skipped with a reason, so that the test shows up all the same.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        reason = f"no test vectors: {path} does not exist"
        return [pytest.param({}, id=f"{name}-missing", marks=pytest.mark.skip(reason=reason))]
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))[cases]
    assert count == len(found), f"{path} has {len(found)} cases, not {count}"
    return [pytest.param(case, id=str(case[label])) for case in found]
