from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp._call.events import CallStarted
from cognito_idp.cli.failures import text_of
from cognito_idp.cli.render import as_json, text_rows
from cognito_idp.cli.settings import print_event
from cognito_idp.errors import ConfigError
from tests.cli.support import Service, cli

USERS = {
    "Users": [
        {
            "Username": "mary",
            "Enabled": True,
            "UserCreateDate": 1738324800,
            "Attributes": [{"Name": "a", "Value": "1"}],
        },
        {"Username": "[red]ann[/red]\x1b[31m", "Enabled": False},
    ],
}
LIST = ("list-users", "--user-pool-id", "p")


def test_json_is_the_answer_by_wire_names() -> None:
    """JSON has the wire names, times in ISO 8601, and four spaces, as the AWS CLI prints it."""
    result = cli(*LIST, respond=Service(USERS))

    assert 0 == result.code
    assert "2025-01-31T12:00:00+00:00" == result.data["Users"][0]["UserCreateDate"]
    assert result.out.startswith('{\n    "Users": [\n        {\n            "Username": "mary"')


def test_jsonl_is_a_line_an_item() -> None:
    """JSON lines give each item of a list its line."""
    result = cli(*LIST, "--output", "jsonl", "--query", "Users[].Username", respond=Service(USERS))

    assert ['"mary"', '"[red]ann[/red]\\u001b[31m"'] == result.out.splitlines()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Users[0].Username", "mary\n"),
        ("Users[].Enabled", "True\nFalse\n"),
        ("Users[].Enabled | reverse(@)", "False\tTrue\n"),
        ("Users[].{b: Enabled, a: Username} | [0]", "mary\tTrue\n"),
        ("Users[].{b: Enabled, a: Username}", "mary\tTrue\n[red]ann[/red]\x1b[31m\tFalse\n"),
        ("Users[].[Username, Enabled] | [:1]", "mary\tTrue\n"),
        ("Users[0].Attributes", "a\t1\n"),
        ("Users[0].[Attributes]", "a\t1\n"),
        ("Users[0].[Username, Attributes]", "mary\na\t1\n"),
        ("Users[0].Nothing", "None\n"),
        ("length(Users)", "2\n"),
    ],
)
def test_text(query: str, expected: str) -> None:
    """Text is a line a row with tabs between, and each item of a list is a row."""
    assert expected == cli(*LIST, "--output", "text", "--query", query, respond=Service(USERS)).out


def test_text_of_whole_answers() -> None:
    """Without a query, what is nested has lines of its own, which begin with their names, as in the AWS CLI."""
    users = cli(*LIST, "--output", "text", respond=Service(USERS))
    pool = {"UserPool": {"Id": "p", "Name": "people", "Policies": {"PasswordPolicy": {"MinimumLength": 8}}}}
    described = cli("describe-user-pool", "--user-pool-id", "p", "--output", "text", respond=Service(pool))

    assert [
        "USERS\tTrue\t2025-01-31T12:00:00+00:00\t\t\tmary",
        "ATTRIBUTES\ta\t1",
        "USERS\tFalse\t\t\t\t[red]ann[/red]\x1b[31m",
    ] == users.out.splitlines()
    assert ["USERPOOL\tp\tpeople", "PASSWORDPOLICY\t8"] == described.out.splitlines()


SCALARS = st.none() | st.booleans() | st.integers() | st.text("ab\u00e9", max_size=3)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


@given(JSON)
def test_text_has_every_value(data: Any) -> None:
    """Every plain value of an answer stands in some cell, whatever the answer looks like."""
    cells = [cell for line in text_rows(data) for cell in line.split("\t")]
    for scalar in _scalars(data):
        assert str(scalar) in cells or any(json.dumps(scalar, ensure_ascii=False) in cell for cell in cells)


