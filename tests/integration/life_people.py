"""The people's part of a pool's life: users, groups, sign-up, sign-in, MFA, and what the pool remembers of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import (
    AttributeType,
    DeliveryMediumType,
    EventType,
    FeedbackValueType,
    NotAuthorizedException,
    PasswordResetRequiredException,
    ProviderUserIdentifierType,
    SoftwareTokenMfaSettingsType,
    UserNotFoundException,
    UserPoolAddOnsType,
    UserStatusType,
    VerifySoftwareTokenResponseType,
)

from .ministack import ALL_FLOWS, NEW_PASSWORD, PASSWORD, Pool, given, mailed_code, sign_in, totp

if TYPE_CHECKING:
    from cognito_idp import Client
    from cognito_idp.testing import CognitoServer


def live_people(client: Client, server: CognitoServer, pool_id: str) -> None:
    """Bring people into a pool, let them do all they can, and take them away again."""
    app = given(
        client.create_user_pool_client(
            user_pool_id=pool_id, client_name="web", explicit_auth_flows=ALL_FLOWS
        ).user_pool_client
    )
    pool = Pool(pool_id, "", given(app.client_id))
    _users(client, pool)
    _groups(client, pool)
    _linked_users(client, pool)
    _tokens(client, pool)
    _sign_up(client, server, pool)
    _profile(client, pool)
    _mfa(client, pool)
    _events(client, pool)
    client.admin_delete_user(user_pool_id=pool_id, username="mary")


def _users(client: Client, pool: Pool) -> None:
    client.admin_create_user(
        user_pool_id=pool.id,
        username="mary",
        temporary_password=PASSWORD,
        user_attributes=[AttributeType(name="email", value="mary@example.com")],
    )
    challenge = client.admin_initiate_auth(
        user_pool_id=pool.id,
        client_id=pool.client_id,
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "mary", "PASSWORD": PASSWORD},
    )
    client.admin_respond_to_auth_challenge(
        user_pool_id=pool.id,
        client_id=pool.client_id,
        challenge_name=given(challenge.challenge_name),
        session=challenge.session,
        challenge_responses={"USERNAME": "mary", "NEW_PASSWORD": NEW_PASSWORD},
    )
    client.admin_update_user_attributes(
        user_pool_id=pool.id,
        username="mary",
        user_attributes=[AttributeType(name="custom:badge", value="7"), AttributeType(name="nickname", value="")],
    )
    mary = client.admin_get_user(user_pool_id=pool.id, username="mary")

    assert UserStatusType.CONFIRMED == mary.user_status
    assert {"custom:badge": "7", "nickname": "", "email": "mary@example.com"}.items() <= _values(
        mary.user_attributes
    ).items()

    client.admin_disable_user(user_pool_id=pool.id, username="mary")
    with pytest.raises(NotAuthorizedException, match="disabled"):
        sign_in(client, pool, password=NEW_PASSWORD)
    client.admin_enable_user(user_pool_id=pool.id, username="mary")
    client.admin_reset_user_password(user_pool_id=pool.id, username="mary")
    with pytest.raises(PasswordResetRequiredException):
        sign_in(client, pool, password=NEW_PASSWORD)
    client.admin_set_user_password(user_pool_id=pool.id, username="mary", password=PASSWORD, permanent=True)

    assert ["mary"] == [user.username for user in client.iter_list_users(user_pool_id=pool.id)]


def _groups(client: Client, pool: Pool) -> None:
    client.create_group(user_pool_id=pool.id, group_name="editors", description="Who may write", precedence=0)
    client.admin_add_user_to_group(user_pool_id=pool.id, group_name="editors", username="mary")
    group = given(client.get_group(user_pool_id=pool.id, group_name="editors").group)
    of_mary = list(client.iter_admin_list_groups_for_user(user_pool_id=pool.id, username="mary"))
    members = list(client.iter_list_users_in_group(user_pool_id=pool.id, group_name="editors"))
    client.admin_remove_user_from_group(user_pool_id=pool.id, group_name="editors", username="mary")
    nobody = list(client.iter_list_users_in_group(user_pool_id=pool.id, group_name="editors"))
    listed = list(client.iter_list_groups(user_pool_id=pool.id, limit=1))
    client.delete_group(user_pool_id=pool.id, group_name="editors")

    assert ("Who may write", 0) == (group.description, group.precedence)
    assert [group] == of_mary
    assert group in listed
    assert ["mary"] == [user.username for user in members]
    assert [] == nobody
    assert "editors" not in [left.group_name for left in client.iter_list_groups(user_pool_id=pool.id)]


def _linked_users(client: Client, pool: Pool) -> None:
    client.create_identity_provider(
        user_pool_id=pool.id,
        provider_name="Partner",
        provider_type="OIDC",
        provider_details={"client_id": "abc", "oidc_issuer": "https://login.example.com"},
    )
    stranger = ProviderUserIdentifierType(
        provider_name="Partner", provider_attribute_name="Cognito_Subject", provider_attribute_value="42"
    )
    client.admin_link_provider_for_user(
        user_pool_id=pool.id,
        destination_user=ProviderUserIdentifierType(provider_name="Cognito", provider_attribute_value="mary"),
        source_user=stranger,
    )
    linked = client.admin_get_user(user_pool_id=pool.id, username="mary")
    client.admin_disable_provider_for_user(user_pool_id=pool.id, user=stranger)
    unlinked = client.admin_get_user(user_pool_id=pool.id, username="mary")

    assert '"userId": "42"' in _values(linked.user_attributes)["identities"]
    assert "identities" not in _values(unlinked.user_attributes)


def _tokens(client: Client, pool: Pool) -> None:
    client.admin_set_user_password(user_pool_id=pool.id, username="mary", password=NEW_PASSWORD, permanent=False)
    challenge = client.initiate_auth(
        client_id=pool.client_id,
        auth_flow="USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "mary", "PASSWORD": NEW_PASSWORD},
    )
    answered = client.respond_to_auth_challenge(
        client_id=pool.client_id,
        challenge_name=given(challenge.challenge_name),
        session=challenge.session,
        challenge_responses={"USERNAME": "mary", "NEW_PASSWORD": PASSWORD},
    )
    refresh_token = given(given(answered.authentication_result).refresh_token)
    refreshed = client.get_tokens_from_refresh_token(refresh_token=refresh_token, client_id=pool.client_id)
    access_token = given(given(refreshed.authentication_result).access_token)

    assert "mary" == client.get_user(access_token=access_token).username

    client.revoke_token(token=refresh_token, client_id=pool.client_id)
    with pytest.raises(NotAuthorizedException, match="revoked"):
        client.get_tokens_from_refresh_token(refresh_token=refresh_token, client_id=pool.client_id)
    first, second = sign_in(client, pool), sign_in(client, pool)
    client.global_sign_out(access_token=given(first.access_token))
    with pytest.raises(NotAuthorizedException, match="revoked"):
        client.get_user(access_token=given(second.access_token))
    third = sign_in(client, pool)
    client.admin_user_global_sign_out(user_pool_id=pool.id, username="mary")
    with pytest.raises(NotAuthorizedException, match="revoked"):
        client.get_user(access_token=given(third.access_token))


def _sign_up(client: Client, server: CognitoServer, pool: Pool) -> None:
    address = f"john@{pool.client_id}.example.com"
    made = client.sign_up(
        client_id=pool.client_id,
        username="john",
        password=PASSWORD,
        user_attributes=[AttributeType(name="email", value=address)],
    )
    resent = client.resend_confirmation_code(client_id=pool.client_id, username="john")
    client.confirm_sign_up(client_id=pool.client_id, username="john", confirmation_code=mailed_code(server, address))
    client.forgot_password(client_id=pool.client_id, username="john")
    client.confirm_forgot_password(
        client_id=pool.client_id,
        username="john",
        confirmation_code=mailed_code(server, address),
        password=NEW_PASSWORD,
    )
    john = client.get_user(access_token=given(sign_in(client, pool, "john", NEW_PASSWORD).access_token))

    assert False is made.user_confirmed
    assert made.user_sub == _values(john.user_attributes)["sub"]
    assert DeliveryMediumType.EMAIL == given(resent.code_delivery_details).delivery_medium

    client.sign_up(client_id=pool.client_id, username="anna", password=PASSWORD)
    client.admin_confirm_sign_up(user_pool_id=pool.id, username="anna")
    client.delete_user(access_token=given(sign_in(client, pool, "anna").access_token))
    with pytest.raises(UserNotFoundException):
        client.admin_get_user(user_pool_id=pool.id, username="anna")


def _profile(client: Client, pool: Pool) -> None:
    access_token = given(sign_in(client, pool).access_token)
    client.update_user_attributes(
        access_token=access_token, user_attributes=[AttributeType(name="name", value="Mary Ångström")]
    )
    client.change_password(access_token=access_token, previous_password=PASSWORD, proposed_password=NEW_PASSWORD)
    mary = client.get_user(access_token=given(sign_in(client, pool, password=NEW_PASSWORD).access_token))
    client.admin_set_user_password(user_pool_id=pool.id, username="mary", password=PASSWORD, permanent=True)

    assert "Mary Ångström" == _values(mary.user_attributes)["name"]


def _mfa(client: Client, pool: Pool) -> None:
    access_token = given(sign_in(client, pool).access_token)
    secret = given(client.associate_software_token(access_token=access_token).secret_code)
    verified = client.verify_software_token(access_token=access_token, user_code=totp(secret))
    client.set_user_mfa_preference(
        access_token=access_token,
        software_token_mfa_settings=SoftwareTokenMfaSettingsType(enabled=True, preferred_mfa=True),
    )
    mary = client.get_user(access_token=access_token)
    client.admin_set_user_mfa_preference(
        user_pool_id=pool.id, username="mary", software_token_mfa_settings=SoftwareTokenMfaSettingsType(enabled=False)
    )

    assert VerifySoftwareTokenResponseType.SUCCESS == verified.status
    assert ("SOFTWARE_TOKEN_MFA",) == mary.user_mfa_setting_list
    assert "SOFTWARE_TOKEN_MFA" == mary.preferred_mfa_setting
    assert () == client.get_user(access_token=access_token).user_mfa_setting_list


def _events(client: Client, pool: Pool) -> None:
    client.update_user_pool(
        user_pool_id=pool.id,
        user_pool_tier="PLUS",
        user_pool_add_ons=UserPoolAddOnsType(advanced_security_mode="AUDIT"),
    )
    for _ in range(3):
        sign_in(client, pool)
    events = list(client.iter_admin_list_user_auth_events(user_pool_id=pool.id, username="mary", max_results=1))
    event_id = given(events[0].event_id)
    client.admin_update_auth_event_feedback(
        user_pool_id=pool.id, username="mary", event_id=event_id, feedback_value="Valid"
    )
    with pytest.raises(NotAuthorizedException):
        client.update_auth_event_feedback(
            user_pool_id=pool.id,
            username="mary",
            event_id=event_id,
            feedback_token="not one of the server's",
            feedback_value="Invalid",
        )
    judged = given(client.admin_list_user_auth_events(user_pool_id=pool.id, username="mary").auth_events)[0]

    assert 3 == len(events)
    assert EventType.SIGN_IN == events[0].event_type
    assert event_id == judged.event_id
    assert FeedbackValueType.VALID == given(judged.event_feedback).feedback_value


def _values(attributes: tuple[AttributeType, ...] | None) -> dict[str, str]:
    return {attribute.name: attribute.value or "" for attribute in attributes or ()}
