"""`call_pages`: pages of an operation that this version needn't know, through both clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import InternalErrorException, PaginationError, RequestValidationError
from cognito_idp._call.names import request_type
from cognito_idp._call.pagination import TokenNames, token_names
from cognito_idp.model.index import HOMES
from tests.support.kit import FakeTime, kit_of
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.support.kit import Kit

LISTED = [
    request
    for name in HOMES
    if name.endswith("Request") and (request := request_type(name.removesuffix("Request"))) is not None
    if request.operation.pages is not None
]


class Things:
    """A service that lists things: `following` says which page comes after which; it keeps what it was asked."""

    def __init__(
        self, following: Callable[[int], int | None], *, asks: str = "NextToken", answers: str = "NextToken"
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        self._following = following
        self._names = (asks, answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer with a page."""
        members = json.loads(request.content)
        self.asked.append(members)
        self.signed.append("authorization" in request.headers)
        assert len(self.asked) <= 1000, "the walk goes on and on"
        page = int(members.get(self._names[0], "0"))
        following = self._following(page)
        answer: dict[str, Any] = {"Things": [f"thing {page}"]}
        if following is not None:
            answer[self._names[1]] = str(following)
        return success(answer)


def three(page: int) -> int | None:
    """Go on to the third page."""
    return page + 1 if page < 2 else None


THREE = [["thing 0"], ["thing 1"], ["thing 2"]]


def things(pages: list[dict[str, Any]]) -> list[Any]:
    """Return the things on each page."""
    return [page["Things"] for page in pages]


def test_an_operation_that_this_version_does_not_know(kit: Kit) -> None:
    """Pages come as the JSON objects of the answers, each asked for with the same members and the token before."""
    service = Things(three)
    members = {"PoolId": "p", "Max": 1}
    pages = kit.collect(kit.client(respond=service).call_pages("ListThings", members, input_token="NextToken"))
    assert THREE == things(pages)
    assert {"Things": ["thing 0"], "NextToken": "1"} == pages[0]
    assert [members, {**members, "NextToken": "1"}, {**members, "NextToken": "2"}] == service.asked
    assert {"PoolId": "p", "Max": 1} == members
    assert [True] * 3 == service.signed


@pytest.mark.parametrize(
    ("names", "asks", "answers"),
    [
        ({"input_token": "Start", "output_token": "More"}, "Start", "More"),
        ({"input_token": "Marker"}, "Marker", "Marker"),
        ({"output_token": "Marker"}, "Marker", "Marker"),
    ],
)
def test_names_of_tokens(kit: Kit, names: dict[str, str], asks: str, answers: str) -> None:
    """The two members may have names of their own; one name stands for both."""
    client = kit.client(respond=Things(three, asks=asks, answers=answers))
    assert THREE == things(kit.collect(client.call_pages("ListThings", **names)))


def test_an_operation_of_the_model(kit: Kit) -> None:
    """The tokens of an operation that this version knows are the model's, unless others are passed."""
    service = Things(three, asks="PaginationToken", answers="PaginationToken")
    pages = kit.collect(kit.client(respond=service).call_pages("ListUsers", {"UserPoolId": "us-east-1_a"}))
    assert THREE == things(pages)
    changed = Things(three, asks="Start", answers="Start")
    assert THREE == things(kit.collect(kit.client(respond=changed).call_pages("ListUsers", input_token="Start")))


@pytest.mark.parametrize("request_struct", LISTED, ids=lambda cls: cls.operation.name)
def test_the_names_are_the_wire_names(request_struct: Any) -> None:
    """For each paginated operation the names are members of the request and of the answer, by their wire names."""
    names = token_names(request_struct.operation.name, None, None)
    pages = request_struct.operation.pages
    wire = [
        {member.wire_name: member.name for member in struct._members}
        for struct in (request_struct, request_struct.operation.response_type)
    ]
    assert (pages.input_token, pages.output_token) == (wire[0][names.input], wire[1][names.output])


def test_one_name_fits_the_model() -> None:
    """One name for both tokens is the service's habit: every operation of the model has it."""
    assert LISTED
    assert [] == [
        cls.operation.name
        for cls in LISTED
        for names in [token_names(cls.operation.name, None, None)]
        if names != TokenNames(names.input, names.input)
    ]


def test_a_start_in_the_middle(kit: Kit) -> None:
    """A walk starts at the token that the members hold."""
    pages = kit.collect(
        kit.client(respond=Things(three)).call_pages("ListThings", {"NextToken": "1"}, input_token="NextToken")
    )
    assert THREE[1:] == things(pages)


