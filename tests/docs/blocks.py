"""The Python blocks of the documentation's pages, and what each is given to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "pages"

_BLOCK = re.compile(
    r"(?:^<!-- set-up\n(?P<set_up>.*?)^-->\n)?^```python(?P<title>[^\n]*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
# A page of the site that shows one that lies elsewhere, and says where, for readers of the repository's files.
_OUTSIDE = re.compile(
    r'\{% include-markdown "\.\./\.\./(?P<path>[^"]+)" %\}\n<p class="in-a-clone"[^\n]*<code>(?P=path)</code>\.</p>\n'
)


class Block(NamedTuple):
    """A block: the line that it begins on, its code, its hidden set-up, and what follows the language's name."""

    line: int
    code: str
    set_up: str
    title: str


def blocks_of(page: Path) -> list[Block]:
    """Return the Python blocks of a page in order."""
    text = page.read_text("utf-8")
    found = [
        Block(
            text.count("\n", 0, match.start("code")) + 1, match["code"], match["set_up"] or "", match["title"].strip()
        )
        for match in _BLOCK.finditer(text)
    ]
    assert len(found) == len(re.findall(r"^\s*(?:```|~~~)\s*(?:python|py)\b", text, re.MULTILINE)), (
        f"{page}: a form unknown"
    )
    return found


def documents() -> list[Path]:
    """Return every file with documentation: the README, and the site's pages wherever they lie."""
    outside = {
        page: ROOT / match["path"]
        for page in sorted(PAGES.rglob("*.md"))
        if (match := _OUTSIDE.fullmatch(page.read_text("utf-8")))
    }
    return [ROOT / "README.md", *sorted(set(PAGES.rglob("*.md")) - outside.keys()), *sorted(outside.values())]
