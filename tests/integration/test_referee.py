"""boto3 and our client at the same server: the same calls succeed, the same members arrive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from cognito_idp import (
    AdminCreateUserRequest,
    AdminGetUserRequest,
    AdminInitiateAuthRequest,
    AdminListGroupsForUserRequest,
    AdminListUserAuthEventsRequest,
    Client,
    DescribeIdentityProviderRequest,
    DescribeResourceServerRequest,
    DescribeUserPoolClientRequest,
    DescribeUserPoolDomainRequest,
    DescribeUserPoolRequest,
    GetGroupRequest,
    GetUICustomizationRequest,
    GetUserPoolMfaConfigRequest,
    GetUserRequest,
    ListGroupsRequest,
    ListIdentityProvidersRequest,
    ListResourceServersRequest,
    ListTagsForResourceRequest,
    ListUserPoolClientsRequest,
    ListUserPoolsRequest,
    ListUsersInGroupRequest,
    ListUsersRequest,
    ResourceServerScopeType,
    ServiceError,
    SoftwareTokenMfaConfigType,
    UserPoolAddOnsType,
    to_wire,
)
from cognito_idp._transport.httpx_default import RoutedTransport

from .ministack import PASSWORD, add_user, as_wire, given, settings, sign_in, through_boto

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from botocore.awsrequest import AWSPreparedRequest

    from cognito_idp._structs.struct import Request
    from cognito_idp.testing import CognitoServer

    from .ministack import Pool


@pytest.fixture
def boto(server: CognitoServer) -> Iterator[Any]:
    """boto3's client with the keys that ours has."""
    boto = boto3.client(
        "cognito-idp",
        region_name=server.region,
        endpoint_url=server.endpoint_url,
        aws_access_key_id=server.credentials.access_key_id,
        aws_secret_access_key=server.credentials.secret_access_key,
    )
    yield boto
    boto.close()


