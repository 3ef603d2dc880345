from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")


def test_every_test_that_is_named_exists() -> None:
    """What the threat model says is shown by a test is a test of that name in that file."""
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert len(named) > 30
    assert [] == missing


def test_every_file_that_is_named_exists() -> None:
    """The code that stands against an attacker is where the threat model says."""
    named = {path for path in re.findall(r"`([\w./]+(?:\.py|/))`", PAGE) if not path.startswith(("~", "test_"))}
    places = (ROOT / "src" / "cognito_idp", ROOT / "tests", ROOT)
    assert len(named) > 20
    assert [] == sorted(path for path in named if not any((place / path).exists() for place in places))


def test_every_link_leads_to_a_file() -> None:
    """Links of the page lead to files of the repository."""
    links = re.findall(r"\]\(([\w.]+)\)", PAGE)
    assert links
    assert [] == [link for link in links if not (ROOT / link).exists()]
