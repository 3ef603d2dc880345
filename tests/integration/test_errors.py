"""What the server refuses arrives as the exception of its error code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs
import boto3
import pytest

from cognito_idp import (
    AccessDeniedException,
    AsyncClient,
    AttributeType,
    AuthFlowType,
    Client,
    CodeMismatchException,
    Credentials,
    InvalidParameterException,
    InvalidPasswordException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    NotAuthorizedException,
    ResourceNotFoundException,
    ServiceError,
    UnknownServiceError,
    UnrecognizedClientException,
    UsernameExistsException,
    UserNotFoundException,
)

from .ministack import PASSWORD, add_user, given, settings, sign_in, with_wrong_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp.testing import CognitoServer

    from .ministack import Pool

NO_POOL = "us-east-1_NoSuchOne"


def test_unknown_pool(client: Client) -> None:
    """A pool that doesn't exist gives ResourceNotFoundException with the service's message, status and request id."""
    with pytest.raises(ResourceNotFoundException, match=NO_POOL) as caught:
        client.describe_user_pool(user_pool_id=NO_POOL)
    assert ("ResourceNotFoundException", 400) == (caught.value.code, caught.value.status_code)
    assert ("DescribeUserPool", 1) == (caught.value.operation, caught.value.attempts)
    assert caught.value.request_id


@pytest.mark.anyio
async def test_unknown_pool_from_the_async_client(server: CognitoServer) -> None:
    """The async client raises the same exception."""
    async with AsyncClient(**settings(server)) as client:
        with pytest.raises(ResourceNotFoundException, match=NO_POOL) as caught:
            await client.describe_user_pool(user_pool_id=NO_POOL)
    assert ("DescribeUserPool", 400) == (caught.value.operation, caught.value.status_code)


def test_unknown_user(client: Client, pool: Pool) -> None:
    """A user that doesn't exist gives UserNotFoundException."""
    with pytest.raises(UserNotFoundException):
        client.admin_get_user(user_pool_id=pool.id, username="nobody")


def test_existing_user(client: Client, pool: Pool) -> None:
    """A username that is taken gives UsernameExistsException, by an administrator and by sign-up."""
    add_user(client, pool)
    with pytest.raises(UsernameExistsException):
        client.admin_create_user(user_pool_id=pool.id, username="mary")
    with pytest.raises(UsernameExistsException):
        client.sign_up(client_id=pool.client_id, username="mary", password=PASSWORD)


def test_wrong_password(client: Client, pool: Pool) -> None:
    """A wrong password gives NotAuthorizedException, at the first attempt, without the password in its text."""
    add_user(client, pool)
    with pytest.raises(NotAuthorizedException, match="Incorrect username or password") as caught:
        client.admin_initiate_auth(
            user_pool_id=pool.id,
            client_id=pool.client_id,
            auth_flow=AuthFlowType.ADMIN_USER_PASSWORD_AUTH,
            auth_parameters={"USERNAME": "mary", "PASSWORD": "Not-Her-Word-9"},
        )
    assert 1 == caught.value.attempts
    assert "Not-Her-Word-9" not in repr(caught.value) + str(caught.value)


def test_weak_password(client: Client, pool: Pool) -> None:
    """A password that breaks the pool's policy gives InvalidPasswordException."""
    with pytest.raises(InvalidPasswordException, match="policy"):
        client.sign_up(client_id=pool.client_id, username="mary", password="short")


def test_wrong_code(client: Client, pool: Pool) -> None:
    """A wrong confirmation code gives CodeMismatchException."""
    client.sign_up(
        client_id=pool.client_id,
        username="mary",
        password=PASSWORD,
        user_attributes=[AttributeType(name="email", value="mary@example.com")],
    )
    with pytest.raises(CodeMismatchException):
        client.confirm_sign_up(client_id=pool.client_id, username="mary", confirmation_code="000000")


@pytest.mark.slow
def test_forged_access_token(client: Client, pool: Pool) -> None:
    """An access token with another signature gives NotAuthorizedException."""
    add_user(client, pool)
    header, payload, _ = given(sign_in(client, pool).access_token).split(".")
    with pytest.raises(NotAuthorizedException):
        client.get_user(access_token=f"{header}.{payload}.AAAA")


