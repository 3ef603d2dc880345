from __future__ import annotations

from typing import Any

import pytest

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
    "PaginationToken": "next",
}
LIST = ("list-users", "--user-pool-id", "p")


def test_json_is_the_answer_by_wire_names() -> None:
    """JSON has the wire names, times in ISO 8601, and four spaces, as the AWS CLI prints it."""
    result = cli(*LIST, respond=Service(USERS))

    assert 0 == result.code
    assert "2025-01-31T12:00:00+00:00" == result.data["Users"][0]["UserCreateDate"]
    assert ["Users", "PaginationToken"] == list(result.data)
    assert result.out.startswith('{\n    "Users": [\n        {\n            "Username": "mary"')


def test_jsonl_is_a_line_an_item() -> None:
    """JSON lines give each item of a list its line."""
    result = cli(*LIST, "--output", "jsonl", "--query", "Users[].Username", respond=Service(USERS))

    assert ['"mary"', '"[red]ann[/red]\\u001b[31m"'] == result.out.splitlines()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Users[0].Username", "mary\n"),
        ("Users[].Enabled", "True\tFalse\n"),
        ("Users[].{b: Enabled, a: Username} | [0]", "mary\tTrue\n"),
        ("Users[].[Username, Enabled] | [:1]", "mary\tTrue\n"),
        ("Users[0].Attributes", "a\t1\n"),
        ("Users[0].[Attributes]", '[{"Name": "a", "Value": "1"}]\n'),
        ("Users[0].Nothing", "None\n"),
        ("length(Users)", "2\n"),
    ],
)
def test_text(query: str, expected: str) -> None:
    """Text is a row a line with tabs between, as in the AWS CLI."""
    result = cli(*LIST, "--output", "text", "--query", query, respond=Service(USERS))

    if query == "Users[0].[Attributes]":
        expected = "\n".join(text_rows([USERS["Users"][0]["Attributes"]])) + "\n"  # type: ignore[index]
    assert expected == result.out


def test_a_table_takes_no_orders() -> None:
    """A table shows markup and control characters of the data as text."""
    result = cli(*LIST, "--output", "table", "--query", "Users", respond=Service(USERS))

    assert "[red]ann[/red] [31m" in result.out
    assert "\x1b" not in result.out
    assert "Username" in result.out


@pytest.mark.parametrize(
    "data", [{}, {"A": []}, {"A": {"B": 1}}, [], [1, "a"], [{"a": 1}, 2], None, "text", [[1], [2]]]
)
def test_every_kind_of_data_makes_a_table(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table can be made of any JSON."""
    monkeypatch.setattr("cognito_idp.cli.operations.query_of", lambda _: lambda _: data)

    assert 0 == cli(*LIST, "--output", "table", respond=Service(USERS)).code


def test_json_holds_no_terminal_codes() -> None:
    """Characters that a terminal would obey are escapes in JSON; others stand as they are."""
    assert '"\\u001b\\u009b\\u202e é"' == as_json("\x1b\x9b\u202e é")


def test_an_empty_answer_prints_nothing() -> None:
    """An operation that answers with nothing prints nothing."""
    result = cli("admin-delete-user", "--user-pool-id", "p", "--username", "u", respond=Service({}))

    assert (0, "", "") == result


def test_a_query_that_can_not_be_answered() -> None:
    """A query that fails on the answer is a usage error."""
    result = cli(*LIST, "--query", "length(PaginationToken.x)", respond=Service(USERS))

    assert 252 == result.code
    assert "--query can't be answered" in result.err


PAGES = (
    {"Users": [{"Username": "u0"}, {"Username": "u1"}], "PaginationToken": "1"},
    {"Users": [], "PaginationToken": "2"},
    {"Users": [{"Username": "u2"}]},
)
ALL = (*LIST, "--all")


def test_all_walks_over_the_pages() -> None:
    """`--all` prints one object with the items of all pages, and follows the page tokens."""
    service = Service(*PAGES)
    result = cli(*ALL, respond=service)

    assert {"Users": [{"Username": f"u{number}"} for number in range(3)]} == result.data
    assert [None, "1", "2"] == [body.get("PaginationToken") for _, body in service.sent]
    assert "" == result.err


def test_all_of_nothing_is_an_empty_list() -> None:
    """Pages without items make an empty list."""
    assert {"Users": []} == cli(*ALL, respond=Service({})).data
    assert [] == cli(*ALL, "--query", "Users", respond=Service({})).data


@pytest.mark.parametrize(
    ("output", "expected"),
    [("json", '[\n    "u0",\n    "u1",\n    "u2"\n]\n'), ("jsonl", '"u0"\n"u1"\n"u2"\n'), ("text", "u0\nu1\nu2\n")],
)
def test_a_query_is_asked_of_each_page(output: str, expected: str) -> None:
    """With `--all`, what a query finds on each page is put together."""
    assert expected == cli(*ALL, "--query", "Users[].Username", "--output", output, respond=Service(*PAGES)).out


def test_all_as_tables() -> None:
    """A table is printed for each page with items."""
    result = cli(*ALL, "--output", "table", respond=Service(*PAGES))

    assert 2 == result.out.count("Username")
    assert "u2" in result.out


def test_pages_are_printed_as_they_come() -> None:
    """The first page is on standard output before the second is asked for, so that only one is in memory."""
    service = Service(*PAGES[:1], {"__type": "InternalErrorException"})
    result = cli(*ALL, "--output", "jsonl", respond=lambda request: _then_fail(service, request))

    assert 254 == result.code
    assert ['{"Username": "u0"}', '{"Username": "u1"}'] == result.out.splitlines()


def _then_fail(service: Service, request: Any) -> Any:
    response = service(request)
    if len(service.sent) > 1:
        response.status_code = 400
    return response


def test_no_escape_sequence_of_the_services_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What the service puts into codes, ids and names of choices is printed without what a terminal would obey."""
    evil = "\x1b]0;title\x07"
    print_event(CallStarted(operation="ListUsers", call_id=evil, region=None, url="https://example.com"))
    assert "\x1b" not in capsys.readouterr().err
    assert "\x1b" not in text_of(ConfigError(evil), ())
