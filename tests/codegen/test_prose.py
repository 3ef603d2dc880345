"""The sentences are our own: none shares seven words in a row with AWS's documentation."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp_codegen.families import TEXTS
from cognito_idp_codegen.prose import FILES, marked, sentences
from tests.conformance.reference import lent, wheel_document

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = 7
Words = tuple[str, ...]


def tables() -> list[Any]:
    """Return the hand-written texts, by table."""
    return [pytest.param(sentences(TEXTS, table), id=table) for table in FILES]


def shared_with_aws(text: str) -> set[Words]:
    """Return the runs of a text, its code spans left out, that stand in AWS's documentation."""
    return {run for part in re.split(r"`[^`]*`", text) for run in runs(part)} & runs_of_aws()


def documentation(node: Any) -> Iterator[str]:
    """Yield every text of AWS's documentation in the service's document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "documentation" and isinstance(value, str):
                yield value
            else:
                yield from documentation(value)
    elif isinstance(node, list):
        for value in node:
            yield from documentation(value)


def runs(text: str) -> set[Words]:
    """Return every seven words in a row, without marks, markup and case."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"['\u2019]", "", text.lower()))
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


@cache
def runs_of_aws() -> set[Words]:
    """Return every seven words in a row of AWS's documentation."""
    found: set[Words] = set()
    for text in documentation(wheel_document("service-2")):
        found |= runs(html.unescape(re.sub(r"<[^>]+>", " ", text)))
    return found


def test_there_is_something_to_compare_with() -> None:
    """The document has AWS's texts, and the comparison finds one of them when it is copied."""
    texts = list(documentation(wheel_document("service-2")))
    assert len(texts) > 1000
    longest = html.unescape(re.sub(r"<[^>]+>", " ", max(texts, key=len)))
    copied = " ".join(longest.split()[20:40])
    assert runs(f"Our beginning: {copied.upper()}!") & runs_of_aws()


@pytest.mark.parametrize("texts", lent(tables()))
def test_no_sentence_is_taken_from_aws(texts: dict[str, str]) -> None:
    """No seven words in a row, names in code spans aside, stand in AWS's documentation."""
    assert {name: found for name, text in texts.items() if (found := shared_with_aws(text))} == {}


def test_no_draft_is_left() -> None:
    """Nothing that `--newest` drafted still waits for its sentence."""
    assert [] == marked(TEXTS)


def is_plain(text: str) -> bool:
    """Tell whether a text is one line of plain prose with a beginning and an end."""
    return bool(
        re.match(r"[A-Z`]", text)
        and text.endswith(".")
        and " ".join(text.split()) == text
        and not re.search(r"<\w|</|&\w+;|\"\"\"|\\", text)
        and text.count("`") % 2 == 0
    )


@pytest.mark.parametrize("texts", tables())
def test_sentences_are_plain_and_complete(texts: dict[str, str]) -> None:
    """A text begins with a capital or a name in code, ends with a full stop, and has no markup or stray blanks."""
    assert [name for name, text in texts.items() if not is_plain(text)] == []
