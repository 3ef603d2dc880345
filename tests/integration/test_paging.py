"""Listing in pages against the server."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from cognito_idp import AsyncClient, ListUsersRequest

from .ministack import given, settings

if TYPE_CHECKING:
    from cognito_idp import Client
    from cognito_idp.testing import CognitoServer

    from .ministack import Pool

# More than one page of the largest size, which is 60.
USERNAMES = [f"user-{number:02}" for number in range(65)]


@pytest.fixture
def full_pool(client: Client, pool: Pool) -> Pool:
    """The test's pool with 65 users, whom the server lists in the order of their making."""
    for username in USERNAMES:
        client.admin_create_user(user_pool_id=pool.id, username=username, message_action="SUPPRESS")
    return pool


@pytest.mark.slow
def test_paging_through_users(client: Client, full_pool: Pool) -> None:
    """However large the pages are, every user comes once, in order; a page can be resumed from its token."""
    for limit in (7, 60, None):
        users = client.iter_list_users(user_pool_id=full_pool.id, limit=limit)
        assert USERNAMES == [user.username for user in users]

    request = ListUsersRequest(user_pool_id=full_pool.id, limit=20)
    pages = list(client.paginate(request))
    assert [20, 20, 20, 5] == [len(given(page.users)) for page in pages]
    assert pages[-1].pagination_token is None

    resumed = ListUsersRequest(user_pool_id=full_pool.id, limit=20, pagination_token=pages[1].pagination_token)
    rest = [user.username for page in client.paginate(resumed) for user in given(page.users)]
    assert USERNAMES[40:] == rest

    first_three = islice(client.iter_list_users(user_pool_id=full_pool.id, limit=2), 3)
    assert USERNAMES[:3] == [user.username for user in first_three]

    found = client.iter_list_users(user_pool_id=full_pool.id, limit=4, filter='username ^= "user-1"')
    assert USERNAMES[10:20] == [user.username for user in found]


@pytest.mark.slow
@pytest.mark.anyio
async def test_paging_through_users_with_the_async_client(server: CognitoServer, full_pool: Pool) -> None:
    """The async client's pages and items are the same."""
    async with AsyncClient(**settings(server)) as client:
        users = [user.username async for user in client.iter_list_users(user_pool_id=full_pool.id, limit=9)]
        pages = [
            len(given(page.users))
            async for page in client.paginate(ListUsersRequest(user_pool_id=full_pool.id, limit=60))
        ]
    assert USERNAMES == users
    assert [60, 5] == pages


@pytest.mark.slow
def test_paging_by_name(client: Client, full_pool: Pool) -> None:
    """The pages of an operation by name hold the same users, as JSON."""
    pages = client.call_pages("ListUsers", {"UserPoolId": full_pool.id, "Limit": 20})
    assert USERNAMES == [user["Username"] for page in pages for user in page["Users"]]


def test_nothing_to_list(client: Client, pool: Pool) -> None:
    """An empty list has one page and no items."""
    assert [()] == [page.users for page in client.paginate(ListUsersRequest(user_pool_id=pool.id))]
    assert [] == list(client.iter_list_groups(user_pool_id=pool.id))
