"""One life of a user pool, as requests that any client can send; what a server refuses must not end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_idp import (
    AddCustomAttributesRequest,
    AdminAddUserToGroupRequest,
    AdminConfirmSignUpRequest,
    AdminCreateUserRequest,
    AdminDeleteUserAttributesRequest,
    AdminDeleteUserRequest,
    AdminDisableUserRequest,
    AdminEnableUserRequest,
    AdminGetUserRequest,
    AdminListGroupsForUserRequest,
    AdminRemoveUserFromGroupRequest,
    AdminResetUserPasswordRequest,
    AdminSetUserMFAPreferenceRequest,
    AdminSetUserPasswordRequest,
    AdminUpdateUserAttributesRequest,
    AdminUserGlobalSignOutRequest,
    ChangePasswordRequest,
    ConfirmForgotPasswordRequest,
    ConfirmSignUpRequest,
    CreateGroupRequest,
    CreateIdentityProviderRequest,
    CreateResourceServerRequest,
    CreateUserPoolClientRequest,
    CreateUserPoolDomainRequest,
    CreateUserPoolRequest,
    DeleteGroupRequest,
    DeleteIdentityProviderRequest,
    DeleteUserAttributesRequest,
    DeleteUserPoolClientRequest,
    DeleteUserPoolDomainRequest,
    DeleteUserPoolRequest,
    DeleteUserRequest,
    DescribeIdentityProviderRequest,
    DescribeResourceServerRequest,
    DescribeUserPoolClientRequest,
    DescribeUserPoolDomainRequest,
    DescribeUserPoolRequest,
    ForgotPasswordRequest,
    GetGroupRequest,
    GetTokensFromRefreshTokenRequest,
    GetUserAttributeVerificationCodeRequest,
    GetUserPoolMfaConfigRequest,
    GetUserRequest,
    GlobalSignOutRequest,
    InitiateAuthRequest,
    ListGroupsRequest,
    ListIdentityProvidersRequest,
    ListResourceServersRequest,
    ListTagsForResourceRequest,
    ListUserPoolClientsRequest,
    ListUsersInGroupRequest,
    ListUsersRequest,
    PasswordPolicyType,
    ResendConfirmationCodeRequest,
    RevokeTokenRequest,
    SchemaAttributeType,
    SetUserMFAPreferenceRequest,
    SetUserPoolMfaConfigRequest,
    SignUpRequest,
    SoftwareTokenMfaConfigType,
    SoftwareTokenMfaSettingsType,
    TagResourceRequest,
    UpdateGroupRequest,
    UpdateIdentityProviderRequest,
    UpdateUserAttributesRequest,
    UpdateUserPoolClientRequest,
    UpdateUserPoolDomainRequest,
    UpdateUserPoolRequest,
    UserPoolPolicyType,
)
from tests.integration.ministack import ALL_FLOWS, NEW_PASSWORD, PASSWORD

if TYPE_CHECKING:
    from .journal import Script

MARY = "mary@example.com"
JOHN = "john@example.com"
NOBODY = "nobody@example.com"


def life() -> Script:
    """Yield the steps of a pool's life, each with its name; take the answers."""
    policy = UserPoolPolicyType(password_policy=PasswordPolicyType(minimum_length=8, require_uppercase=True))
    made = yield (
        "CreateUserPool",
        CreateUserPoolRequest(
            pool_name="life", policies=policy, auto_verified_attributes=["email"], user_pool_tags={"team": "identity"}
        ),
    )
    pool, arn = made["UserPool"]["Id"], made["UserPool"]["Arn"]
    yield from _settings(pool, arn)
    made = yield (
        "CreateUserPoolClient",
        CreateUserPoolClientRequest(user_pool_id=pool, client_name="web", explicit_auth_flows=ALL_FLOWS),
    )
    app = made["UserPoolClient"]["ClientId"]
    yield from _apps(pool, app)
    yield from _users(pool)
    yield from _groups(pool)
    yield from _own_account(pool, app)
    yield from _sign_up(pool, app)
    yield "DeleteUserPool", DeleteUserPoolRequest(user_pool_id=pool)
    yield "DescribeUserPool of the deleted one", DescribeUserPoolRequest(user_pool_id=pool)


