"""Set-up of an authenticator app during a sign-in, and of a device after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._call.invoke import invoke
from .._errors import SignInError
from ..types import AssociateSoftwareTokenRequest, ConfirmDeviceRequest, DeviceSecretVerifierConfigType
from .outcomes import TotpSetup
from .srp import device_verifier_flow

if TYPE_CHECKING:
    from .._call.options import Options
    from .._flow.effects import Flow
    from .._protocol.redaction import Opaque
    from .outcomes import MfaSetup
    from .signed_in import Device

_SALT_BYTES = 16


def set_up_totp(challenge: MfaSetup, options: Options) -> Flow[TotpSetup]:
    """Ask the service for the shared secret of an authenticator app (AssociateSoftwareToken).

    Raises:
        SignInError: the service sent no secret.
    """
    answer = yield from invoke(AssociateSoftwareTokenRequest(session=challenge.session), options)
    if not answer.secret_code:
        msg = "the service sent no secret for an authenticator app"
        raise SignInError(msg)
    return TotpSetup(
        client_id=challenge.client_id,
        username=challenge.username,
        session=answer.session or challenge.session,
        parameters=challenge.parameters,
        available=challenge.available,
        admin=challenge.admin,
        device_dropped=challenge.device_dropped,
        secret_code=answer.secret_code,
    )


def remember_device(access_token: Opaque[str], device: Device, name: str | None, options: Options) -> Flow[bool]:
    """Send a verifier of the device's password (ConfirmDevice), and return whether the user must agree."""
    request = ConfirmDeviceRequest(
        access_token=access_token.value,
        device_key=device.key,
        device_name=name,
        device_secret_verifier_config=(yield from _verifier(device, options)),
    )
    answer = yield from invoke(request, options)
    return answer.user_confirmation_necessary is True


def _verifier(device: Device, options: Options) -> Flow[DeviceSecretVerifierConfigType]:
    salt, verifier = yield from device_verifier_flow(
        device_group_key=device.group_key,
        device_key=device.key,
        device_password=device.password,
        salt=options.token_bytes(_SALT_BYTES),
    )
    return DeviceSecretVerifierConfigType(password_verifier=verifier, salt=salt)
