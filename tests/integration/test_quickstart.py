"""The quick start as a newcomer runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "quickstart.py"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an empty folder."""
    return subprocess.run(
        [sys.executable, "-W", "error", *command], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.usefixtures("server")
def test_the_quick_start_works(tmp_path: Path) -> None:
    """It ends with exit code 0, shows claims and both refusals but no token, and leaves no file behind."""
    done = run(tmp_path, str(QUICKSTART))

    assert ("", 0) == (done.stderr, done.returncode)
    assert re.search(r"^ +username +mary$", done.stdout, re.MULTILINE)
    assert 2 == len(re.findall(r"^  access token +\d+ characters$", done.stdout, re.MULTILINE))
    assert re.search(r"wrong password +NotAuthorizedException: ", done.stdout)
    assert re.search(r"wrong secret key +InvalidSignatureException: ", done.stdout)
    assert re.search(r"^Done in \d+\.\d s\.", done.stdout, re.MULTILINE)
    assert "eyJ" not in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_the_quick_start_says_what_is_missing(tmp_path: Path) -> None:
    """Without ministack it ends with exit code 1 and one line that names the extra."""
    without = "import runpy, sys; sys.modules['ministack'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = run(tmp_path, "-c", without, str(QUICKSTART))

    assert 1 == done.returncode
    assert "pip install '.[local]'" in done.stderr
    assert "Traceback" not in done.stderr