def _scalars(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [scalar for value in data.values() for scalar in _scalars(value)]
    if isinstance(data, list):
        return [scalar for value in data for scalar in _scalars(value)]
    return [data]


def test_a_table_takes_no_orders() -> None:
    """A table shows markup and control characters of the data as text."""
    result = cli(*LIST, "--output", "table", "--query", "Users", respond=Service(USERS))

    assert "[red]ann[/red] [31m" in result.out
    assert "\x1b" not in result.out
    assert "Username" in result.out


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Users[:3].[Username, Enabled]", ["mary True", "[red]ann[/red] [31m False"]),
        ("Users[].[Enabled]", ["True", "False"]),
        ("Users[].[Enabled, Attributes]", ["True Name Value", "a 1", "False None"]),
        ("[Users[].[Enabled], 'x']", ["True False", "x"]),
        ("{A: Users[].[Username, Enabled], B: 'x'}", ["A mary True", "[red]ann[/red] [31m False", "B x"]),
    ],
)
def test_rows_of_a_query(query: str, expected: list[str]) -> None:
    """A list of lists is a table with a row for each of them, as in text."""
    result = cli(*LIST, "--output", "table", "--query", query, respond=Service(USERS))
    lines = [" ".join(re.sub("[\u2500-\u257f]", " ", line).split()) for line in result.out.splitlines()]
    cells = [line for line in lines if line and line != "Member Value"]

    assert expected == cells


def test_titles_end_where_their_text_does() -> None:
    """No line of a table ends with blanks, its title included."""
    result = cli(*LIST, "--output", "table", respond=Service(USERS))

    assert "Users" == result.out.splitlines()[0]
    assert [] == [line for line in result.out.splitlines() if line != line.rstrip()]


def test_tables_nest() -> None:
    """What has parts is a table in its cell, or lines for a list of plain values, and never JSON."""
    pool = {
        "UserPool": {
            "Policies": {"PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": True}},
            "SchemaAttributes": [{"Name": "sub", "StringAttributeConstraints": {"MinLength": "1"}}],
            "UsernameAttributes": ["email", "phone_number"],
        }
    }
    users = cli(*LIST, "--output", "table", respond=Service(USERS)).out
    described = cli("describe-user-pool", "--user-pool-id", "p", "--output", "table", respond=Service(pool)).out
    words = [" ".join(line.replace("\u2502", " ").split()) for line in (users + described).splitlines()]

    for expected in (
        "Policies PasswordPolicy MinimumLength 8",
        "RequireNumbers True",
        "Name StringAttributeConstraints",
    ):
        assert any(expected in line for line in words)
    assert {"sub MinLength 1", "UsernameAttributes email", "phone_number"} <= set(words)
    assert any(line.startswith("a 1") for line in words)
    assert not set('{}"') & set(users + described)


@pytest.mark.parametrize(
    "data", [{}, {"A": []}, {"A": {"B": 1}}, [], [1, "a"], [{"a": 1}, 2], None, "text", [[1], [2]]]
)
def test_every_kind_of_data_makes_a_table(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table can be made of any JSON."""
    monkeypatch.setattr("cognito_idp.cli.operations.query_of", lambda _: lambda _: data)

    assert 0 == cli(*LIST, "--no-paginate", "--output", "table", respond=Service(USERS)).code


def test_json_holds_no_terminal_codes() -> None:
    """Characters that a terminal would obey are escapes in JSON; others stand as they are."""
    assert '"\\u001b\\u009b\\u202e é"' == as_json("\x1b\x9b\u202e é")


def test_an_empty_answer_prints_nothing() -> None:
    """An operation that answers with nothing prints nothing."""
    result = cli("admin-delete-user", "--user-pool-id", "p", "--username", "u", respond=Service({}))

    assert (0, "", "") == result


def test_a_query_that_can_not_be_answered() -> None:
    """A query that fails on the answer is a usage error."""
    result = cli(*LIST, "--query", "length(Users[0].Enabled)", respond=Service(USERS))

    assert 252 == result.code
    assert "--query can't be answered" in result.err


def test_no_escape_sequence_of_the_services_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What the service puts into codes, ids and names of choices is printed without what a terminal would obey."""
    evil = "\x1b]0;title\x07"
    print_event(CallStarted(operation="ListUsers", call_id=evil, region=None, url="https://example.com"))
    assert "\x1b" not in capsys.readouterr().err
    assert "\x1b" not in text_of(ConfigError(evil), ())
