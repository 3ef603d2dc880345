"""The search itself: that it finds what there is."""

from __future__ import annotations

import base64
import logging
import warnings

import pytest

from .conftest import MARKS
from .search import Search


@pytest.mark.parametrize("text", [MARKS(), MARKS(64), "key " + MARKS(), "-----\n" + MARKS()])
def test_texts(text: str) -> None:
    """A mark is found as it is, in base64, in hexadecimal, and in a list."""
    for shown in (text, base64.b64encode(text.encode()).decode(), text.encode().hex(), repr([text])):
        search = Search()
        search.text("here", shown)
        assert ["here"] == list(search.found)


def test_secrets_that_are_no_marks() -> None:
    """A secret that becomes known later is found in a text that was clean before."""
    search = Search()
    search.text("here", "hunter2")
    assert {} == search.found
    search.also("hunter2")
    search.text("here", "hunter2")
    assert ["here"] == list(search.found)


def test_errors() -> None:
    """A mark is found in the arguments, the notes, the attributes and the cause of an error."""
    for change in (
        lambda error: setattr(error, "args", (MARKS(),)),
        lambda error: error.add_note(MARKS()),
        lambda error: setattr(error, "body", MARKS()),
        lambda error: setattr(error, "__cause__", KeyError(MARKS())),
        lambda error: setattr(error, "__context__", KeyError(MARKS())),
    ):
        error = ValueError("clean")
        change(error)
        search = Search()
        search.error(error)
        assert search.found


def test_logs_and_warnings() -> None:
    """A mark is found in a debug record's text and arguments, and in a warning."""
    search = Search()
    with search.watching():
        logging.getLogger("any").debug("%s", [MARKS()])
        warnings.warn(MARKS(), stacklevel=1)
    assert {"log record of any", "warning"} == set(search.found)
