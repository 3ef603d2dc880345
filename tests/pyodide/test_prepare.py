"""What is kept for the next run is whole, and of the versions that this one needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import prepare


def test_a_failed_fetch_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch that fails is made again by the next run, one that succeeded is not, and each version has its own."""
    commands: list[str] = []
    failing = ["npm", "tar"]

    def output(*command: str) -> str:
        commands.append(command[0])
        if failing and command[0] == failing[0]:
            raise prepare.MissingError(failing.pop(0))
        if command[0] == "tar":
            Path(command[-1], "package").mkdir()
            Path(command[-1], "package", "whole").touch()
        return json.dumps([{"filename": "package.tgz"}])

    monkeypatch.setattr(prepare, "_output", output)
    for _ in range(2):
        with pytest.raises(prepare.MissingError):
            prepare._npm_package("node@1", tmp_path)
    one = prepare._npm_package("node@1", tmp_path)
    assert one == prepare._npm_package("node@1", tmp_path)
    assert ["npm", "npm", "tar", "npm", "tar"] == commands
    other = prepare._npm_package("node@2", tmp_path)
    assert {one, other} == set(tmp_path.iterdir())
    assert ["whole", "whole"] == [file.name for folder in (one, other) for file in folder.iterdir()]