class _Keeping(RoutedTransport):
    """The default transport, which keeps the requests."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return super().handle_request(request)


def _signed_headers(authorization: str) -> set[str]:
    return set(authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";"))


def test_the_same_admin_sign_in_goes_out_and_succeeds(
    server: CognitoServer, client: Client, pool: Pool, boto: Any
) -> None:
    """The server takes AdminInitiateAuth from boto3 as from us: same path, members, target and signed headers."""
    add_user(client, pool)
    request = AdminInitiateAuthRequest(
        user_pool_id=pool.id,
        client_id=pool.client_id,
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "mary", "PASSWORD": PASSWORD},
        client_metadata={"plan": "", "city": "Zürich"},
    )
    theirs: list[AWSPreparedRequest] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> None:
        theirs.append(request)

    boto.meta.events.register("before-send.cognito-idp.AdminInitiateAuth", keep)
    answer = through_boto(boto, request)
    transport = _Keeping()
    with Client(**settings(server), transport=transport) as our_client:
        result = given(our_client.send(request).authentication_result)

    assert set(answer["AuthenticationResult"]) == set(to_wire(result))
    (sent,), (ours,) = theirs, transport.requests
    assert (sent.method, urlsplit(sent.url).path) == (ours.method, ours.url.raw_path.decode("ascii"))
    assert json.loads(sent.body) == json.loads(ours.read())
    for name in ("content-type", "x-amz-target"):
        assert _text(sent.headers[name]) == ours.headers[name]
    assert _signed_headers(_text(sent.headers["authorization"])) <= _signed_headers(ours.headers["authorization"])


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


@pytest.mark.slow
def test_tokens_are_the_same_kind_through_both(client: Client, pool: Pool, boto: Any) -> None:
    """A token that boto3 was given works through our client, and the other way round."""
    add_user(client, pool)
    answer = boto.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mary", "PASSWORD": PASSWORD},
    )
    theirs = client.get_user(access_token=answer["AuthenticationResult"]["AccessToken"])
    ours = boto.get_user(AccessToken=sign_in(client, pool).access_token)
    assert as_wire(ours) == to_wire(theirs)


@pytest.fixture
def furnished_pool(client: Client, pool: Pool) -> Pool:
    """The test's pool with something of everything in it."""
    client.update_user_pool(
        user_pool_id=pool.id,
        user_pool_tags={"team": "identity"},
        user_pool_tier="PLUS",
        user_pool_add_ons=UserPoolAddOnsType(advanced_security_mode="AUDIT"),
    )
    client.set_user_pool_mfa_config(
        user_pool_id=pool.id,
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    client.create_user_pool_domain(user_pool_id=pool.id, domain=pool.client_id.lower())
    client.set_ui_customization(user_pool_id=pool.id, css=".label-customizable {}")
    client.create_resource_server(
        user_pool_id=pool.id,
        identifier="api",
        name="API",
        scopes=[ResourceServerScopeType(scope_name="read", scope_description="Read")],
    )
    client.create_identity_provider(
        user_pool_id=pool.id, provider_name="Partner", provider_type="OIDC", provider_details={"client_id": "abc"}
    )
    client.create_group(user_pool_id=pool.id, group_name="staff")
    for username in ("mary", "john", "anna"):
        add_user(client, pool, username, email=f"{username}@example.com", name="Ångström", nickname="")
        client.admin_add_user_to_group(user_pool_id=pool.id, group_name="staff", username=username)
    return pool


@pytest.mark.slow
def test_members_are_those_that_boto3_reads(client: Client, furnished_pool: Pool, boto: Any) -> None:
    """For 20 reading operations, `to_wire` of our response equals boto3's answer, member by member."""
    pool, arn = furnished_pool.id, furnished_pool.arn
    access_token = given(sign_in(client, furnished_pool).access_token)
    requests: list[Request[Any]] = [
        AdminGetUserRequest(user_pool_id=pool, username="mary"),
        AdminListGroupsForUserRequest(user_pool_id=pool, username="mary"),
        AdminListUserAuthEventsRequest(user_pool_id=pool, username="mary"),
        DescribeIdentityProviderRequest(user_pool_id=pool, provider_name="Partner"),
        DescribeResourceServerRequest(user_pool_id=pool, identifier="api"),
        DescribeUserPoolClientRequest(user_pool_id=pool, client_id=furnished_pool.client_id),
        DescribeUserPoolDomainRequest(domain=furnished_pool.client_id.lower()),
        DescribeUserPoolRequest(user_pool_id=pool),
        GetGroupRequest(user_pool_id=pool, group_name="staff"),
        GetUICustomizationRequest(user_pool_id=pool),
        GetUserPoolMfaConfigRequest(user_pool_id=pool),
        GetUserRequest(access_token=access_token),
        ListGroupsRequest(user_pool_id=pool),
        ListIdentityProvidersRequest(user_pool_id=pool, max_results=60),
        ListResourceServersRequest(user_pool_id=pool, max_results=50),
        ListTagsForResourceRequest(resource_arn=arn),
        ListUserPoolClientsRequest(user_pool_id=pool),
        ListUserPoolsRequest(max_results=60),
        ListUsersInGroupRequest(user_pool_id=pool, group_name="staff"),
        ListUsersRequest(user_pool_id=pool, limit=2),
    ]
    expected = {request.operation.name: as_wire(through_boto(boto, request)) for request in requests}
    assert expected == {request.operation.name: to_wire(client.send(request)) for request in requests}
    assert 20 == len(expected)
    assert {} not in expected.values()


def test_errors_are_those_that_boto3_reads(client: Client, furnished_pool: Pool, boto: Any) -> None:
    """A refused call has the same code, message, status and request id header for both."""
    pool = furnished_pool.id
    requests: list[Request[Any]] = [
        DescribeUserPoolRequest(user_pool_id="us-east-1_NoSuchOne"),
        AdminGetUserRequest(user_pool_id=pool, username="nobody"),
        AdminCreateUserRequest(user_pool_id=pool, username="mary"),
        AdminCreateUserRequest(user_pool_id=pool, username="new", temporary_password="short"),
        GetUserRequest(access_token="no.such.token"),
    ]
    for request in requests:
        with pytest.raises(ClientError) as theirs:
            through_boto(boto, request)
        with pytest.raises(ServiceError) as ours:
            client.send(request)
        error, metadata = theirs.value.response["Error"], theirs.value.response["ResponseMetadata"]
        assert (error["Code"], error["Message"]) == (ours.value.code, ours.value.message)
        assert metadata["HTTPStatusCode"] == ours.value.status_code
        assert error["Code"] == type(ours.value).__name__
        assert bool(metadata.get("RequestId")) == bool(ours.value.request_id)
