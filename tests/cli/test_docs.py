"""What the page about the command line shows is what the command does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cognito_idp.cli.keeping import KEEPS
from cognito_idp.cli.waiting import BEGINS

from .support import Service, cli

PAGE = (Path(__file__).parents[2] / "docs" / "pages" / "cli.md").read_text("utf-8")
EXAMPLES = re.findall(r"^\$ cognito-idp (.+)$", PAGE, re.MULTILINE)


def helped(command: str) -> set[str]:
    """Return the options that the help of a command names."""
    result = cli(command, "--help")
    assert (0, "") == (result.code, result.err)
    return set(re.findall(r"--[a-z][a-z-]+", result.out))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_options_that_exist(example: str) -> None:
    """The command of each example exists, and so do its options."""
    words = shlex.split(example)
    assert set() == {word for word in words if word.startswith("--")} - helped(words[0])


def test_every_option_of_the_text_exists() -> None:
    """Each option that the text names belongs to one of the commands that it tells of."""
    commands = {example.split()[0] for example in EXAMPLES}
    commands |= {"admin-create-user", "admin-initiate-auth", "create-user-pool-client", "list-groups"}
    known = set.union(*map(helped, commands))
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert len(named) > 25
    assert set() == named - known


def test_every_command_that_can_wait_is_named() -> None:
    """The page names each command that takes `--wait`."""
    section = PAGE.partition("## Waiting")[2].partition("\n## ")[0]
    assert set(BEGINS) == set(re.findall(r"`([a-z-]+)`", section)) - {"--wait"}


def test_every_command_that_can_keep_the_rest_is_named() -> None:
    """The page names each command that takes `--keep-others`."""
    section = PAGE.partition("## Updates that keep the rest")[2].partition("\n## ")[0]
    assert set(KEEPS) == set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", section))


def test_what_the_first_example_prints() -> None:
    """The first example prints what stands below it."""
    shown = re.search(r"^\$ cognito-idp (list-users .+)\n((?:\w+\n)+)```$", PAGE, re.MULTILINE)
    assert shown is not None
    service = Service({"Users": [{"Username": "mary"}, {"Username": "ann"}]})
    result = cli(*shlex.split(shown[1]), respond=service)
    assert (0, shown[2]) == (result.code, result.out)
