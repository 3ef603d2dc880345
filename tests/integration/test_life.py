"""One life of a user pool through the sync client: everything that the server can do, by typed methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import Client

from .life_people import live_people
from .life_settings import live_settings
from .ministack import Recording, given, settings

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer

pytestmark = pytest.mark.slow


def test_a_pool_lives_through_at_least_60_operations(server: CognitoServer) -> None:
    """From a pool's creation to its end, at least 60 operations succeed with what they are documented to answer."""
    transport = Recording()
    with Client(**settings(server), transport=transport) as client:
        pool = given(client.create_user_pool(pool_name="life", auto_verified_attributes=["email"]).user_pool)
        pool_id, arn = given(pool.id), given(pool.arn)

        live_settings(client, pool_id, arn)
        live_people(client, server, pool_id)
        client.delete_user_pool(user_pool_id=pool_id)

        assert pool_id not in [listed.id for listed in client.iter_list_user_pools(max_results=60)]
    assert len(transport.succeeded) >= 60, sorted(transport.succeeded)
