"""Lists: all pages as one answer, parts of it, and where to go on."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import httpx
import jmespath
import pytest
from botocore.paginate import TokenDecoder, TokenEncoder
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp.cli.catalog import operation_names, request_of
from cognito_idp.cli.paging import decoded, encoded
from cognito_idp.cli.query import goes_item_by_item

from .support import Result, Service, cli

LIST = ("list-users", "--user-pool-id", "p")
PAGES = (
    {"Users": [{"Username": "u0"}, {"Username": "u1"}], "PaginationToken": "1"},
    {"Users": [], "PaginationToken": "2"},
    {"Users": [{"Username": "u2"}]},
)
LISTS = [name for name in operation_names() if request_of(name).operation.pages is not None]


class People:
    """A service that lists so many users, in pages of at most `Limit`; its tokens are numbers."""

    def __init__(self, number: int, size: int = 60) -> None:
        self.names = [f"u{index}" for index in range(number)]
        self.size = size
        self.sent: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer with the page that a request asks for."""
        body = json.loads(request.content)
        self.sent.append(body)
        begin = int(body.get("PaginationToken", "0"))
        end = begin + min(body.get("Limit", self.size), self.size)
        more = {"PaginationToken": str(end)} if end < len(self.names) else {}
        return httpx.Response(200, json={"Users": [{"Username": name} for name in self.names[begin:end]], **more})


def names(result: Result) -> list[str]:
    """Return the names that a list in JSON has."""
    assert 0 == result.code, result.err
    return [user["Username"] for user in result.data["Users"]]


def test_a_list_is_whole_by_default() -> None:
    """A list has the items of all pages, and no page token, as in the AWS CLI."""
    people = People(155)
    result = cli(*LIST, respond=people)

    assert people.names == names(result)
    assert ["Users"] == list(result.data)
    assert 3 == len(people.sent)
    assert "" == result.err


@pytest.mark.parametrize("name", LISTS)
def test_every_list_pages(name: str) -> None:
    """Each of the operations that page prints all pages without being asked, whatever its members are called."""
    request = request_of(name)
    pages = request.operation.pages
    assert pages is not None
    inputs = {member.name: member.wire_name for member in request._members}
    outputs = {member.name: member.wire_name for member in request.operation.response_type._members}
    items, token = outputs[pages.result], outputs[pages.output_token]
    service = Service({items: [{}], token: "t-1"}, {items: [{}, {}]})
    given = {
        member.wire_name: "a-value-for_it-000000"
        for member in request._members
        if member.required and member.name != "max_results"
    }
    result = cli(name, "--allow-secrets-on-command-line", "--cli-input-json", json.dumps(given), respond=service)

    assert 0 == result.code, result.err
    assert [items] == list(result.data)
    assert 3 == len(result.data[items])
    assert [None, "t-1"] == [body.get(inputs[pages.input_token]) for _, body in service.sent]


def test_a_list_that_demands_a_page_size() -> None:
    """Where the service demands a size of pages, the largest is asked for."""
    service = Service({"UserPools": []})

    assert {"UserPools": []} == cli("list-user-pools", respond=service).data
    assert [("ListUserPools", {"MaxResults": 60})] == service.sent


@pytest.mark.parametrize(
    "args", [("--no-paginate",), ("--limit", "2"), ("--pagination-token", "0"), ("--cli-input-json", '{"Limit": 2}')]
)
def test_one_page(args: tuple[str, ...]) -> None:
    """`--no-paginate` prints one page with its token, and so do the operation's own members for paging."""
    people = People(5, size=2)
    result = cli(*LIST, *args, respond=people)

    assert ["u0", "u1"] == names(result)
    assert "2" == result.data["PaginationToken"]
    assert 1 == len(people.sent)


def test_the_help_says_what_asks_for_one_page() -> None:
    """The operation's own members for paging say in the help what they do to it."""
    shown = " ".join(cli("list-groups", "--help").out.split())

    assert 2 == shown.count("Prints one page, as --no-paginate does.")
    assert "Prints one page, as --no-paginate does." not in cli("describe-user-pool", "--help").out


