"""The generator's own tables: what the service model does not say. An entry that nothing uses is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sign_in": (
        "Beginning a sign-in.",
        ("AdminInitiateAuth", "InitiateAuth"),
    ),
    "challenges": (
        "Answering the challenges of a sign-in.",
        ("AdminRespondToAuthChallenge", "RespondToAuthChallenge"),
    ),
    "tokens": (
        "Tokens after the sign-in: refresh, exchange, revoke.",
        (
            "AdminUserGlobalSignOut",
            "GetClientToken",
            "GetDerivedToken",
            "GetTokensFromRefreshToken",
            "GlobalSignOut",
            "RevokeToken",
        ),
    ),
    "sign_up": (
        "Users who register themselves.",
        ("AdminConfirmSignUp", "ConfirmSignUp", "ResendConfirmationCode", "SignUp"),
    ),
    "passwords": (
        "Passwords: change, forget, set, reset.",
        (
            "AdminResetUserPassword",
            "AdminSetUserPassword",
            "ChangePassword",
            "ConfirmForgotPassword",
            "ForgotPassword",
        ),
    ),
    "profile": (
        "What signed-in users do with their own profile.",
        (
            "DeleteUser",
            "DeleteUserAttributes",
            "GetUser",
            "GetUserAttributeVerificationCode",
            "UpdateUserAttributes",
            "VerifyUserAttribute",
        ),
    ),
    "mfa": (
        "Users' further factors: authenticator apps and preferences.",
        (
            "AdminDeleteSoftwareToken",
            "AdminGetUserAuthFactors",
            "AdminSetUserMFAPreference",
            "AdminSetUserSettings",
            "AssociateSoftwareToken",
            "GetUserAuthFactors",
            "SetUserMFAPreference",
            "SetUserSettings",
            "VerifySoftwareToken",
        ),
    ),
    "passkeys": (
        "Passkeys (WebAuthn credentials).",
        (
            "CompleteWebAuthnRegistration",
            "DeleteWebAuthnCredential",
            "ListWebAuthnCredentials",
            "StartWebAuthnRegistration",
        ),
    ),
    "devices": (
        "Remembered devices.",
        (
            "AdminForgetDevice",
            "AdminGetDevice",
            "AdminListDevices",
            "AdminUpdateDeviceStatus",
            "ConfirmDevice",
            "ForgetDevice",
            "GetDevice",
            "ListDevices",
            "UpdateDeviceStatus",
        ),
    ),
    "sessions": (
        "Tracked sessions, and how pools and app clients keep them.",
        (
            "AdminListUserSessions",
            "AdminRevokeUserSession",
            "GetUserPoolClientSessionConfiguration",
            "GetUserPoolSessionConfiguration",
            "ListUserSessions",
            "RevokeUserSession",
            "SetUserPoolClientSessionConfiguration",
            "SetUserPoolSessionConfiguration",
        ),
    ),
    "users": (
        "Users as an administrator sees them.",
        (
            "AdminCreateUser",
            "AdminDeleteUser",
            "AdminDeleteUserAttributes",
            "AdminDisableProviderForUser",
            "AdminDisableUser",
            "AdminEnableUser",
            "AdminGetUser",
            "AdminLinkProviderForUser",
            "AdminUpdateUserAttributes",
            "ListUsers",
        ),
    ),
    "groups": (
        "Groups and their members.",
        (
            "AdminAddUserToGroup",
            "AdminListGroupsForUser",
            "AdminRemoveUserFromGroup",
            "CreateGroup",
            "DeleteGroup",
            "GetGroup",
            "ListGroups",
            "ListUsersInGroup",
            "UpdateGroup",
        ),
    ),
    "risk": (
        "Threat protection: risk settings, recorded events and feedback on them.",
        (
            "AdminListUserAuthEvents",
            "AdminUpdateAuthEventFeedback",
            "DescribeRiskConfiguration",
            "SetRiskConfiguration",
            "UpdateAuthEventFeedback",
        ),
    ),
    "user_pools": (
        "User pools and their settings.",
        (
            "AddCustomAttributes",
            "CreateUserPool",
            "DeleteUserPool",
            "DescribeUserPool",
            "GetSigningCertificate",
            "GetUserPoolMfaConfig",
            "ListUserPools",
            "SetUserPoolMfaConfig",
            "UpdateUserPool",
        ),
    ),
    "replicas": (
        "Copies of a user pool in other regions.",
        ("CreateUserPoolReplica", "DeleteUserPoolReplica", "ListUserPoolReplicas", "UpdateUserPoolReplica"),
    ),
    "recovery": (
        "Recovery of a user pool's data to an earlier time.",
        (
            "CancelPointInTimeRecovery",
            "DescribePointInTimeRecovery",
            "InitiatePointInTimeRecovery",
            "ListPointInTimeRecoveries",
            "StartPointInTimeRecovery",
        ),
    ),
    "app_clients": (
        "App clients and their secrets.",
        (
            "AddUserPoolClientSecret",
            "CreateUserPoolClient",
            "DeleteUserPoolClient",
            "DeleteUserPoolClientSecret",
            "DescribeUserPoolClient",
            "ListUserPoolClientSecrets",
            "ListUserPoolClients",
            "UpdateUserPoolClient",
        ),
    ),
    "client_metadata": (
        "Clients that name themselves by the URL of their metadata document (CIMD): policies and stored copies.",
        (
            "CreateCIMDPolicy",
            "DeleteCIMDPolicy",
            "DescribeCIMDPolicy",
            "ListCIMDPolicies",
            "ListClientMetadataURLs",
            "UpdateCIMDPolicy",
            "UpdateClientMetadataURLState",
        ),
    ),
    "identity_providers": (
        "External identity providers.",
        (
            "CreateIdentityProvider",
            "DeleteIdentityProvider",
            "DescribeIdentityProvider",
            "GetIdentityProviderByIdentifier",
            "ListIdentityProviders",
            "UpdateIdentityProvider",
        ),
    ),
    "resource_servers": (
        "Resource servers and their scopes.",
        (
            "CreateResourceServer",
            "DeleteResourceServer",
            "DescribeResourceServer",
            "ListResourceServers",
            "UpdateResourceServer",
        ),
    ),
    "domains": (
        "Domains of the sign-in pages.",
        ("CreateUserPoolDomain", "DeleteUserPoolDomain", "DescribeUserPoolDomain", "UpdateUserPoolDomain"),
    ),
    "branding": (
        "The look of the sign-in pages, managed and classic.",
        (
            "CreateManagedLoginBranding",
            "DeleteManagedLoginBranding",
            "DescribeManagedLoginBranding",
            "DescribeManagedLoginBrandingByClient",
            "GetUICustomization",
            "SetUICustomization",
            "UpdateManagedLoginBranding",
        ),
    ),
    "terms": (
        "Terms of use and privacy policies.",
        ("CreateTerms", "DeleteTerms", "DescribeTerms", "DescribeTermsByClient", "ListTerms", "UpdateTerms"),
    ),
    "imports": (
        "Importing users from CSV files.",
        (
            "CreateUserImportJob",
            "DescribeUserImportJob",
            "GetCSVHeader",
            "ListUserImportJobs",
            "StartUserImportJob",
            "StopUserImportJob",
        ),
    ),
    "logs": (
        "Where logs are delivered.",
        ("GetLogDeliveryConfiguration", "SetLogDeliveryConfiguration"),
    ),
    "quotas": (
        "Provisioned limits of request rates.",
        ("GetProvisionedLimit", "UpdateProvisionedLimit"),
    ),
    "tags": (
        "Tags of user pools.",
        ("ListTagsForResource", "TagResource", "UntagResource"),
    ),
}

COMMON: Final = "common"
COMMON_HEADING: Final = "What several families share."

# What the families of a sign-in share stands apart: a cold start should define no more structs than it needs.
COMMON_SIGN_IN: Final = "common_sign_in"
COMMON_SIGN_IN_HEADING: Final = "What the families of a sign-in share."
SHARED: Final[Mapping[str, str]] = {COMMON: COMMON_HEADING, COMMON_SIGN_IN: COMMON_SIGN_IN_HEADING}
SHARED_IN_SIGN_IN: Final = frozenset(
    {
        "AnalyticsMetadataType",
        "AuthenticationResultType",
        "ChallengeNameType",
        "ContextDataType",
        "HttpHeader",
        "NewDeviceMetadataType",
        "UserContextDataType",
    }
)


class Pages(NamedTuple):
    """How the answers of a list operation follow on each other, by wire names."""

    input_token: str
    output_token: str
    result: str


# List operations that page, although `paginators-1.json` does not name them.
FORGOTTEN_PAGINATORS: Final[Mapping[str, Pages]] = {
    "AdminListDevices": Pages("PaginationToken", "PaginationToken", "Devices"),
    "AdminListUserSessions": Pages("NextToken", "NextToken", "Sessions"),
    "ListDevices": Pages("PaginationToken", "PaginationToken", "Devices"),
    "ListPointInTimeRecoveries": Pages("NextToken", "NextToken", "Restorations"),
    "ListTerms": Pages("NextToken", "NextToken", "Terms"),
    "ListUserImportJobs": Pages("PaginationToken", "PaginationToken", "UserImportJobs"),
    "ListUserPoolClientSecrets": Pages("NextToken", "NextToken", "ClientSecrets"),
    "ListUserPoolReplicas": Pages("NextToken", "NextToken", "UserPoolReplicas"),
    "ListUserSessions": Pages("NextToken", "NextToken", "Sessions"),
    "ListWebAuthnCredentials": Pages("NextToken", "NextToken", "Credentials"),
}


class Unsigned(NamedTuple):
    """Requests that are not signed, although the model does not say so, and the page of the documentation that does."""

    member: str | None
    """Wire name: a request that lacks this member is signed all the same. None: no request is signed."""
    source: str


# Where the model and the documentation of an operation contradict each other. Not tried against AWS.
UNSIGNED_BY_DOCUMENTATION: Final[Mapping[str, Unsigned]] = {
    "GetClientToken": Unsigned(None, "API reference, GetClientToken: it can't be authorized by IAM credentials"),
    "GetDerivedToken": Unsigned(
        "ClientId", "API reference, GetDerivedToken: IAM credentials authorize it, or the app client's id and secret"
    ),
}

# Words that the naive rule (a new word at each capital after a small letter) would cut in the wrong place.
IRREGULAR_WORDS: Final[Mapping[str, str]] = {
    "OAuth": "Oauth",
    "URLs": "Urls",
}

# Wire names whose snake-case form is no usable Python name.
RENAMED: Final[Mapping[str, str]] = {"From": "from_"}

# Shapes that hold secrets, although the model does not mark them; the values say which secret. `ClientSecretArnType` is
# not among them: it names a secret in AWS Secrets Manager, which only those may read whom an IAM policy lets.
ALSO_SENSITIVE: Final[Mapping[str, str]] = {
    "ChallengeParametersType": "the user's name, and the server's part of a password proof",
    "ConfirmationCodeType": "a one-time code that proves an email address or phone number",
    "ContextDataType": "an end user's address, headers and device data, as in UserContextDataType, which is marked",
    "DeviceSecretVerifierConfigType": "what a device's password can be guessed from",
    "Document": "a passkey's proof, or the challenge for it",
    "HttpHeader": "an end user's cookies and authorization headers",
    "PreSignedUrlType": "a URL that anyone may upload users to",
    "ProviderDetailsType": "the client secret or private key at an identity provider",
}

# Exceptions that ask the caller to slow down. `LimitExceededException` does not: it is a limit of the user or the pool.
THROTTLES: Final = frozenset({"TooManyRequestsException"})
