"""What each server lacks or gets wrong, as it shows: by step of the life and by sign-in, what comes instead.

Everything that is not listed must be as at Cognito. A row that a newer version of a server makes untrue fails the test.
"""

from __future__ import annotations

from typing import Final

# What the life of a pool meets at Cognito where a step is not to succeed.
REFUSED: Final = {
    "AdminCreateUser again": "UsernameExistsException",
    "AdminDeleteUser again": "UserNotFoundException",
    "AdminGetUser of nobody": "UserNotFoundException",
    "AdminSetUserPassword, too short": "InvalidPasswordException",
    "ConfirmForgotPassword, wrong code": "CodeMismatchException",
    "ConfirmSignUp, wrong code": "CodeMismatchException",
    "CreateGroup again": "GroupExistsException",
    "DescribeUserPool of the deleted one": "ResourceNotFoundException",
    "GetGroup of the deleted one": "ResourceNotFoundException",
    "GetUser of no token": "NotAuthorizedException",
    "GetUser, signed out": "NotAuthorizedException",
    "InitiateAuth, old password": "NotAuthorizedException",
}

_MOTO: Final = {
    # These operations are missing.
    **dict.fromkeys(
        (
            "DeleteUser",
            "DeleteUserAttributes",
            "GetTokensFromRefreshToken",
            "GetUserAttributeVerificationCode",
            "ListTagsForResource",
            "ResendConfirmationCode",
            "RevokeToken",
            "TagResource",
        ),
        "HTTP 500",
    ),
    "ConfirmForgotPassword, wrong code": "ExpiredCodeException",
    "ConfirmSignUp, wrong code": "ok",
}
LIFE: Final[dict[str, dict[str, str]]] = {
    "ministack": {
        # These operations are missing.
        **dict.fromkeys(
            (
                "AdminDeleteUserAttributes",
                "DeleteUserAttributes",
                "GetUserAttributeVerificationCode",
                "UpdateGroup",
            ),
            "InvalidAction",
        ),
    },
    "moto": _MOTO,
    "moto with IAM": {
        **_MOTO,
        # It takes these for operations that must be signed, and looks for the signature in vain.
        **dict.fromkeys(
            (
                "ChangePassword",
                "ConfirmForgotPassword, wrong code",
                "GlobalSignOut",
                "SetUserMFAPreference",
                "UpdateUserAttributes",
            ),
            "HTTP 500",
        ),
        "GetUser, signed out": "ok",
        "InitiateAuth, old password": "ok",
    },
    "cognito-local": {
        # These operations are missing.
        **dict.fromkeys(
            (
                "AdminResetUserPassword",
                "AdminSetUserMFAPreference",
                "AdminUserGlobalSignOut",
                "CreateIdentityProvider",
                "CreateResourceServer",
                "CreateUserPoolDomain",
                "DeleteIdentityProvider",
                "DeleteUserPoolDomain",
                "DescribeIdentityProvider",
                "DescribeResourceServer",
                "DescribeUserPoolDomain",
                "GetTokensFromRefreshToken",
                "GlobalSignOut",
                "ListIdentityProviders",
                "ListResourceServers",
                "ListTagsForResource",
                "ResendConfirmationCode",
                "TagResource",
                "UpdateIdentityProvider",
                "UpdateUserPoolDomain",
            ),
            "Unsupported",
        ),
        "AdminSetUserPassword, too short": "ok",
        "CreateGroup again": "ok",
        "GetUser of no token": "InvalidParameterException",
        "GetUser, signed out": "ok",
        "InitiateAuth, old password": "InvalidPasswordException",
    },
}

_MOTO_SIGN_INS: Final = {
    "admin SRP": "InvalidParameterException",
    "choice-based": "InvalidParameterException",
    "custom": "nothing",
    # It proves the secret with the name that the sign-in began with, even if that was an alias.
    "refresh: client secret": "NotAuthorizedException",
    # No proof of a password is checked, and only SRP's set of tokens asks for a secret hash.
    "SRP: wrong password": "tokens",
    "password: wrong client secret": "tokens",
    "admin password: wrong client secret": "tokens",
    "admin NO_SRP: wrong client secret": "tokens",
    # Only a preferred second factor is asked for, and only SRP minds that one is demanded.
    "SRP: choice": "SOFTWARE_TOKEN_MFA, tokens",
    **{
        f"{flow}: {case}": "tokens"
        for flow in ("password", "admin password", "admin NO_SRP")
        for case in ("choice", "set-up")
    },
}
_FLOWS: Final = ("password", "SRP", "admin password", "admin NO_SRP", "admin SRP")
# By name, or for all sign-ins of a flow by what stands before the colon.
SIGN_INS: Final[dict[str, dict[str, str]]] = {
    "ministack": {
        "choice-based": "InvalidParameterException",
        # It asks without triggers, too. tests/sign_in has triggers for it.
        "custom": "CUSTOM_CHALLENGE, CUSTOM_CHALLENGE, CUSTOM_CHALLENGE, NotAuthorizedException",
        # An app is the only second factor, and nobody has to have one.
        **{
            f"{flow}: {case}": outcome
            for flow in _FLOWS
            for case, outcome in {
                "SMS code": "tokens",
                "choice": "SOFTWARE_TOKEN_MFA, tokens",
                "set-up": "tokens",
            }.items()
        },
    },
    "moto": _MOTO_SIGN_INS,
    "moto with IAM": {
        **_MOTO_SIGN_INS,
        # RespondToAuthChallenge, AssociateSoftwareToken and VerifySoftwareToken are taken for signed operations.
        "password: invited": "NEW_PASSWORD_REQUIRED, HTTP 500",
        "password: SMS code": "SMS_MFA, HTTP 500",
        **{f"SRP: {case}": "HTTP 500" for case in ("right", "wrong password", "client secret", "invited")},
        **{f"SRP: {case}": "HTTP 500" for case in ("SMS code", "set-up")},
        **{f"{flow}: {case}": "HTTP 500" for flow in _FLOWS for case in ("app code", "wrong app code", "choice")},
    },
    "cognito-local": {
        "SRP": "Unsupported",
        "admin SRP": "Unsupported",
        "admin NO_SRP": "Unsupported",
        "choice-based": "Unsupported",
        "custom": "Unsupported",
        **{
            f"{flow}: {case}": outcome
            for flow in ("password", "admin password")
            for case, outcome in {
                "wrong password": "InvalidPasswordException",
                "wrong client secret": "tokens",
                "disabled": "tokens",
            }.items()
        },
        # A code by SMS needs settings that no operation makes.
        "password: SMS code": "Unsupported",
        "password: set-up": "NotAuthorizedException",
        # An administrator is never asked anything.
        **{
            f"admin password: {case}": "tokens"
            for case in ("invited", "app code", "wrong app code", "SMS code", "choice", "set-up")
        },
    },
}
