"""A test that loops over its cases fails if one case does, and says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .loop import for_each

if TYPE_CHECKING:
    from pathlib import Path


def test_every_case_runs_and_every_failure_is_named(tmp_path: Path) -> None:
    """A failure does not end the loop; the message names each case that failed, and says why."""
    seen = []

    @for_each("number,word", [(1, "one"), (2, "two"), (3, "three"), (4, "four")])
    def law(number: int, word: str, tmp_path: Path) -> None:
        seen.append(tmp_path / word)
        if number == 2:
            pytest.fail("it was not raised")
        assert number != 4, "it is four"

    with pytest.raises(AssertionError) as caught:
        law(tmp_path=tmp_path)
    assert [tmp_path / word for word in ("one", "two", "three", "four")] == seen
    first, *failures = str(caught.value).splitlines()
    assert "2 of 4 cases fail:" == first
    assert "2-two: Failed: it was not raised" == failures[0]
    assert failures[1].startswith("4-four: AssertionError: it is four")


def test_cases_of_a_mapping_have_its_names() -> None:
    """The keys of a mapping name its cases."""

    @for_each("number", {"small": 1, "large": 1000})
    def law(number: int) -> None:
        assert number < 10

    with pytest.raises(AssertionError, match=r"1 of 2 cases fail:\nlarge: AssertionError"):
        law()


def test_no_case_is_a_mistake() -> None:
    """A law without cases would pass whatever the code does, so it is refused, and so is a parameter nobody takes."""
    with pytest.raises(AssertionError, match="without a case"):
        for_each("number", [])
    with pytest.raises(AssertionError, match="does not take number"):
        for_each("number", [1])(lambda: None)


@for_each("number", [1, 2])
def test_fixtures_come_from_pytest(number: int, tmp_path: Path) -> None:
    """Pytest hands the other parameters to a loop, each made once."""
    (tmp_path / str(number)).touch()
    assert number == len(list(tmp_path.iterdir()))
