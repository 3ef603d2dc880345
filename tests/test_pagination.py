"""Pages and items, resumed walks, and services that never come to an end; through both clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AdminInitiateAuthRequest, ListGroupsRequest, ListUserPoolsRequest, ListUsersRequest
from cognito_idp._call.pagination import Pager
from cognito_idp.errors import InternalErrorException, PaginationError
from tests.support.kit import FakeTime, kit_of, options_of
from tests.support.responder import error, success

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

    from tests.support.kit import Kit

POOL = "us-east-1_a"
LIST_USERS = ListUsersRequest(user_pool_id=POOL, limit=2)


class Directory:
    """A service that lists: each page with the token of the next; `next_token` says which comes after which."""

    def __init__(
        self, pages: list[list[str]], next_token: Callable[[int], int | None] | None = None, *, items: str = "Users"
    ) -> None:
        self.asked: list[str | None] = []
        self._pages = pages
        self._items = items
        self._next_token = next_token or (lambda page: page + 1 if page + 1 < len(pages) else None)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer with a page."""
        members = json.loads(request.content)
        token = members.get("PaginationToken") or members.get("NextToken")
        self.asked.append(token)
        assert len(self.asked) <= 1000, "the walk goes on and on"
        page = 0 if token is None else int(token)
        following = self._next_token(page)
        names = self._pages[page] if page < len(self._pages) else [f"user {page}"]
        name = "Username" if self._items == "Users" else "GroupName"
        answer: dict[str, Any] = {self._items: [{name: each} for each in names]}
        if following is not None:
            answer["PaginationToken" if self._items == "Users" else "NextToken"] = str(following)
        return success(answer)


THREE_PAGES = [["ann", "bob"], ["cat", "dan"], ["eve"]]


def names(pages: Iterable[Any]) -> list[list[str]]:
    """Return the names on each page."""
    return [[user.username for user in page.users] for page in pages]


def test_pages(kit: Kit) -> None:
    """`paginate` gives the response of each page, in order, with the metadata of its own exchange."""
    service = Directory(THREE_PAGES)
    pages = kit.collect(kit.client(respond=service).paginate(LIST_USERS))
    assert THREE_PAGES == names(pages)
    assert [None, "1", "2"] == service.asked
    assert ["1", "2", None] == [page.pagination_token for page in pages]
    assert ["request-1"] * 3 == [page.metadata.request_id for page in pages]


def test_items(kit: Kit) -> None:
    """The method of a list operation with `iter_` before it gives the items of all pages."""
    service = Directory(THREE_PAGES)
    users = kit.collect(kit.client(respond=service).iter_list_users(user_pool_id=POOL, limit=2))
    assert ["ann", "bob", "cat", "dan", "eve"] == [user.username for user in users]


def test_other_names_of_tokens(kit: Kit) -> None:
    """Operations name their tokens differently; each walks by its own."""
    service = Directory(THREE_PAGES, items="Groups")
    client = kit.client(respond=service)
    groups = kit.collect(client.iter_list_groups(user_pool_id=POOL))
    assert ["ann", "bob", "cat", "dan", "eve"] == [group.group_name for group in groups]
    pages = kit.collect(client.paginate(ListGroupsRequest(user_pool_id=POOL)))
    assert 3 == len(pages)


