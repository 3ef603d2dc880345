"""Sign-in: flows, challenges, devices, and the SRP and TOTP computations behind them.

Start with a client's `sign_in` and an `AppClient`. Names load on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._protocol.app_client import AppClient as AppClient
    from .._protocol.client_secret import secret_hash as secret_hash
    from .one_time_password import totp as totp
    from .outcomes import AdminNoSrpAuth as AdminNoSrpAuth
    from .outcomes import Challenge as Challenge
    from .outcomes import CodeChallenge as CodeChallenge
    from .outcomes import CustomChallenge as CustomChallenge
    from .outcomes import DevicePasswordVerifier as DevicePasswordVerifier
    from .outcomes import DeviceSrpAuth as DeviceSrpAuth
    from .outcomes import EmailOtp as EmailOtp
    from .outcomes import MfaSetup as MfaSetup
    from .outcomes import NewPasswordRequired as NewPasswordRequired
    from .outcomes import Outcome as Outcome
    from .outcomes import Password as Password
    from .outcomes import PasswordSrp as PasswordSrp
    from .outcomes import PasswordVerifier as PasswordVerifier
    from .outcomes import SelectChallenge as SelectChallenge
    from .outcomes import SelectMfaType as SelectMfaType
    from .outcomes import SmsMfa as SmsMfa
    from .outcomes import SmsOtp as SmsOtp
    from .outcomes import SoftwareTokenMfa as SoftwareTokenMfa
    from .outcomes import TotpSetup as TotpSetup
    from .outcomes import UnknownChallenge as UnknownChallenge
    from .outcomes import WebAuthn as WebAuthn
    from .packing import ChallengeState as ChallengeState
    from .signed_in import Device as Device
    from .signed_in import SignedIn as SignedIn
    from .signed_in import Tokens as Tokens
    from .srp import SrpSession as SrpSession
    from .srp import device_verifier as device_verifier
    from .srp import timestamp_of as timestamp_of
    from .state import challenge_from_state as challenge_from_state
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            ".._protocol.app_client": "AppClient",
            ".outcomes": (
                "AdminNoSrpAuth Challenge CodeChallenge CustomChallenge DevicePasswordVerifier "
                "DeviceSrpAuth EmailOtp MfaSetup NewPasswordRequired Outcome Password PasswordSrp "
                "PasswordVerifier SelectChallenge SelectMfaType SmsMfa SmsOtp SoftwareTokenMfa "
                "TotpSetup UnknownChallenge WebAuthn"
            ),
            ".packing": "ChallengeState",
            ".._protocol.client_secret": "secret_hash",
            ".signed_in": "Device SignedIn Tokens",
            ".srp": "SrpSession device_verifier timestamp_of",
            ".state": "challenge_from_state",
            ".one_time_password": "totp",
        },
    )
