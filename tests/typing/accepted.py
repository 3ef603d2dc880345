"""What type checkers must accept and infer. `assert_type` is checked by mypy and pyright; nothing here is run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, NamedTuple, assert_never, assert_type

import attrs
import httpx

from cognito_idp import (
    AdminCreateUserRequest,
    AdminCreateUserResponse,
    AdminDeleteUserRequest,
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AdminNoSrpAuth,
    AppClient,
    AsyncClient,
    AsyncMachineSession,
    AttributeType,
    AuthenticationResultType,
    AuthFlowType,
    ChallengeNameType,
    Client,
    CodeChallenge,
    CognitoIdpError,
    CreateResourceServerRequest,
    CreateUserPoolClientRequest,
    Credentials,
    CustomChallenge,
    DescribeRiskConfigurationRequest,
    DescribeUserImportJobResponse,
    DescribeUserPoolDomainResponse,
    DescribeUserPoolResponse,
    DevicePasswordVerifier,
    DeviceSrpAuth,
    EmailOtp,
    EmptyResponse,
    ExplicitAuthFlowsType,
    GroupType,
    ListGroupsRequest,
    ListGroupsResponse,
    ListUserPoolReplicasResponse,
    MachineSession,
    MfaSetup,
    NewPasswordRequired,
    NotAuthorizedException,
    Outcome,
    Password,
    PasswordSrp,
    PasswordVerifier,
    RequestValidationError,
    ResponseMetadata,
    SelectChallenge,
    SelectMfaType,
    ServiceError,
    SetUICustomizationRequest,
    SignedIn,
    SignUpRequest,
    SmsMfa,
    SmsOtp,
    SoftwareTokenMfa,
    ThrottlingException,
    TokenEndpoint,
    Tokens,
    TotpSetup,
    TransportError,
    UnknownChallenge,
    UpdateGroupRequest,
    UpdateUserPoolClientRequest,
    UpdateUserPoolRequest,
    UserPoolClientType,
    UserPoolType,
    UserSession,
    UserType,
    WebAuthn,
    attributes_of,
    from_wire,
    to_wire,
    updated,
    user_filter,
)
from cognito_idp.credentials import ProviderChain
from cognito_idp.login import ManagedLogin


def sign_in() -> AdminInitiateAuthRequest:
    """A request takes plain strings for enums, any iterable for lists, and any mapping for maps."""
    return AdminInitiateAuthRequest(
        user_pool_id="p", client_id="c", auth_flow="USER_AUTH", auth_parameters={"USERNAME": "u"}
    )


def requests(names: list[str], values: Mapping[str, str]) -> None:
    """Requests, whatever kinds of collections and enums are given."""
    AdminInitiateAuthRequest(
        user_pool_id="p", client_id="c", auth_flow=AuthFlowType.USER_AUTH, client_metadata=values, session=None
    )
    attributes = (AttributeType(name=name) for name in names)
    AdminCreateUserRequest(user_pool_id="p", username="u", user_attributes=attributes, desired_delivery_mediums=names)
    SetUICustomizationRequest(user_pool_id="p", image_file=b"png")


def every_outcome(outcome: Outcome) -> str:  # noqa: PLR0911 - one return per outcome
    """The outcomes of a sign-in step are a closed union: a `match` over all of them leaves nothing."""
    match outcome:
        case SignedIn():
            assert_type(outcome.tokens, Tokens)
            return outcome.tokens.access_token
        case CodeChallenge():
            assert_type(outcome, EmailOtp | SmsMfa | SmsOtp | SoftwareTokenMfa | TotpSetup)
            return outcome.name
        case SelectChallenge(options=options) | SelectMfaType(options=options) | MfaSetup(options=options):
            return ", ".join(options)
        case NewPasswordRequired(required_attributes=names):
            return ", ".join(names)
        case Password() | PasswordSrp() | AdminNoSrpAuth() | CustomChallenge() | WebAuthn():
            return outcome.name
        case PasswordVerifier() | DeviceSrpAuth() | DevicePasswordVerifier():
            return outcome.name
        case UnknownChallenge(unknown_name=name):
            return name
    assert_never(outcome)


def people(client: Client, app: AppClient, user: UserType) -> None:
    """Attributes are taken as a mapping, and an app client in the place of its id."""
    SignUpRequest(client_id=app, username="u", user_attributes={"email": "e"}, validation_data=user.attributes)
    CreateResourceServerRequest(user_pool_id="p", identifier="i", name="n", scopes={"read": "Read"})
    DescribeRiskConfigurationRequest(user_pool_id="p", client_id=app)
    client.sign_up(client_id=app, username="u", user_attributes={"email": "e"})
    client.sign_up(client_id="c", username="u", user_attributes=[AttributeType(name="email")])
    client.describe_risk_configuration(user_pool_id="p", client_id=None)
    assert_type(SignUpRequest(client_id=app, username="u").client_id, str)
    assert_type(attributes_of(user), dict[str, str])
    assert_type(attributes_of(client.admin_get_user(user_pool_id="p", username="u")), dict[str, str])
    assert_type(attributes_of([AttributeType(name="email")]), dict[str, str])
    assert_type(user_filter("email", starts_with="m"), str)
    assert_type(AppClient.from_secret("{}"), AppClient)


def updating(client: Client, pool: UserPoolType, app_client: UserPoolClientType, group: GroupType) -> None:
    """An update is of the type that belongs to the description."""
    assert_type(updated(pool, deletion_protection="ACTIVE"), UpdateUserPoolRequest)
    assert_type(updated(app_client, client_name="web"), UpdateUserPoolClientRequest)
    assert_type(updated(group, description="d"), UpdateGroupRequest)
    client.send(updated(pool))


def sending(client: Client) -> None:
    """`send` gives the response that belongs to the request, and a method gives the same."""
    assert_type(client.send(sign_in()), AdminInitiateAuthResponse)
    assert_type(client.send(AdminCreateUserRequest(user_pool_id="p", username="u")), AdminCreateUserResponse)
    assert_type(client.send(ListGroupsRequest(user_pool_id="p")), ListGroupsResponse)
    assert_type(client.send(AdminDeleteUserRequest(user_pool_id="p", username="u")), EmptyResponse)
    assert_type(
        client.admin_initiate_auth(user_pool_id="p", client_id="c", auth_flow="USER_AUTH"), AdminInitiateAuthResponse
    )
    assert_type(client.describe_user_pool(user_pool_id="p"), DescribeUserPoolResponse)
    assert_type(client.admin_delete_user(user_pool_id="p", username="u"), EmptyResponse)
    assert_type(client.call("DescribeNews", {"Name": "x"}), dict[str, Any])
    assert_type(client.with_options(timeout=2.0, retry="off"), Client)
    assert_type(
        client.wait_for("UserImportJobSucceeded", user_pool_id="p", job_id="j", timeout=60),
        DescribeUserImportJobResponse,
    )
    assert_type(client.wait_for("UserPoolDomainActive", domain="d"), DescribeUserPoolDomainResponse)


async def sending_async(client: AsyncClient) -> None:
    """The async client gives the same, awaited."""
    assert_type(await client.send(sign_in()), AdminInitiateAuthResponse)
    assert_type(await client.send(AdminDeleteUserRequest(user_pool_id="p", username="u")), EmptyResponse)
    assert_type(
        await client.admin_initiate_auth(user_pool_id="p", client_id="c", auth_flow=AuthFlowType.USER_AUTH),
        AdminInitiateAuthResponse,
    )
    assert_type(await client.describe_user_pool(user_pool_id="p"), DescribeUserPoolResponse)
    assert_type(await client.call("DescribeNews"), dict[str, Any])
    assert_type(
        await client.wait_for("UserPoolReplicaCreated", user_pool_id="p", region_name="r"), ListUserPoolReplicasResponse
    )
    assert_type(client.with_options(timeout=None), AsyncClient)


def paging(client: Client) -> None:
    """`paginate` gives response structs, `iter_...` gives items."""
    assert_type(client.paginate(ListGroupsRequest(user_pool_id="p")), Iterator[ListGroupsResponse])
    assert_type(client.iter_list_groups(user_pool_id="p"), Iterator[GroupType])
    assert_type(client.call_pages("ListNews", {"Limit": 1}, input_token="NextToken"), Iterator[dict[str, Any]])
    for user in client.iter_list_users(user_pool_id="p", limit=60):
        assert_type(user, UserType)
        assert_type(user.username, str | None)


async def paging_async(client: AsyncClient) -> None:
    """The async client's pages and items are iterated over with `async for`."""
    assert_type(client.paginate(ListGroupsRequest(user_pool_id="p")), AsyncIterator[ListGroupsResponse])
    assert_type(client.iter_list_groups(user_pool_id="p"), AsyncIterator[GroupType])
    assert_type(client.call_pages("ListGroups", {"UserPoolId": "p"}), AsyncIterator[dict[str, Any]])
    async for page in client.paginate(ListGroupsRequest(user_pool_id="p")):
        assert_type(page.groups, tuple[GroupType, ...] | None)


