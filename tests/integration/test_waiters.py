"""Waiting against the server, which has domains and none of the other things that can be waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import AsyncClient, DomainStatusType

from .ministack import given, settings

if TYPE_CHECKING:
    from cognito_idp import Client
    from cognito_idp.testing import CognitoServer

    from .ministack import Pool


def test_a_domain(client: Client, pool: Pool) -> None:
    """A domain that was made is active, and one that was deleted is gone."""
    domain = pool.client_id.lower()
    client.create_user_pool_domain(user_pool_id=pool.id, domain=domain)
    description = given(client.wait_for("UserPoolDomainActive", domain=domain).domain_description)
    assert (domain, DomainStatusType.ACTIVE) == (description.domain, description.status)
    client.delete_user_pool_domain(user_pool_id=pool.id, domain=domain)
    assert None is given(client.wait_for("UserPoolDomainDeleted", domain=domain).domain_description).status


@pytest.mark.anyio
async def test_a_domain_with_the_async_client(server: CognitoServer, pool: Pool) -> None:
    """The async client waits for the same."""
    domain = pool.client_id.lower()
    async with AsyncClient(**settings(server)) as client:
        await client.create_user_pool_domain(user_pool_id=pool.id, domain=domain)
        description = given((await client.wait_for("UserPoolDomainActive", domain=domain)).domain_description)
        assert DomainStatusType.ACTIVE is description.status
        await client.delete_user_pool_domain(user_pool_id=pool.id, domain=domain)
        await client.wait_for("UserPoolDomainDeleted", domain=domain)