def test_value_that_only_the_server_checks(client: Client, pool: Pool) -> None:
    """A value within the published bounds that the server refuses gives InvalidParameterException."""
    with pytest.raises(InvalidParameterException, match="domain"):
        client.set_ui_customization(user_pool_id=pool.id, css="")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_wrong_secret, InvalidSignatureException),
        (lambda good: Credentials("AKIAUNKNOWN000000000", good.secret_access_key), UnrecognizedClientException),
        (lambda good: attrs.evolve(good, session_token="not-issued-by-anyone"), UnrecognizedClientException),
    ],
    ids=["wrong secret", "unknown key", "foreign session token"],
)
def test_credentials_that_do_not_fit(
    server: CognitoServer, change: Callable[[Credentials], Credentials], expected: type[ServiceError]
) -> None:
    """Wrong credentials give the service's error for them, and the secret stays out of its text."""
    credentials = change(server.credentials)
    with (
        Client(server.region, credentials=credentials, endpoint_url=server.endpoint_url) as client,
        pytest.raises(expected) as caught,
    ):
        client.list_user_pools(max_results=1)
    assert credentials.secret_access_key not in repr(caught.value) + str(caught.value)


@pytest.mark.anyio
async def test_bad_signature_from_the_async_client(server: CognitoServer) -> None:
    """The async client's wrong secret gives InvalidSignatureException, too."""
    credentials = with_wrong_secret(server.credentials)
    async with AsyncClient(server.region, credentials=credentials, endpoint_url=server.endpoint_url) as client:
        with pytest.raises(InvalidSignatureException):
            await client.list_user_pools(max_results=1)


def test_unsigned_call_of_a_signed_operation(client: Client) -> None:
    """The server demands a signature, so what passes elsewhere in these tests was signed."""
    with pytest.raises(MissingAuthenticationTokenException):
        client.call("ListUserPools", {"MaxResults": 1}, signed=False)


def test_keys_without_permission(server: CognitoServer, keys_without_permission: Credentials) -> None:
    """Keys of a user who may do nothing give AccessDeniedException with status 403, naming the action."""
    with (
        Client(server.region, credentials=keys_without_permission, endpoint_url=server.endpoint_url) as client,
        pytest.raises(AccessDeniedException, match="cognito-idp:ListUserPools") as caught,
    ):
        client.list_user_pools(max_results=1)
    assert 403 == caught.value.status_code


def test_operation_that_the_server_lacks(client: Client, pool: Pool) -> None:
    """A code that this version doesn't know arrives as UnknownServiceError, which keeps it."""
    with pytest.raises(UnknownServiceError) as caught:
        client.get_csv_header(user_pool_id=pool.id)
    assert "InvalidAction" == caught.value.code


def test_session_token_is_signed(server: CognitoServer) -> None:
    """Temporary credentials of STS are accepted with their session token."""
    good = server.credentials
    sts = boto3.client(
        "sts",
        region_name=server.region,
        endpoint_url=server.endpoint_url,
        aws_access_key_id=good.access_key_id,
        aws_secret_access_key=good.secret_access_key,
    )
    issued = sts.get_session_token()["Credentials"]
    sts.close()
    temporary = Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    with Client(server.region, credentials=temporary, endpoint_url=server.endpoint_url) as client:
        assert 200 == given(client.list_user_pools(max_results=1).metadata).status_code


@pytest.mark.parametrize("seconds", [-3600, 3600], ids=["slow", "fast"])
def test_wrong_clock_is_corrected(server: CognitoServer, seconds: int) -> None:
    """A client whose clock is an hour off is refused once, then signs by the server's clock."""
    with Client(**settings(server), clock=lambda: time.time() + seconds) as client:
        first, second = client.list_user_pools(max_results=1), client.list_user_pools(max_results=1)
    assert (2, 1) == (given(first.metadata).attempts, given(second.metadata).attempts)


@pytest.fixture
def keys_without_permission(server: CognitoServer) -> Iterator[Credentials]:
    """Keys of an IAM user that no policy allows anything."""
    iam = boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=server.endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    iam.delete_access_key(UserName="nobody", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="nobody")
    iam.close()
