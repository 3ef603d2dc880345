"""Attributes, filters, app clients with a secret and updates, against the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from cognito_idp import (
    AppClient,
    NotAuthorizedException,
    PasswordPolicyType,
    attributes_of,
    updated,
    user_filter,
)
from cognito_idp._updates import differences

from .ministack import NEW_PASSWORD, PASSWORD, given

if TYPE_CHECKING:
    from cognito_idp import Client, UserPoolClientType

    from .ministack import Pool

PEOPLE = {"email": "mary@example.com", "given_name": "Mary", "phone_number": "+491234567"}


def test_attributes_there_and_back(client: Client, pool: Pool) -> None:
    """What is given as a mapping comes back as a dict."""
    created = client.admin_create_user(
        user_pool_id=pool.id, username="mary", user_attributes=PEOPLE, message_action="SUPPRESS"
    )
    assert PEOPLE.items() <= attributes_of(created).items()
    client.admin_update_user_attributes(user_pool_id=pool.id, username="mary", user_attributes={"given_name": "Maria"})
    user = client.admin_get_user(user_pool_id=pool.id, username="mary")
    assert (PEOPLE | {"given_name": "Maria"}).items() <= attributes_of(user).items()
    (listed,) = client.iter_list_users(user_pool_id=pool.id)
    assert attributes_of(user) == attributes_of(listed)


def test_filters_find_users(client: Client, pool: Pool) -> None:
    """A filter finds who has the value, or the beginning of it."""
    for name, phone in (("mary", "+491"), ("ada", "+441"), ("emmy", "+492")):
        attributes = {"email": f"{name}@example.com", "phone_number": phone}
        client.admin_create_user(
            user_pool_id=pool.id, username=name, user_attributes=attributes, message_action="SUPPRESS"
        )

    def found(filter_: str) -> set[str | None]:
        return {user.username for user in client.iter_list_users(user_pool_id=pool.id, filter=filter_)}

    assert {"mary"} == found(user_filter("email", "mary@example.com"))
    assert {"mary", "emmy"} == found(user_filter("phone_number", starts_with="+49"))
    assert set() == found(user_filter("email", "nobody@example.com"))


def test_sign_up_by_a_client_with_a_secret(client: Client, pool: Pool) -> None:
    """The app client proves its secret in each step; without the proof the server refuses."""
    made = given(
        client.create_user_pool_client(
            user_pool_id=pool.id,
            client_name="with a secret",
            generate_secret=True,
            explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ).user_pool_client
    )
    app = AppClient(pool.id, given(made.client_id), made.client_secret)
    with pytest.raises(NotAuthorizedException):
        client.sign_up(client_id=app.client_id, username="mary", password=PASSWORD)
    client.sign_up(client_id=app, username="mary", password=PASSWORD, user_attributes=PEOPLE)
    client.admin_confirm_sign_up(user_pool_id=pool.id, username="mary")
    parameters = {"USERNAME": "mary", "PASSWORD": PASSWORD}
    signed_in = client.initiate_auth(client_id=app, auth_flow="USER_PASSWORD_AUTH", auth_parameters=parameters)
    tokens = given(signed_in.authentication_result)
    client.change_password(
        access_token=given(tokens.access_token), previous_password=PASSWORD, proposed_password=NEW_PASSWORD
    )
    client.get_tokens_from_refresh_token(client_id=app, refresh_token=given(tokens.refresh_token))
    client.revoke_token(client_id=app, token=given(tokens.refresh_token))


def test_a_pools_update_changes_one_thing(client: Client, pool: Pool) -> None:
    """Describe, update, describe: the two descriptions differ in the change alone."""
    full = updated(
        given(client.describe_user_pool(user_pool_id=pool.id).user_pool),
        user_pool_tags={"team": "people"},
        auto_verified_attributes=["email"],
        email_verification_subject="Your code",
    )
    client.send(full)
    before = given(client.describe_user_pool(user_pool_id=pool.id).user_pool)
    client.send(updated(before, deletion_protection="ACTIVE"))
    after = given(client.describe_user_pool(user_pool_id=pool.id).user_pool)
    expected = {"deletion_protection", "last_modified_date"}
    assert "deletion_protection" in {difference.path for difference in differences(before, after)} <= expected
    client.send(updated(after, deletion_protection="INACTIVE"))


def test_a_part_of_a_setting(client: Client, pool: Pool) -> None:
    """With `attrs.evolve`, one rule of the password policy changes, once what is mended was."""
    client.send(updated(given(client.describe_user_pool(user_pool_id=pool.id).user_pool)))
    before = given(client.describe_user_pool(user_pool_id=pool.id).user_pool)
    policies = given(before.policies)
    policy = attrs.evolve(given(policies.password_policy), minimum_length=14)
    client.send(updated(before, policies=attrs.evolve(policies, password_policy=policy)))
    after = given(client.describe_user_pool(user_pool_id=pool.id).user_pool)
    paths = {difference.path for difference in differences(before, after)} - {"last_modified_date"}
    assert {"policies.password_policy.minimum_length"} == paths
    assert isinstance(given(after.policies).password_policy, PasswordPolicyType)


def test_an_app_clients_update_changes_one_thing(client: Client, pool: Pool) -> None:
    """The same holds for an app client."""
    made = given(
        client.create_user_pool_client(
            user_pool_id=pool.id,
            client_name="web",
            callback_urls=["https://example.com"],
            explicit_auth_flows=["ALLOW_USER_SRP_AUTH"],
            refresh_token_validity=5,
        ).user_pool_client
    )

    def describe() -> UserPoolClientType:
        described = client.describe_user_pool_client(user_pool_id=pool.id, client_id=given(made.client_id))
        return given(described.user_pool_client)

    before = describe()
    client.send(updated(before, client_name="web app"))
    paths = {difference.path for difference in differences(before, describe())}
    assert "client_name" in paths <= {"client_name", "last_modified_date"}
