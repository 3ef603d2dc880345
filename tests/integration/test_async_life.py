"""A shorter life of a user pool through the async client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from cognito_idp import AsyncClient, AttributeType, UserStatusType

from .ministack import ALL_FLOWS, NEW_PASSWORD, PASSWORD, AsyncRecording, given, settings, totp

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer

pytestmark = pytest.mark.slow


@pytest.mark.anyio
async def test_a_pool_lives_through_the_async_client(server: CognitoServer) -> None:
    """From a pool's creation to its end, at least 25 operations succeed with what they are documented to answer."""
    transport = AsyncRecording()
    async with AsyncClient(**settings(server), transport=transport) as client:
        pool = given((await client.create_user_pool(pool_name="async life")).user_pool)
        pool_id = given(pool.id)
        await _settings(client, pool_id, given(pool.arn))
        await _people(client, pool_id)
        await client.delete_user_pool(user_pool_id=pool_id)
        assert pool_id not in [each.id async for each in client.iter_list_user_pools(max_results=60)]
    assert len(transport.succeeded) >= 25, sorted(transport.succeeded)


async def _settings(client: AsyncClient, pool_id: str, arn: str) -> None:
    await client.tag_resource(resource_arn=arn, tags={"team": "identity"})
    await client.update_user_pool(user_pool_id=pool_id, deletion_protection="INACTIVE")
    await client.set_user_pool_mfa_config(user_pool_id=pool_id, mfa_configuration="OPTIONAL")
    await client.create_resource_server(user_pool_id=pool_id, identifier="api", name="API")
    domain = pool_id.lower().replace("_", "-")
    await client.create_user_pool_domain(user_pool_id=pool_id, domain=domain)

    assert {"team": "identity"} == (await client.list_tags_for_resource(resource_arn=arn)).tags
    assert "OPTIONAL" == (await client.get_user_pool_mfa_config(user_pool_id=pool_id)).mfa_configuration
    assert ["api"] == [each.identifier async for each in client.iter_list_resource_servers(user_pool_id=pool_id)]
    assert domain == given((await client.describe_user_pool(user_pool_id=pool_id)).user_pool).domain

    await client.delete_user_pool_domain(user_pool_id=pool_id, domain=domain)
    await client.delete_resource_server(user_pool_id=pool_id, identifier="api")


async def _people(client: AsyncClient, pool_id: str) -> None:
    app = given(
        (
            await client.create_user_pool_client(user_pool_id=pool_id, client_name="web", explicit_auth_flows=ALL_FLOWS)
        ).user_pool_client
    )
    client_id = given(app.client_id)
    usernames = [f"user-{number}" for number in range(12)]
    await client.create_group(user_pool_id=pool_id, group_name="staff")

    async def join(username: str) -> None:
        await client.admin_create_user(user_pool_id=pool_id, username=username, message_action="SUPPRESS")
        await client.admin_set_user_password(user_pool_id=pool_id, username=username, password=PASSWORD, permanent=True)
        await client.admin_add_user_to_group(user_pool_id=pool_id, username=username, group_name="staff")

    async with anyio.create_task_group() as tasks:
        for username in usernames:
            tasks.start_soon(join, username)
    staff = [user.username async for user in client.iter_list_users_in_group(user_pool_id=pool_id, group_name="staff")]
    assert len(usernames) == len(staff)
    assert set(usernames) == set(staff)

    response = await client.initiate_auth(
        client_id=client_id,
        auth_flow="USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "user-0", "PASSWORD": PASSWORD},
    )
    access_token = given(given(response.authentication_result).access_token)
    secret = given((await client.associate_software_token(access_token=access_token)).secret_code)
    await client.verify_software_token(access_token=access_token, user_code=totp(secret))
    await client.update_user_attributes(
        access_token=access_token, user_attributes=[AttributeType(name="name", value="Ωmega")]
    )
    await client.change_password(access_token=access_token, previous_password=PASSWORD, proposed_password=NEW_PASSWORD)
    user = await client.get_user(access_token=access_token)
    assert "Ωmega" in [attribute.value for attribute in given(user.user_attributes)]

    await client.global_sign_out(access_token=access_token)
    await client.admin_disable_user(user_pool_id=pool_id, username="user-0")
    found = await client.admin_get_user(user_pool_id=pool_id, username="user-0")
    assert (False, UserStatusType.CONFIRMED) == (found.enabled, found.user_status)
    await client.admin_delete_user(user_pool_id=pool_id, username="user-0")