@pytest.mark.parametrize("option", ["--max-items", "--starting-token", "--page-size"])
@pytest.mark.parametrize("off", [("--no-paginate",), ("--limit", "2"), ("--pagination-token", "0")])
def test_what_excludes_each_other(option: str, off: tuple[str, ...]) -> None:
    """What asks for a part of all pages can't stand beside what asks for one page, and nothing is sent."""
    people = People(5)
    result = cli(*LIST, option, "3", *off, respond=people)

    assert 252 == result.code
    assert f"{option} can't stand beside {off[0]}, which asks for one page" in result.err
    assert [] == people.sent


@pytest.mark.slow
@given(number=st.integers(0, 12), size=st.integers(1, 5), limit=st.integers(1, 13), by_size=st.booleans())
def test_parts_make_the_whole(number: int, size: int, limit: int, *, by_size: bool) -> None:
    """Whoever goes on with each NextToken gets every item once, in order, wherever the limits lie in the pages."""
    people = People(number, size=5 if by_size else size)
    args = ("--max-items", str(limit), *(("--page-size", str(size)) if by_size else ()))
    result = cli(*LIST, *args, respond=people)
    found = names(result)
    parts = 1
    while "NextToken" in result.data:
        result = cli(*LIST, *args, "--starting-token", result.data["NextToken"], respond=people)
        assert 1 <= len(names(result)) <= limit
        found += names(result)
        parts += 1

    assert people.names == found
    assert max(1, -(-number // limit)) == parts


def test_no_page_is_asked_for_in_vain() -> None:
    """With a limit, the pages after the last item that is wanted are not asked for."""
    people = People(9, size=3)

    assert 3 == len(names(cli(*LIST, "--max-items", "3", respond=people)))
    assert 1 == len(people.sent)


def test_another_page_size_on_the_way() -> None:
    """Smaller pages than those of the earlier part lose nothing and repeat nothing."""
    people = People(9, size=9)
    token = cli(*LIST, "--max-items", "5", respond=people).data["NextToken"]

    assert people.names[5:] == names(cli(*LIST, "--page-size", "2", "--starting-token", token, respond=people))


TOKENS = st.none() | st.text(min_size=1)


@given(TOKENS, st.integers(0, 1000))
def test_tokens_are_those_of_botocore(token: str | None, skip: int) -> None:
    """A token is what botocore makes for the same place, and is read back, so that it serves in either program."""
    theirs = {"PaginationToken": token, **({"boto_truncate_amount": skip} if skip else {})}

    assert TokenEncoder().encode(theirs) == encoded("PaginationToken", token, skip)
    assert theirs == TokenDecoder().decode(encoded("PaginationToken", token, skip))
    assert (token, skip) == decoded("PaginationToken", encoded("PaginationToken", token, skip))


@pytest.mark.slow
@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        lambda data: TokenEncoder().encode(data)
    )
    | st.sampled_from([{"N": 1}, {"N": None, "boto_truncate_amount": -1}, {"N": "", "boto_truncate_amount": True}]).map(
        lambda data: TokenEncoder().encode(data)
    )
)
def test_a_token_of_the_services_is_taken(text: str) -> None:
    """A token that no program made is the service's own."""
    assert (text, 0) == decoded("N", text)


def test_a_starting_token_of_the_services() -> None:
    """The PaginationToken of one page starts a walk as well."""
    assert ["u2", "u3", "u4"] == names(cli(*LIST, "--starting-token", "2", respond=People(5)))


def test_all_of_nothing_is_an_empty_list() -> None:
    """Pages without items make an empty list."""
    assert {"Users": []} == cli(*LIST, respond=Service({})).data
    assert [] == cli(*LIST, "--query", "Users", respond=Service({})).data


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("json", '[\n    "u0",\n    "u1",\n    "u2"\n]\n'),
        ("jsonl", '"u0"\n"u1"\n"u2"\n'),
        ("text", "u0\nu1\nu2\n"),
    ],
)
def test_a_query_item_by_item(output: str, expected: str) -> None:
    """What a query finds in the items of all pages is one list."""
    assert expected == cli(*LIST, "--query", "Users[].Username", "--output", output, respond=Service(*PAGES)).out


