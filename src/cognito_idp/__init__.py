"""A typed client for Amazon Cognito user pools that speaks the service's protocol itself.

Every name below is loaded when it is first used: importing the package costs next to nothing, and a call loads only the
family of operations that it belongs to.
"""

from typing import TYPE_CHECKING, Any

from . import errors as _errors
from . import types as _types

if TYPE_CHECKING:
    from ._call.retry import AdaptiveRetry as AdaptiveRetry
    from ._call.retry import NoRetry as NoRetry
    from ._call.retry import StandardRetry as StandardRetry
    from ._errors import *  # noqa: F403
    from ._protocol.service_errors import *  # noqa: F403
    from ._structs.convert import from_wire as from_wire
    from ._structs.convert import to_wire as to_wire
    from ._structs.struct import EmptyResponse as EmptyResponse
    from ._structs.struct import ResponseMetadata as ResponseMetadata
    from ._transport.limits import Timeout as Timeout
    from ._version import __version__ as __version__
    from .async_client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .credentials.types import Credentials as Credentials
    from .errors import *  # noqa: F403
    from .model.exceptions import *  # noqa: F403
    from .sign_in.app_client import AppClient as AppClient
    from .sign_in.outcomes import AdminNoSrpAuth as AdminNoSrpAuth
    from .sign_in.outcomes import Challenge as Challenge
    from .sign_in.outcomes import CodeChallenge as CodeChallenge
    from .sign_in.outcomes import CustomChallenge as CustomChallenge
    from .sign_in.outcomes import Device as Device
    from .sign_in.outcomes import DevicePasswordVerifier as DevicePasswordVerifier
    from .sign_in.outcomes import DeviceSrpAuth as DeviceSrpAuth
    from .sign_in.outcomes import EmailOtp as EmailOtp
    from .sign_in.outcomes import MfaSetup as MfaSetup
    from .sign_in.outcomes import NewPasswordRequired as NewPasswordRequired
    from .sign_in.outcomes import Outcome as Outcome
    from .sign_in.outcomes import Password as Password
    from .sign_in.outcomes import PasswordSrp as PasswordSrp
    from .sign_in.outcomes import PasswordVerifier as PasswordVerifier
    from .sign_in.outcomes import SelectChallenge as SelectChallenge
    from .sign_in.outcomes import SelectMfaType as SelectMfaType
    from .sign_in.outcomes import SignedIn as SignedIn
    from .sign_in.outcomes import SmsMfa as SmsMfa
    from .sign_in.outcomes import SmsOtp as SmsOtp
    from .sign_in.outcomes import SoftwareTokenMfa as SoftwareTokenMfa
    from .sign_in.outcomes import Tokens as Tokens
    from .sign_in.outcomes import TotpSetup as TotpSetup
    from .sign_in.outcomes import UnknownChallenge as UnknownChallenge
    from .sign_in.outcomes import WebAuthn as WebAuthn
    from .sign_in.packing import ChallengeState as ChallengeState
    from .sign_in.secret_hash import secret_hash as secret_hash
    from .sign_in.srp import SrpSession as SrpSession
    from .sign_in.srp import device_verifier as device_verifier
    from .sign_in.srp import timestamp_of as timestamp_of
    from .sign_in.state import challenge_from_state as challenge_from_state
    from .sign_in.totp import totp as totp
    from .tokens.async_user_session import AsyncUserSession as AsyncUserSession
    from .tokens.async_verify import AsyncTokenVerifier as AsyncTokenVerifier
    from .tokens.claims import AccessTokenClaims as AccessTokenClaims
    from .tokens.claims import IdTokenClaims as IdTokenClaims
    from .tokens.pools import TrustedPool as TrustedPool
    from .tokens.user_session import UserSession as UserSession
    from .tokens.verify import TokenVerifier as TokenVerifier
    from .types import *  # noqa: F403
