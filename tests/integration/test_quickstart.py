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


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_the_quick_start_works(tmp_path: Path) -> None:
    """It ends with exit code 0, shows a user, claims and both refusals but no token, and leaves no file behind."""
    done = run(tmp_path, str(QUICKSTART))

    assert ("", 0) == (done.stderr, done.returncode)
    assert re.search(r"^ +username +mary$", done.stdout, re.MULTILINE)
    assert re.search(r"^  user +mary, CONFIRMED, mary@example.com$", done.stdout, re.MULTILINE)
    assert 3 == len(re.findall(r"^  access token +\d+ characters$", done.stdout, re.MULTILINE))
    assert re.search(r"wrong password +NotAuthorizedException: ", done.stdout)
    assert re.search(r"wrong secret key +InvalidSignatureException: ", done.stdout)
    assert re.search(r"^Done in \d+\.\d s\.", done.stdout, re.MULTILINE)
    assert "python -m cognito_idp.testing" in done.stdout
    assert 50 > len(done.stdout.splitlines())
    assert "eyJ" not in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_the_quick_start_shows_what_a_reader_types_first() -> None:
    """It calls sign_in, sync and async, and operations with keyword arguments; no call goes by an operation's name."""
    code = QUICKSTART.read_text("utf-8")
    assert 1 == code.count("await client.sign_in(")
    assert 3 <= code.count("client.sign_in(app, username=")
    for operation in ("create_user_pool", "admin_create_user", "admin_get_user", "admin_initiate_auth"):
        assert f"client.{operation}(" in code
    assert "client.call(" not in code


def test_the_quick_start_says_what_is_missing(tmp_path: Path) -> None:
    """Without ministack it ends with exit code 1 and one line that names the extra."""
    without = "import runpy, sys; sys.modules['ministack'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = run(tmp_path, "-c", without, str(QUICKSTART))

    assert 1 == done.returncode
    assert "pip install '.[local]'" in done.stderr
    assert "Traceback" not in done.stderr