def _settings(pool: str, arn: str) -> Script:
    yield "UpdateUserPool", UpdateUserPoolRequest(user_pool_id=pool, auto_verified_attributes=["email"])
    badge = SchemaAttributeType(name="badge", attribute_data_type="String", mutable=True)
    yield "AddCustomAttributes", AddCustomAttributesRequest(user_pool_id=pool, custom_attributes=[badge])
    on = SoftwareTokenMfaConfigType(enabled=True)
    yield (
        "SetUserPoolMfaConfig",
        SetUserPoolMfaConfigRequest(
            user_pool_id=pool, mfa_configuration="OPTIONAL", software_token_mfa_configuration=on
        ),
    )
    yield "GetUserPoolMfaConfig", GetUserPoolMfaConfigRequest(user_pool_id=pool)
    yield "DescribeUserPool", DescribeUserPoolRequest(user_pool_id=pool)
    yield "TagResource", TagResourceRequest(resource_arn=arn, tags={"stage": "test"})
    yield "ListTagsForResource", ListTagsForResourceRequest(resource_arn=arn)
    domain = "life-of-a-pool"
    yield "CreateUserPoolDomain", CreateUserPoolDomainRequest(user_pool_id=pool, domain=domain)
    yield (
        "UpdateUserPoolDomain",
        UpdateUserPoolDomainRequest(user_pool_id=pool, domain=domain, managed_login_version=2),
    )
    yield "DescribeUserPoolDomain", DescribeUserPoolDomainRequest(domain=domain)
    yield "DeleteUserPoolDomain", DeleteUserPoolDomainRequest(user_pool_id=pool, domain=domain)
    yield (
        "CreateResourceServer",
        CreateResourceServerRequest(user_pool_id=pool, identifier="api", name="API", scopes={"read": "Read"}),
    )
    yield "DescribeResourceServer", DescribeResourceServerRequest(user_pool_id=pool, identifier="api")
    yield "ListResourceServers", ListResourceServersRequest(user_pool_id=pool, max_results=50)
    partner: dict[str, Any] = {"user_pool_id": pool, "provider_name": "Partner"}
    yield (
        "CreateIdentityProvider",
        CreateIdentityProviderRequest(**partner, provider_type="OIDC", provider_details={"client_id": "abc"}),
    )
    yield "UpdateIdentityProvider", UpdateIdentityProviderRequest(**partner, attribute_mapping={"email": "mail"})
    yield "DescribeIdentityProvider", DescribeIdentityProviderRequest(**partner)
    yield "ListIdentityProviders", ListIdentityProvidersRequest(user_pool_id=pool, max_results=60)
    yield "DeleteIdentityProvider", DeleteIdentityProviderRequest(**partner)


def _apps(pool: str, app: str) -> Script:
    yield (
        "UpdateUserPoolClient",
        UpdateUserPoolClientRequest(
            user_pool_id=pool,
            client_id=app,
            client_name="The web",
            explicit_auth_flows=ALL_FLOWS,
            refresh_token_validity=5,
        ),
    )
    yield "DescribeUserPoolClient", DescribeUserPoolClientRequest(user_pool_id=pool, client_id=app)
    other = yield (
        "CreateUserPoolClient with a secret",
        CreateUserPoolClientRequest(user_pool_id=pool, client_name="server", generate_secret=True),
    )
    yield (
        "DeleteUserPoolClient",
        DeleteUserPoolClientRequest(user_pool_id=pool, client_id=other["UserPoolClient"]["ClientId"]),
    )
    yield "ListUserPoolClients", ListUserPoolClientsRequest(user_pool_id=pool, max_results=60)


def _users(pool: str) -> Script:
    who: dict[str, Any] = {"user_pool_id": pool, "username": MARY}
    create = AdminCreateUserRequest(
        **who,
        message_action="SUPPRESS",
        user_attributes={"email": MARY, "email_verified": "true", "name": "Mary Ångström", "custom:badge": "7"},
    )
    yield "AdminCreateUser", create
    yield "AdminCreateUser again", create
    yield "AdminSetUserPassword, too short", AdminSetUserPasswordRequest(**who, password="short", permanent=True)
    yield "AdminSetUserPassword", AdminSetUserPasswordRequest(**who, password=PASSWORD, permanent=True)
    yield "AdminUpdateUserAttributes", AdminUpdateUserAttributesRequest(**who, user_attributes={"nickname": "Ωmega"})
    yield "AdminGetUser", AdminGetUserRequest(**who)
    yield "AdminDeleteUserAttributes", AdminDeleteUserAttributesRequest(**who, user_attribute_names=["nickname"])
    yield "AdminDisableUser", AdminDisableUserRequest(**who)
    yield "AdminGetUser, disabled", AdminGetUserRequest(**who)
    yield "AdminEnableUser", AdminEnableUserRequest(**who)
    yield "AdminGetUser of nobody", AdminGetUserRequest(user_pool_id=pool, username=NOBODY)
    yield "ListUsers", ListUsersRequest(user_pool_id=pool, limit=10)
    yield "ListUsers, filtered", ListUsersRequest(user_pool_id=pool, filter=f'email = "{MARY}"')


