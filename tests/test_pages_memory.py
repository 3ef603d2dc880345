"""The memory that a walk over many pages holds."""

from __future__ import annotations

import gc
import json
import tracemalloc

import httpx
import pytest

from cognito_idp import Client
from tests.support.kit import CREDENTIALS
from tests.support.responder import success

pytestmark = pytest.mark.slow

PAGE = 60


def peak_of_walk(users: int) -> int:
    """Walk over so many users, made page by page, and return the most bytes that were held at a time."""

    def respond(request: httpx.Request) -> httpx.Response:
        first = int(json.loads(request.content).get("PaginationToken", "0"))
        end = min(first + PAGE, users)
        if first % 3_000 == 0:
            gc.collect()  # this also empties the interpreter's store of used tuples, which grows with their number
        following = {"PaginationToken": str(end)} if end < users else {}
        return success({"Users": [{"Username": f"user {number:09}"} for number in range(first, end)], **following})

    with Client("us-east-1", credentials=CREDENTIALS, transport=httpx.MockTransport(respond)) as client:
        gc.collect()
        tracemalloc.start()
        try:
            walked = sum(1 for _ in client.iter_list_users(user_pool_id="us-east-1_a"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert users == walked
    return peak


def test_a_long_walk_holds_no_more_than_a_short_one() -> None:
    """A walk over 30,000 users, a page at a time, holds no more memory than one over 3,000, within 20 kB."""
    peak_of_walk(PAGE)  # what is imported and cached on first use is no part of either walk
    short, long = peak_of_walk(3_000), peak_of_walk(30_000)
    # 450 more page tokens that were kept would be 30 kB.
    assert long - short < 20_000
