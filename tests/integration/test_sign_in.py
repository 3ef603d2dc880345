"""Sign-ins by password, refreshes and sign-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from cognito_idp import (
    AdminInitiateAuthRequest,
    AsyncClient,
    ChallengeNameType,
    Client,
    CodeMismatchException,
    InitiateAuthRequest,
    InvalidParameterException,
    NotAuthorizedException,
    SoftwareTokenMfaConfigType,
    UserNotConfirmedException,
)

from .ministack import (
    ALL_FLOWS,
    NEW_PASSWORD,
    PASSWORD,
    Pool,
    add_user,
    claims,
    given,
    secret_hash,
    settings,
    sign_in,
    totp,
)

if TYPE_CHECKING:
    from cognito_idp import AuthenticationResultType
    from cognito_idp.testing import CognitoServer


def admin_request(pool: Pool, username: str = "mary", **more: str) -> AdminInitiateAuthRequest:
    """Return the request of an admin sign-in with the password that `add_user` gives."""
    return AdminInitiateAuthRequest(
        user_pool_id=pool.id,
        client_id=pool.client_id,
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": username, "PASSWORD": PASSWORD, **more},
    )


@pytest.fixture
def secret_pool(client: Client, pool: Pool) -> tuple[Pool, str]:
    """The test's pool seen through an app client that has a secret, and the secret."""
    app = given(
        client.create_user_pool_client(
            user_pool_id=pool.id, client_name="server", generate_secret=True, explicit_auth_flows=ALL_FLOWS
        ).user_pool_client
    )
    return attrs.evolve(pool, client_id=given(app.client_id)), given(app.client_secret)


def assert_tokens_of_mary(pool: Pool, result: AuthenticationResultType | None) -> None:
    """Check that tokens came, for mary, from the pool."""
    assert result is not None
    access, identity = claims(given(result.access_token)), claims(given(result.id_token))
    assert ("access", pool.client_id, "mary") == (access["token_use"], access["client_id"], access["username"])
    assert ("id", pool.client_id, "mary@example.com") == (identity["token_use"], identity["aud"], identity["email"])
    assert access["iss"].endswith(f"/{pool.id}")
    assert ("Bearer", 3600) == (result.token_type, result.expires_in)
    assert given(result.access_token) not in repr(result)


def test_admin_initiate_auth_gives_tokens(client: Client, pool: Pool) -> None:
    """`Client.admin_initiate_auth` with the right password gives the user's tokens."""
    add_user(client, pool, email="mary@example.com")
    response = client.admin_initiate_auth(
        user_pool_id=pool.id,
        client_id=pool.client_id,
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "mary", "PASSWORD": PASSWORD},
    )
    assert_tokens_of_mary(pool, response.authentication_result)
    assert (200, 1) == (given(response.metadata).status_code, given(response.metadata).attempts)
    assert given(response.metadata).request_id
    assert response.challenge_name is None


@pytest.mark.slow
@pytest.mark.anyio
async def test_async_admin_initiate_auth_gives_tokens(server: CognitoServer, client: Client, pool: Pool) -> None:
    """`AsyncClient.admin_initiate_auth` with the right password gives the user's tokens."""
    add_user(client, pool, email="mary@example.com")
    async with AsyncClient(**settings(server)) as async_client:
        response = await async_client.admin_initiate_auth(
            user_pool_id=pool.id,
            client_id=pool.client_id,
            auth_flow="ADMIN_USER_PASSWORD_AUTH",
            auth_parameters={"USERNAME": "mary", "PASSWORD": PASSWORD},
        )
    assert_tokens_of_mary(pool, response.authentication_result)


def test_secret_hash_is_accepted(client: Client, secret_pool: tuple[Pool, str]) -> None:
    """An app client with a secret is satisfied with the SECRET_HASH that the documentation describes."""
    pool, secret = secret_pool
    add_user(client, pool, email="mary@example.com")
    proof = secret_hash("mary", pool.client_id, secret)
    assert_tokens_of_mary(pool, client.send(admin_request(pool, SECRET_HASH=proof)).authentication_result)


@pytest.mark.anyio
async def test_secret_hash_is_accepted_from_the_async_client(
    server: CognitoServer, client: Client, secret_pool: tuple[Pool, str]
) -> None:
    """The async client's sign-in with a SECRET_HASH gives tokens."""
    pool, secret = secret_pool
    add_user(client, pool, email="mary@example.com")
    request = admin_request(pool, SECRET_HASH=secret_hash("mary", pool.client_id, secret))
    async with AsyncClient(**settings(server)) as async_client:
        response = await async_client.send(request)
    assert_tokens_of_mary(pool, response.authentication_result)


@pytest.mark.parametrize("more", [{}, {"SECRET_HASH": "AAAA"}], ids=["no hash", "wrong hash"])
def test_secret_hash_is_demanded(client: Client, secret_pool: tuple[Pool, str], more: dict[str, str]) -> None:
    """An app client with a secret refuses a sign-in whose SECRET_HASH is missing or wrong."""
    pool, _ = secret_pool
    add_user(client, pool)
    with pytest.raises(NotAuthorizedException, match=r"(?i)secret.?hash"):
        client.send(admin_request(pool, **more))