else:
    from importlib import import_module

    _HOMES = {
        "AccessTokenClaims": "tokens.claims",
        "AdaptiveRetry": "_call.retry",
        "AdminNoSrpAuth": "sign_in.outcomes",
        "AppClient": "sign_in.app_client",
        "AsyncClient": "async_client",
        "AsyncTokenVerifier": "tokens.async_verify",
        "AsyncUserSession": "tokens.async_user_session",
        "Challenge": "sign_in.outcomes",
        "ChallengeState": "sign_in.packing",
        "Client": "client",
        "CodeChallenge": "sign_in.outcomes",
        "Credentials": "credentials.types",
        "CustomChallenge": "sign_in.outcomes",
        "Device": "sign_in.outcomes",
        "DevicePasswordVerifier": "sign_in.outcomes",
        "DeviceSrpAuth": "sign_in.outcomes",
        "EmailOtp": "sign_in.outcomes",
        "EmptyResponse": "_structs.struct",
        "IdTokenClaims": "tokens.claims",
        "MfaSetup": "sign_in.outcomes",
        "NewPasswordRequired": "sign_in.outcomes",
        "NoRetry": "_call.retry",
        "Outcome": "sign_in.outcomes",
        "Password": "sign_in.outcomes",
        "PasswordSrp": "sign_in.outcomes",
        "PasswordVerifier": "sign_in.outcomes",
        "ResponseMetadata": "_structs.struct",
        "SelectChallenge": "sign_in.outcomes",
        "SelectMfaType": "sign_in.outcomes",
        "SignedIn": "sign_in.outcomes",
        "SmsMfa": "sign_in.outcomes",
        "SmsOtp": "sign_in.outcomes",
        "SoftwareTokenMfa": "sign_in.outcomes",
        "SrpSession": "sign_in.srp",
        "StandardRetry": "_call.retry",
        "Timeout": "_transport.limits",
        "TokenVerifier": "tokens.verify",
        "Tokens": "sign_in.outcomes",
        "TotpSetup": "sign_in.outcomes",
        "TrustedPool": "tokens.pools",
        "UnknownChallenge": "sign_in.outcomes",
        "UserSession": "tokens.user_session",
        "WebAuthn": "sign_in.outcomes",
        "__version__": "_version",
        "challenge_from_state": "sign_in.state",
        "device_verifier": "sign_in.srp",
        "from_wire": "_structs.convert",
        "secret_hash": "sign_in.secret_hash",
        "timestamp_of": "sign_in.srp",
        "to_wire": "_structs.convert",
        "totp": "sign_in.totp",
    }

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        elif name in _errors.__all__:
            found = getattr(_errors, name)
        elif name in _types.__all__:
            found = getattr(_types, name)
        else:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg, name=name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "AccessTokenClaims",
    "AdaptiveRetry",
    "AdminNoSrpAuth",
    "AppClient",
    "AsyncClient",
    "AsyncTokenVerifier",
    "AsyncUserSession",
    "Challenge",
    "ChallengeState",
    "Client",
    "CodeChallenge",
    "Credentials",
    "CustomChallenge",
    "Device",
    "DevicePasswordVerifier",
    "DeviceSrpAuth",
    "EmailOtp",
    "EmptyResponse",
    "IdTokenClaims",
    "MfaSetup",
    "NewPasswordRequired",
    "NoRetry",
    "Outcome",
    "Password",
    "PasswordSrp",
    "PasswordVerifier",
    "ResponseMetadata",
    "SelectChallenge",
    "SelectMfaType",
    "SignedIn",
    "SmsMfa",
    "SmsOtp",
    "SoftwareTokenMfa",
    "SrpSession",
    "StandardRetry",
    "Timeout",
    "TokenVerifier",
    "Tokens",
    "TotpSetup",
    "TrustedPool",
    "UnknownChallenge",
    "UserSession",
    "WebAuthn",
    "__version__",
    "challenge_from_state",
    "device_verifier",
    "from_wire",
    "secret_hash",
    "timestamp_of",
    "to_wire",
    "totp",
]
__all__ += _errors.__all__
__all__ += _types.__all__
