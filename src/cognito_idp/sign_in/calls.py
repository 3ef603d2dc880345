"""The flows behind the clients' sign-in methods. The rest of the sign-in code loads when the first flow runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._protocol.arguments import check, instance_of
from .._protocol.redaction import Opaque

if TYPE_CHECKING:
    from .._call.options import Options
    from .._flow.effects import Flow
    from .._protocol.app_client import AppClient
    from .outcomes import Challenge, MfaSetup, Outcome, TotpSetup
    from .signed_in import Device


def sign_in_flow(
    options: Options,
    app: AppClient,
    flow: str | None,
    *,
    admin: bool,
    device: Device | None,
    arguments: Opaque[dict[str, Any]],
    extras: tuple[Any, Any, Any],
) -> Flow[Outcome]:
    """Begin a sign-in."""
    from ..types import AuthFlowType
    from .conversation import Conversation, Extras
    from .kinds import check_types

    check_types(arguments, extras, app=app, flow=flow, admin=admin, device=device)
    flow = AuthFlowType(flow or AuthFlowType.USER_SRP_AUTH)
    options, watch = in_region_of(app, options).watch_step("SignIn", str(flow))
    conversation = Conversation(
        options=options,
        app=app,
        admin=admin,
        username=arguments.value["username"] or "",
        password=Opaque(arguments.value["password"]),
        device=device,
        extras=Extras(*extras),
    )
    return (yield from watch.over(conversation.begin(flow, arguments)))


def answer_flow(
    options: Options,
    app: AppClient,
    challenge: Challenge,
    *,
    device: Device | None,
    arguments: Opaque[dict[str, Any]],
    extras: tuple[Any, Any, Any],
) -> Flow[Outcome]:
    """Answer a challenge."""
    from .conversation import Conversation, Extras
    from .kinds import check_types
    from .state import check_client

    check_types(arguments, extras, app=app, device=device)
    check_client(challenge, app)
    options, watch = in_region_of(app, options).watch_step("Respond", challenge.name)
    conversation = Conversation(
        options=options,
        app=app,
        admin=challenge.admin,
        username=challenge.username,
        password=Opaque(arguments.value["password"]),
        device=device,
        extras=Extras(*extras),
        device_dropped=challenge.device_dropped,
    )
    return (yield from watch.over(conversation.answer(challenge, arguments)))


def set_up_totp_flow(options: Options, app: AppClient, challenge: MfaSetup) -> Flow[TotpSetup]:
    """Start to set up an authenticator app."""
    from .._errors import SignInAnswerError
    from .outcomes import MfaSetup
    from .setup import set_up_totp
    from .state import check_client

    check(instance_of(MfaSetup, "an MfaSetup"), SignInAnswerError, challenge=challenge)
    check_client(challenge, app)
    return (yield from set_up_totp(challenge, in_region_of(app, options)))


def remember_device_flow(
    options: Options, app: AppClient, access_token: Opaque[str], device: Device, name: str | None
) -> Flow[bool]:
    """Ask the service to remember a device, and return whether the user must agree."""
    from .._errors import SignInAnswerError
    from .kinds import check_types
    from .setup import remember_device
    from .signed_in import Device as DeviceClass

    check(instance_of(DeviceClass, "a Device, such as SignedIn.new_device"), SignInAnswerError, device=device)
    check_types(Opaque({"access_token": access_token.value, "name": name}), (None, None, None), app=app)
    return (yield from remember_device(access_token, device, name, in_region_of(app, options)))


def in_region_of(app: AppClient, options: Options) -> Options:
    """Return options with the pool's region if the client has no region: public calls name no pool."""
    if options.region is not None or options.endpoint_url is not None:
        return options
    return options._replace(region=app.region)