def reading(response: AdminInitiateAuthResponse) -> None:
    """Members have the types that they keep: enums, tuples, mappings, structs, or None where absent."""
    assert_type(response.challenge_name, ChallengeNameType | None)
    assert_type(response.available_challenges, tuple[ChallengeNameType, ...] | None)
    assert_type(response.challenge_parameters, Mapping[str, str] | None)
    assert_type(response.authentication_result, AuthenticationResultType | None)
    assert_type(response.metadata, ResponseMetadata)
    if response.authentication_result is not None:
        assert_type(response.authentication_result.access_token, str | None)
        assert_type(response.authentication_result.expires_in, int | None)
    assert_type(response.metadata.request_id, str | None)
    assert_type(response.metadata.attempts, int)


def enums(flow: AuthFlowType) -> str:
    """An enum is a string and knows whether it is known."""
    assert_type(flow.is_known, bool)
    assert_type(AuthFlowType("SOMETHING_NEW"), AuthFlowType)
    return flow


def converting() -> None:
    """`from_wire` gives what it was asked for, `to_wire` a dict."""
    assert_type(from_wire(AdminInitiateAuthResponse, {}), AdminInitiateAuthResponse)
    assert_type(from_wire(UserType, {"Username": "u"}), UserType)
    assert_type(to_wire(sign_in()), dict[str, Any])