@pytest.mark.parametrize("output", ["json", "jsonl", "text", "yaml"])
@pytest.mark.parametrize(
    ("query", "expected"), [("length(Users)", "155"), ("Users[-1].Username", "u154"), ("Users[60:62] | length(@)", "2")]
)
def test_a_query_about_the_whole(output: str, query: str, expected: str) -> None:
    """A query about the list as a whole is asked once, of the items of all pages, in every format."""
    result = cli(*LIST, "--query", query, "--output", output, respond=People(155))

    assert expected == result.out.strip().strip('"')


def test_a_query_for_the_token() -> None:
    """A query may ask for the NextToken of a list that was cut off."""
    result = cli(*LIST, "--max-items", "1", "--query", "NextToken", respond=People(2))

    assert ("0", 0) == (decoded("PaginationToken", result.data)[0] or "0", result.code)


QUERIES = [
    "Users",
    "Users[]",
    "Users[*].a",
    "Users[].a",
    "Users[].a[]",
    "Users[][]",
    "Users[?b].a",
    "Users[?a==`1`]",
    "Users[].[a, b]",
    "Users[].{x: a}",
    "Users[*].a[?b]",
    "Users[].a[0]",
    "Users[].a | [0]",
    "Users[0]",
    "Users[:1]",
    "length(Users)",
    "Users[].a || Users[].b",
    "Other[]",
    "@",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@pytest.mark.slow
@pytest.mark.parametrize("query", QUERIES)
@given(pages=st.lists(st.lists(VALUES, max_size=3), max_size=3))
def test_what_goes_item_by_item(query: str, pages: list[list[Any]]) -> None:
    """A query that is asked of each page finds, put together, what it finds in the whole list."""
    if not goes_item_by_item(query, "Users"):
        return
    whole = jmespath.search(query, {"Users": [item for page in pages for item in page]})

    assert whole == [found for page in pages for found in jmespath.search(query, {"Users": page})]


def test_the_usual_queries_go_item_by_item() -> None:
    """The projections that people write are among them, and what looks at the whole list is not."""
    assert QUERIES[:12] == [query for query in QUERIES if goes_item_by_item(query, "Users")]


def test_tables_of_pages() -> None:
    """A table is printed for each page with items."""
    result = cli(*LIST, "--output", "table", respond=Service(*PAGES))

    assert 2 == result.out.count("Username")
    assert "u2" in result.out


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "json",
            '{\n    "Users": [\n        {\n            "Username": "u0"\n        }\n    ],\n    "NextToken": "T"\n}\n',
        ),
        ("yaml", "Users:\n- Username: u0\nNextToken: T\n"),
        ("text", "USERS\t\t\t\t\tu0\nNEXTTOKEN\tT\n"),
        ("jsonl", '{"Username": "u0"}\n'),
    ],
)
def test_where_the_token_stands(output: str, expected: str) -> None:
    """The token to go on with is in the answer, or, where the answer is its items only, on standard error."""
    result = cli(*LIST, "--max-items", "1", "--output", output, respond=People(2))
    token = encoded("PaginationToken", None, 1)

    assert expected.replace("T\n", f"{token}\n").replace('"T"', f'"{token}"') == result.out
    assert (output == "jsonl") == (f"--starting-token {token} goes on after these." in result.err)


@pytest.mark.parametrize("output", ["jsonl", "yaml", "text", "json"])
def test_pages_are_printed_as_they_come(output: str) -> None:
    """The first page is on standard output before the second is asked for, so that only one is in memory."""
    service = Service(*PAGES[:1], {"__type": "InternalErrorException"})
    result = cli(*LIST, "--output", output, respond=lambda request: _then_fail(service, request))

    assert 254 == result.code
    assert [1, 1, 0] == [result.out.count(name) for name in ("u0", "u1", "u2")]


def _then_fail(service: Service, request: Any) -> Any:
    response = service(request)
    if len(service.sent) > 1:
        response.status_code = 400
    return response


@pytest.mark.parametrize("text", ["[" * 100_000, '{"NextToken":' * 100_000])
def test_a_token_that_is_nested_too_deep(text: str) -> None:
    """A starting token of thousands of brackets is taken for the service's own."""
    token = b64encode(text.encode()).decode()
    assert (token, 0) == decoded("NextToken", token)