def _groups(pool: str) -> Script:
    group: dict[str, Any] = {"user_pool_id": pool, "group_name": "editors"}
    who: dict[str, Any] = {"user_pool_id": pool, "username": MARY}
    yield "CreateGroup", CreateGroupRequest(**group, description="Who may write", precedence=0)
    yield "CreateGroup again", CreateGroupRequest(**group)
    yield "UpdateGroup", UpdateGroupRequest(**group, description="Who may write here", precedence=3)
    yield "GetGroup", GetGroupRequest(**group)
    yield "ListGroups", ListGroupsRequest(user_pool_id=pool)
    yield "AdminAddUserToGroup", AdminAddUserToGroupRequest(**who, group_name="editors")
    yield "AdminListGroupsForUser", AdminListGroupsForUserRequest(**who)
    yield "ListUsersInGroup", ListUsersInGroupRequest(**group)
    yield "AdminRemoveUserFromGroup", AdminRemoveUserFromGroupRequest(**who, group_name="editors")
    yield "DeleteGroup", DeleteGroupRequest(**group)
    yield "GetGroup of the deleted one", GetGroupRequest(**group)


def _own_account(pool: str, app: str) -> Script:
    def sign_in(password: str) -> InitiateAuthRequest:
        parameters = {"USERNAME": MARY, "PASSWORD": password}
        return InitiateAuthRequest(client_id=app, auth_flow="USER_PASSWORD_AUTH", auth_parameters=parameters)

    answer = yield "InitiateAuth", sign_in(PASSWORD)
    tokens = answer["AuthenticationResult"]
    token, preference = tokens["AccessToken"], SoftwareTokenMfaSettingsType(enabled=False)
    yield "GetUser", GetUserRequest(access_token=token)
    yield "UpdateUserAttributes", UpdateUserAttributesRequest(access_token=token, user_attributes={"nickname": "M"})
    yield "DeleteUserAttributes", DeleteUserAttributesRequest(access_token=token, user_attribute_names=["nickname"])
    yield (
        "GetUserAttributeVerificationCode",
        GetUserAttributeVerificationCodeRequest(access_token=token, attribute_name="email"),
    )
    yield (
        "SetUserMFAPreference",
        SetUserMFAPreferenceRequest(access_token=token, software_token_mfa_settings=preference),
    )
    yield (
        "AdminSetUserMFAPreference",
        AdminSetUserMFAPreferenceRequest(user_pool_id=pool, username=MARY, software_token_mfa_settings=preference),
    )
    yield (
        "ChangePassword",
        ChangePasswordRequest(access_token=token, previous_password=PASSWORD, proposed_password=NEW_PASSWORD),
    )
    yield "InitiateAuth, old password", sign_in(PASSWORD)
    yield (
        "GetTokensFromRefreshToken",
        GetTokensFromRefreshTokenRequest(client_id=app, refresh_token=tokens["RefreshToken"]),
    )
    yield "GlobalSignOut", GlobalSignOutRequest(access_token=token)
    yield "GetUser, signed out", GetUserRequest(access_token=token)
    yield "RevokeToken", RevokeTokenRequest(client_id=app, token=tokens["RefreshToken"])
    yield "AdminUserGlobalSignOut", AdminUserGlobalSignOutRequest(user_pool_id=pool, username=MARY)
    yield "AdminResetUserPassword", AdminResetUserPasswordRequest(user_pool_id=pool, username=MARY)
    yield "ForgotPassword", ForgotPasswordRequest(client_id=app, username=MARY)
    yield (
        "ConfirmForgotPassword, wrong code",
        ConfirmForgotPasswordRequest(
            client_id=app, username=MARY, confirmation_code="moto-confirmation-code:0", password=PASSWORD
        ),
    )
    yield "GetUser of no token", GetUserRequest(access_token="no.such.token")


def _sign_up(pool: str, app: str) -> Script:
    yield "SignUp", SignUpRequest(client_id=app, username=JOHN, password=PASSWORD, user_attributes={"email": JOHN})
    yield "ResendConfirmationCode", ResendConfirmationCodeRequest(client_id=app, username=JOHN)
    yield "ConfirmSignUp, wrong code", ConfirmSignUpRequest(client_id=app, username=JOHN, confirmation_code="no-code")
    yield "AdminConfirmSignUp", AdminConfirmSignUpRequest(user_pool_id=pool, username=JOHN)
    answer = yield (
        "InitiateAuth, signed up",
        InitiateAuthRequest(
            client_id=app, auth_flow="USER_PASSWORD_AUTH", auth_parameters={"USERNAME": JOHN, "PASSWORD": PASSWORD}
        ),
    )
    yield "DeleteUser", DeleteUserRequest(access_token=answer["AuthenticationResult"]["AccessToken"])
    yield "AdminDeleteUser", AdminDeleteUserRequest(user_pool_id=pool, username=MARY)
    yield "AdminDeleteUser again", AdminDeleteUserRequest(user_pool_id=pool, username=MARY)