def test_initiate_auth_needs_no_credentials(server: CognitoServer, client: Client, pool: Pool) -> None:
    """A client without credentials signs a user in, reads the profile and signs the user out, all unsigned."""
    add_user(client, pool, email="mary@example.com")
    with Client(server.region, endpoint_url=server.endpoint_url) as anyone:
        result = sign_in(anyone, pool)
        access_token = given(result.access_token)
        user = anyone.get_user(access_token=access_token)
        anyone.global_sign_out(access_token=access_token)
        with pytest.raises(NotAuthorizedException, match="revoked"):
            anyone.get_user(access_token=access_token)

    assert_tokens_of_mary(pool, result)
    assert "mary" == user.username


def test_new_password_is_required_of_an_invited_user(client: Client, pool: Pool) -> None:
    """A temporary password leads to NEW_PASSWORD_REQUIRED, whose answer gives tokens and sets the password."""
    client.admin_create_user(user_pool_id=pool.id, username="mary", temporary_password=PASSWORD)
    challenge = client.send(_password_request(pool, PASSWORD))
    answered = client.respond_to_auth_challenge(
        client_id=pool.client_id,
        challenge_name=given(challenge.challenge_name),
        session=challenge.session,
        challenge_responses={"USERNAME": "mary", "NEW_PASSWORD": NEW_PASSWORD},
    )

    assert ChallengeNameType.NEW_PASSWORD_REQUIRED == challenge.challenge_name
    assert "mary" == given(challenge.challenge_parameters)["USER_ID_FOR_SRP"]
    assert challenge.authentication_result is None
    assert given(answered.authentication_result).access_token
    assert sign_in(client, pool, password=NEW_PASSWORD).access_token
    with pytest.raises(NotAuthorizedException):
        sign_in(client, pool, password=PASSWORD)


def test_totp_is_asked_for_once_it_is_set_up(client: Client, pool: Pool) -> None:
    """After a TOTP set-up the password leads to SOFTWARE_TOKEN_MFA, which takes the right code alone."""
    add_user(client, pool)
    client.set_user_pool_mfa_config(
        user_pool_id=pool.id,
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    access_token = given(sign_in(client, pool).access_token)
    associated = client.associate_software_token(access_token=access_token)
    secret = given(associated.secret_code)
    client.verify_software_token(access_token=access_token, user_code=totp(secret), friendly_device_name="phone")
    challenge = client.send(_password_request(pool, PASSWORD))

    def answer(code: str) -> AuthenticationResultType | None:
        return client.respond_to_auth_challenge(
            client_id=pool.client_id,
            challenge_name="SOFTWARE_TOKEN_MFA",
            session=challenge.session,
            challenge_responses={"USERNAME": "mary", "SOFTWARE_TOKEN_MFA_CODE": code},
        ).authentication_result

    assert ChallengeNameType.SOFTWARE_TOKEN_MFA == challenge.challenge_name
    assert secret not in repr(associated)
    assert given(answer(totp(secret))).access_token
    with pytest.raises(CodeMismatchException):
        answer("abcdef")


def test_refresh_gives_new_tokens(client: Client, pool: Pool) -> None:
    """A refresh token gives new access and id tokens by both operations, until it is revoked."""
    add_user(client, pool, email="mary@example.com")
    first = sign_in(client, pool)
    refresh_token = given(first.refresh_token)
    second = client.get_tokens_from_refresh_token(refresh_token=refresh_token, client_id=pool.client_id)
    third = client.initiate_auth(
        client_id=pool.client_id, auth_flow="REFRESH_TOKEN_AUTH", auth_parameters={"REFRESH_TOKEN": refresh_token}
    )
    client.revoke_token(token=refresh_token, client_id=pool.client_id)

    for response in (second, third):
        assert_tokens_of_mary(pool, response.authentication_result)
        assert given(response.authentication_result).refresh_token is None
        assert first.access_token != given(response.authentication_result).access_token
    with pytest.raises(NotAuthorizedException, match="revoked"):
        client.get_tokens_from_refresh_token(refresh_token=refresh_token, client_id=pool.client_id)


def test_srp_begins_with_a_password_verifier(client: Client, pool: Pool) -> None:
    """USER_SRP_AUTH is answered with PASSWORD_VERIFIER and all that the proof is computed from."""
    add_user(client, pool)
    response = client.initiate_auth(
        client_id=pool.client_id, auth_flow="USER_SRP_AUTH", auth_parameters={"USERNAME": "mary", "SRP_A": "ab" * 384}
    )
    assert ChallengeNameType.PASSWORD_VERIFIER == response.challenge_name
    assert {"SALT", "SRP_B", "SECRET_BLOCK", "USER_ID_FOR_SRP"} <= set(given(response.challenge_parameters))


def test_a_flow_that_is_not_allowed_is_refused(client: Client, pool: Pool) -> None:
    """An app client that doesn't allow a flow answers InvalidParameterException."""
    add_user(client, pool)
    client.update_user_pool_client(
        user_pool_id=pool.id, client_id=pool.client_id, explicit_auth_flows=["ALLOW_USER_SRP_AUTH"]
    )
    with pytest.raises(InvalidParameterException, match="not enabled"):
        client.send(admin_request(pool))


def test_a_user_who_is_not_confirmed_is_refused(client: Client, pool: Pool) -> None:
    """A user who signed up and confirmed nothing can't sign in."""
    client.sign_up(client_id=pool.client_id, username="mary", password=PASSWORD)
    with pytest.raises(UserNotConfirmedException):
        client.send(admin_request(pool))


def _password_request(pool: Pool, password: str) -> InitiateAuthRequest:
    return InitiateAuthRequest(
        client_id=pool.client_id,
        auth_flow="USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "mary", "PASSWORD": password},
    )
