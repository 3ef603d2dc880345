"""The page on testing: what it shows works as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "pages" / "testing.md"
BLOCKS = blocks_of(PAGE)
FILES = {block.title.removeprefix('title="').removesuffix('"'): block.code for block in BLOCKS if block.title}
SCRIPTS = [block.code for block in BLOCKS if not block.title]


def test_both_kinds_of_blocks_are_there() -> None:
    """The page has files, named as such, and blocks that stand alone."""
    assert {"app.py", "test_app.py", "test_sign_in.py"} < set(FILES)
    assert len(SCRIPTS) >= 3


@pytest.mark.parametrize("code", SCRIPTS)
def test_scripts(code: str) -> None:
    """Each block without a file name runs alone."""
    exec(compile(code, str(PAGE), "exec"), {"__name__": "block"})


@pytest.mark.slow
def test_files(tmp_path: Path) -> None:
    """The files of the page, the FastAPI application among them, stand in one folder, and pytest passes there."""
    pytest.importorskip("fastapi", reason="the application needs FastAPI: pip install '.[examples]'")
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    plugin = "cognito_idp.testing.pytest_plugin"
    command = (sys.executable, "-m", "pytest", "-q", "-p", plugin, "-p", "no:cacheprovider", "-W", "error")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert any(end in done.stdout for end in ("9 passed in", "8 passed, 1 skipped in"))


def test_files_are_typed(tmp_path: Path) -> None:
    """The files of the page pass mypy in its strict mode, as the page says that type checkers see mistakes."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    pytest.importorskip("fastapi", reason="the application needs FastAPI: pip install '.[examples]'")
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    command = (sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), *sorted(FILES))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


# It reads FastAPI and all of the library without a cache.
test_files_are_typed = pytest.mark.long(test_files_are_typed)
