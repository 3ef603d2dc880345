"""The page on the architecture shows the house as it stands."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from .blocks import PAGES, ROOT

PAGE = (PAGES / "architecture.md").read_text("utf-8")
# A heading of a table row or of the picture names the files of one room: `_call/retry.py, rate_limit.py`.
_FILES = re.compile(r"\b(?P<room>[a-z_]+)/(?P<first>\w+\.py)(?P<more>(?:, [a-z_]+\.py\b(?!/))*)")


def test_the_rooms_are_those_of_the_contract() -> None:
    """The page has the layers that import-linter checks, in their order."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    block = PAGE.partition("## The rooms")[2].split("```")[1]
    rooms = [re.split(r"\s{3,}", line)[0].split("  ") for line in block.strip().splitlines()]
    assert [layer.split(" : ") for layer in contract["layers"]] == rooms


def test_every_file_that_is_named_exists() -> None:
    """Each file of the picture and of the tables is where the page says."""
    named = [
        f"{match['room']}/{name}"
        for match in _FILES.finditer(PAGE)
        for name in [match["first"], *filter(None, match["more"].split(", "))]
    ]
    assert len(named) > 20
    assert [] == [path for path in named if not (ROOT / "src" / "cognito_idp" / path).exists()]