def test_everything_else_stays_in_each_request(kit: Kit) -> None:
    """Each page is asked for with the first request's own members; the request itself is not changed."""
    bodies: list[dict[str, Any]] = []
    service = Directory(THREE_PAGES)

    def respond(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return service(request)

    kit.collect(kit.client(respond=respond).paginate(LIST_USERS))
    assert [{"UserPoolId": POOL, "Limit": 2}] * 3 == [
        {name: value for name, value in body.items() if name != "PaginationToken"} for body in bodies
    ]
    assert None is LIST_USERS.pagination_token


def test_empty_pages_in_the_middle(kit: Kit) -> None:
    """A page without items is no end: the token says whether there is more."""
    pages = [["ann"], [], [], ["bob"], []]
    client = kit.client(respond=Directory(pages))
    assert pages == names(kit.collect(client.paginate(LIST_USERS)))
    users = kit.collect(client.iter_list_users(user_pool_id=POOL))
    assert ["ann", "bob"] == [user.username for user in users]


@pytest.mark.parametrize(
    "members", [{}, {"Users": None}, {"PaginationToken": ""}, {"PaginationToken": None, "Users": []}]
)
def test_the_end(kit: Kit, members: dict[str, Any]) -> None:
    """A missing, null or empty token is the end; a page without a list of items has none."""
    client = kit.client(respond=lambda _: success(members))
    assert 1 == len(kit.collect(client.paginate(LIST_USERS)))
    assert [] == kit.collect(client.iter_list_users(user_pool_id=POOL))


def test_resumed_from_a_saved_token(kit: Kit) -> None:
    """A walk that was left after some pages goes on, in a new client, from the token that the last page gave."""
    first = kit.first(kit.client(respond=Directory(THREE_PAGES)).paginate(LIST_USERS), 2)
    token = first[-1].pagination_token
    service = Directory(THREE_PAGES)
    request = ListUsersRequest(user_pool_id=POOL, pagination_token=token)
    rest = kit.collect(kit.client(respond=service).paginate(request))
    assert THREE_PAGES == names(first) + names(rest)
    assert ["2"] == service.asked


def test_pages_are_asked_for_one_at_a_time(kit: Kit) -> None:
    """Nothing is asked for before it is needed, and never a page ahead."""
    service = Directory(THREE_PAGES)
    client = kit.client(respond=service)
    client.paginate(LIST_USERS)
    assert [] == service.asked
    kit.first(client.paginate(LIST_USERS), 1)
    assert [None] == service.asked
    kit.first(client.iter_list_users(user_pool_id=POOL), 2)
    assert [None, None] == service.asked
    kit.first(client.iter_list_users(user_pool_id=POOL), 3)
    assert [None, None, None, "1"] == service.asked


def test_a_walk_that_fails(kit: Kit) -> None:
    """The failure of a page comes out of the walk, after the pages before it; passing ones are tried again."""
    service, fails = Directory(THREE_PAGES), {"1": 1, "2": 3}

    def respond(request: httpx.Request) -> httpx.Response:
        token = json.loads(request.content).get("PaginationToken")
        if fails.get(token, 0) > 0:
            fails[token] -= 1
            return error("InternalErrorException", 500)
        return service(request)

    seen: list[str] = []
    client = kit.client(respond=respond, time=FakeTime())

    def walk() -> None:
        seen.extend(user.username for user in client.iter_list_users(user_pool_id=POOL))

    async def async_walk() -> None:
        async for user in client.iter_list_users(user_pool_id=POOL):
            seen.append(user.username)  # noqa: PERF401 - what was seen before the failure counts

    with pytest.raises(InternalErrorException) as caught:
        kit.run(walk if kit.kind == "sync" else async_walk)
    assert 3 == caught.value.attempts
    assert ["ann", "bob", "cat", "dan"][: len(seen)] == seen
    assert kit.kind == "sync" or 4 == len(seen)


def test_an_operation_that_does_not_page(kit: Kit) -> None:
    """A request whose operation has no pages is refused, by name."""
    request = AdminInitiateAuthRequest(user_pool_id=POOL, client_id="c", auth_flow="USER_AUTH")
    with pytest.raises(TypeError, match=r"AdminInitiateAuth is not paginated; use send\(\)"):
        kit.collect(kit.client().paginate(request))


def test_a_wrong_argument(kit: Kit) -> None:
    """A wrong argument is told when the walk is asked for, not at its first step."""
    from cognito_idp.errors import RequestValidationError

    with pytest.raises(RequestValidationError):
        kit.client().iter_list_users(user_pool_id="")


@pytest.mark.parametrize("saved", [None, "7"])
def test_a_token_that_comes_again_at_once(kit: Kit, saved: str | None) -> None:
    """A service that answers with the token it was asked by would never end; this is told, by operation."""
    service = Directory([], next_token=lambda _: 7)
    request = ListUsersRequest(user_pool_id=POOL, pagination_token=saved)
    with pytest.raises(PaginationError, match="ListUsers repeated a page token"):
        kit.collect(kit.client(respond=service).paginate(request))
    assert len(service.asked) <= 2


def test_items_of_a_circle(kit: Kit) -> None:
    """The items of a walk in circles end in the same error."""
    service = Directory([], next_token=lambda page: page % 5 + 1)
    with pytest.raises(PaginationError):
        kit.collect(kit.client(respond=service).iter_list_users(user_pool_id=POOL))


def walked(kit: Kit, before: int, length: int) -> int:
    """Walk a line of pages that leads into a circle, and return the number of pages until that was told."""
    service = Directory([], next_token=lambda page: page + 1 if page < before + length - 1 else before)
    with pytest.raises(PaginationError):
        kit.collect(kit.client(respond=service).paginate(LIST_USERS))
    return len(service.asked)


@pytest.mark.slow
@given(before=st.integers(1, 60), length=st.integers(1, 50))
def test_every_circle_is_found(before: int, length: int) -> None:
    """Wherever a circle begins and however long it is, it is found before it was walked thrice, and not too early."""
    with kit_of("sync") as kit:
        pages = walked(kit, before, length)
    # A circle can be told from a line only when its first token comes for the second time.
    assert before + length <= pages <= 2 * before + 3 * length + 2


@pytest.mark.parametrize("length", [2, 3, 50])
def test_a_circle_through_both_clients(kit: Kit, length: int) -> None:
    """Circles are found by either client."""
    assert walked(kit, 3, length) <= 2 * 3 + 3 * length + 2


@pytest.mark.slow
@given(number=st.integers(1, 300))
def test_no_line_is_taken_for_a_circle(number: int) -> None:
    """A walk of any length whose tokens all differ comes to its end."""
    service = Directory([[] for _ in range(number)])
    with kit_of("sync") as kit:
        assert number == len(kit.collect(kit.client(respond=service).paginate(LIST_USERS)))


def test_a_pager_goes_on_after_a_failure(kit: Kit) -> None:
    """A pager whose page failed asks for the same page again."""
    answers = [error("InternalErrorException", 500), success({"Users": [], "PaginationToken": "1"}), success()]
    client = kit.client(retry="off")
    pager = Pager(LIST_USERS, options_of(client))

    def respond(_: Any) -> Any:
        from cognito_idp._protocol.wire import HttpResponse

        answer = answers.pop(0)
        return HttpResponse(answer.status_code, (), answer.content)

    with pytest.raises(InternalErrorException):
        kit.flow(pager.next_page(), respond=respond)
    first = kit.flow(pager.next_page(), respond=respond)
    second = kit.flow(pager.next_page(), respond=respond)
    assert first is not None
    assert second is not None
    assert ("1", None) == (first.pagination_token, second.pagination_token)
    assert None is kit.flow(pager.next_page(), respond=respond)


def test_an_operation_whose_token_has_another_name(kit: Kit) -> None:
    """`ListUserPools` pages by `NextToken`, and its items are pools."""

    def respond(request: httpx.Request) -> httpx.Response:
        if "NextToken" in json.loads(request.content):
            return success({"UserPools": [{"Name": "b"}]})
        return success({"UserPools": [{"Name": "a"}], "NextToken": "next"})

    client = kit.client(respond=respond)
    assert ["a", "b"] == [pool.name for pool in kit.collect(client.iter_list_user_pools(max_results=1))]
    assert 2 == len(kit.collect(client.paginate(ListUserPoolsRequest(max_results=1))))