def changing() -> None:
    """`attrs.evolve` keeps the type, and takes what the struct takes."""
    assert_type(attrs.evolve(sign_in(), client_id="other"), AdminInitiateAuthRequest)
    assert_type(attrs.evolve(sign_in(), auth_flow="CUSTOM_AUTH"), AdminInitiateAuthRequest)


def errors(client: Client) -> None:
    """Errors have their facts, and can be caught by kind."""
    try:
        client.send(sign_in())
    except NotAuthorizedException as error:
        assert_type(error.code, str)
        assert_type(error.message, str)
        assert_type(error.status_code, int | None)
        assert_type(error.request_id, str | None)
        assert_type(error.operation, str | None)
        assert_type(error.is_throttle, bool)
    except (ThrottlingException, ServiceError) as error:
        assert_type(error.is_retryable, bool)
    except TransportError as error:
        assert_type(error.attempts, int)
    except RequestValidationError as error:
        for fault in error.faults:
            assert_type(fault.member, str)
            assert_type(fault.problem, str)
    except CognitoIdpError:
        pass


def choosing(client: Client, app: AppClient, mode: str) -> None:
    """Parameters that take an enum take its members, its known values and any other string; so do operations' names."""
    client.initiate_auth(client_id="c", auth_flow="USER_PASSWORD_AUTH")
    client.initiate_auth(client_id="c", auth_flow=mode)
    client.create_user_pool_client(
        user_pool_id="p", client_name="c", explicit_auth_flows=["ALLOW_USER_AUTH", mode, ExplicitAuthFlowsType("NEW")]
    )
    CreateUserPoolClientRequest(user_pool_id="p", client_name="c", explicit_auth_flows=(mode, "ALLOW_USER_AUTH"))
    CreateUserPoolClientRequest(user_pool_id="p", client_name="c", explicit_auth_flows=None)
    client.sign_in(app, flow=AuthFlowType.USER_AUTH, preferred_challenge=mode)
    client.call(mode, {})
    client.warm_up("InitiateAuth", mode)
    assert_type(
        CreateUserPoolClientRequest(user_pool_id="p", client_name="c").explicit_auth_flows,
        tuple[ExplicitAuthFlowsType, ...] | None,
    )


def signing_in_again(client: Client, app: AppClient, signed_in: SignedIn, result: AuthenticationResultType) -> None:
    """A session takes an outcome, its tokens, or the result in a response."""
    assert_type(UserSession(client, app, signed_in), UserSession)
    UserSession(client, app, signed_in.tokens)
    UserSession(client, app, result)


def machines(client: Client, async_client: AsyncClient, app: AppClient, mode: str) -> None:
    """A machine's session takes scopes in any form, and a token endpoint or what has one; each kind its own client."""
    session = MachineSession(client, app, scopes="a/read b/write")
    MachineSession(client, app, scopes={"a/read"}, endpoint=TokenEndpoint(app, domain="my-app"), resource="urn:a")
    MachineSession(client, app, endpoint=ManagedLogin(app, domain="my-app", redirect_uri="https://a.example/back"))
    assert_type(session.access_token(), str)
    assert_type(session.exchange("t", audience="a", subject_token_type="SAML2", requested_token_type=mode), str)
    assert_type(session.auth, httpx.Auth)
    AsyncMachineSession(async_client, app, scopes=["a/read"])


class Frozen(NamedTuple):
    """What botocore's `ReadOnlyCredentials` look like."""

    access_key: str
    secret_key: str
    token: str | None


class Renewing:
    """What botocore's `RefreshableCredentials` look like."""

    def get_frozen_credentials(self) -> Frozen:
        """Return keys."""
        return Frozen("a", "s", None)


def with_boto(keys: Frozen, renewing: Renewing) -> None:
    """`credentials=` takes botocore's objects, and functions and chains of them."""
    Client(credentials=keys)
    Client(credentials=renewing)
    Client(credentials=lambda: renewing)
    AsyncClient(credentials=ProviderChain([keys, renewing]))


async def managing(credentials: Credentials) -> None:
    """Clients are context managers that give themselves."""
    with Client("eu-west-1", credentials=credentials) as client:
        assert_type(client, Client)
    async with AsyncClient("eu-west-1", credentials=credentials, timeout=5.0) as async_client:
        assert_type(async_client, AsyncClient)