def test_unknown_tokens(kit: Kit) -> None:
    """Of an operation that this version doesn't know, the token's name must be passed; nothing is sent."""
    service = Responder()
    with pytest.raises(RequestValidationError, match="doesn't know ListThings: pass the name of its page token"):
        kit.collect(kit.client(respond=service).call_pages("ListThings"))
    assert [] == service.requests


def test_an_operation_that_does_not_page(kit: Kit) -> None:
    """An operation that answers in one piece is refused as by `paginate`, unless a name says otherwise."""
    client = kit.client(respond=Things(three))
    with pytest.raises(TypeError, match=r"DescribeUserPool is not paginated; use call\(\)"):
        kit.collect(client.call_pages("DescribeUserPool"))
    assert THREE == things(kit.collect(client.call_pages("DescribeUserPool", input_token="NextToken")))


@pytest.mark.parametrize("members", [["NextToken"], "NextToken", {1: 2}, {"a": object()}])
def test_members_that_are_not_json(kit: Kit, members: Any) -> None:
    """Members are checked as by `call`."""
    with pytest.raises(RequestValidationError, match=r"call\.members"):
        kit.collect(kit.client(respond=Responder()).call_pages("ListThings", members, input_token="NextToken"))


@pytest.mark.parametrize(("passed", "answers"), [("nextToken", "NextToken"), ("NextToken", "PaginationToken")])
def test_a_wrong_name(kit: Kit, passed: str, answers: str) -> None:
    """A token under another of the service's usual names is an error that names it, not the end of the walk."""
    client = kit.client(respond=Things(three, answers=answers))
    with pytest.raises(PaginationError, match=f"answered with {answers}, not {passed}; pass output_token='{answers}'"):
        kit.collect(client.call_pages("ListThings", input_token="NextToken", output_token=passed))


@pytest.mark.parametrize("answer", [{}, {"NextToken": None}, {"NextToken": ""}, {"PaginationToken": None}])
def test_the_end(kit: Kit, answer: dict[str, Any]) -> None:
    """A missing, null or empty token is the end."""
    pages = kit.collect(
        kit.client(respond=Responder(success(answer))).call_pages("ListThings", input_token="NextToken")
    )
    assert [answer] == pages


def test_signatures(kit: Kit) -> None:
    """`signed` holds for every page; without it, the model says."""
    service = Things(three)
    kit.collect(kit.client(respond=service).call_pages("ListThings", input_token="NextToken", signed=False))
    assert [False] * 3 == service.signed
    service = Things(lambda _: None)
    kit.collect(kit.client(respond=service).call_pages("ListDevices", {"AccessToken": "t"}))
    assert [False] == service.signed


def test_pages_are_asked_for_one_at_a_time(kit: Kit) -> None:
    """Nothing is asked for before it is needed."""
    service = Things(three)
    client = kit.client(respond=service)
    pages = client.call_pages("ListThings", input_token="NextToken")
    assert [] == service.asked
    assert THREE[:2] == things(kit.first(pages, 2))
    assert 2 == len(service.asked)


def test_a_walk_that_fails(kit: Kit) -> None:
    """Passing failures are retried as in any call; the last one comes out of the walk."""
    fault = error("InternalErrorException", 500)
    page = success({"NextToken": "1"})
    client = kit.client(respond=Responder(page, fault, success(), fault), time=FakeTime())
    assert 2 == len(kit.collect(client.call_pages("ListThings", input_token="NextToken")))
    with pytest.raises(InternalErrorException) as caught:
        kit.collect(client.call_pages("ListThings", input_token="NextToken"))
    assert 3 == caught.value.attempts


def walked(kit: Kit, before: int, length: int) -> int:
    """Walk a line of pages that leads into a circle, and return the number of pages until that was told."""
    service = Things(lambda page: page + 1 if page < before + length - 1 else before)
    with pytest.raises(PaginationError, match="ListThings repeated a page token"):
        kit.collect(kit.client(respond=service).call_pages("ListThings", input_token="NextToken"))
    return len(service.asked)


@pytest.mark.slow
@given(before=st.integers(1, 40), length=st.integers(1, 40))
def test_every_circle_is_found(before: int, length: int) -> None:
    """A circle of tokens is found here as by `paginate`: before it was walked thrice, and not too early."""
    with kit_of("sync") as kit:
        assert before + length <= walked(kit, before, length) <= 2 * before + 3 * length + 2


@pytest.mark.parametrize("length", [1, 3])
def test_a_circle_through_both_clients(kit: Kit, length: int) -> None:
    """Circles are found by either client."""
    assert walked(kit, 3, length) <= 2 * 3 + 3 * length + 2
