"""`cognito-idp sign-in`: its options, and what happens to the tokens."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from .._protocol.app_client import AppClient
from .._protocol.foreign_json import parsed_json
from ..errors import ConfigError, NotAuthorizedException
from ..sign_in.machine import STARTS
from ..sign_in.signed_in import Device
from ..types import AuthFlowType, ChallengeNameType
from . import inputs
from .failures import InputError, text_of
from .files import write_private
from .inputs import agree, ask, ask_secret
from .moments import in_words
from .operations import OwnCommand
from .options import secret_text
from .query import query_of
from .settings import settings_of
from .stored import Stored, print_tokens
from .streams import err
from .walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..client import Client
    from ..sign_in.signed_in import SignedIn
    from .settings import Settings

_HELP = """Sign a user in, step by step, with every challenge.

Passwords and codes are asked for and don't show; an authenticator app is set up with a QR code. The tokens are secrets:
--store writes them to a file that only you can read, for whoami, refresh and sign-out; --show-tokens prints them;
otherwise nobody sees them."""
_TRIES: Final = 3
_WRONG: Final = "Incorrect username or password"
_FLOWS = [flow.value for flow, start in STARTS.items() if "username" in start.required]


def _kept(settings: Settings, secret: str) -> str:
    settings.secrets.add(secret)
    return secret


def _app(settings: Settings, params: dict[str, Any]) -> AppClient:
    secret = secret_text(settings, "--client-secret", params["client_secret"])
    try:
        return AppClient(params["user_pool_id"], params["client_id"], secret)
    except ConfigError as error:
        raise InputError(str(error)) from None


def _metadata(entries: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [entry.partition("=") for entry in entries]
    if not all(key and equals for key, equals, _ in pairs):
        msg = "--client-metadata: use KEY=VALUE, once per entry"
        raise InputError(msg)
    return {key: value for key, _, value in pairs} or None


def _device(settings: Settings, name: str | None) -> Device | None:
    """Return the device in the file, or None if there is no file yet."""
    if name is None or not Path(name).expanduser().exists():
        return None
    text = settings.inputs.read("--device-file", f"@{name}").text("--device-file")
    try:
        device = parsed_json(text)
        device = Device(
            key=device["DeviceKey"],
            group_key=device["DeviceGroupKey"],
            password=_kept(settings, device["DevicePassword"]),
        )
    except (ValueError, TypeError, KeyError):
        msg = "--device-file: this is not a device that sign-in wrote; choose another name, or delete it"
    else:
        return device
    raise InputError(msg)


def _invoke(context: click.Context) -> None:
    settings, params = settings_of(context), context.params
    query_of(settings)
    app = _app(settings, params)
    flow = AuthFlowType(params["flow"])
    device = _device(settings, params["device_file"])
    username = params["username"] or ask("Username")
    is_asked = params["password"] is None or (inputs.is_terminal() and params["password"] == "-")  # noqa: S105
    password = None if is_asked else secret_text(settings, "--password", params["password"])
    metadata = _metadata(params["client_metadata"])

    def attempt(client: Client) -> SignedIn:
        known = password
        if is_asked and (params["password"] or "password" in STARTS[flow].required):
            known = _kept(settings, ask_secret("Password"))
        walk = Walk(
            client=client,
            app=app,
            settings=settings,
            device=device,
            password=known,
            issuer=params["issuer"] or f"Cognito {app.pool_name}",
            metadata=metadata,
        )
        outcome = client.sign_in(
            app,
            username=username,
            password=known,
            flow=flow,
            admin=params["admin"] or not STARTS[flow].public,
            device=device,
            preferred_challenge=params["preferred_challenge"],
            client_metadata=metadata,
        )
        return walk.through(outcome)

    with settings.client() as client:
        signed_in = _with_tries(settings, partial(attempt, client), _TRIES if is_asked and inputs.is_terminal() else 1)
        _finish(client, app, settings, params, username=username, device=device, signed_in=signed_in)


def _with_tries(settings: Settings, attempt: Callable[[], SignedIn], tries: int) -> SignedIn:
    """Begin the sign-in again after a wrong password, so many times in all: the service ends what it has refused."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except NotAuthorizedException as error:
            # Other refusals have this code, too, such as that of a disabled user; another password doesn't help there.
            if not error.message.startswith(_WRONG):
                raise
            err(f"{text_of(error, settings.secrets)}\nTry again, or end it with Ctrl-C.")
    return attempt()


def _finish(
    client: Client,
    app: AppClient,
    settings: Settings,
    params: dict[str, Any],
    *,
    username: str,
    device: Device | None,
    signed_in: SignedIn,
) -> None:
    used = device if device is not None and not signed_in.device_dropped else None
    stored = Stored(
        user_pool_id=app.user_pool_id,
        client_id=app.client_id,
        username=username,
        tokens=signed_in.tokens,
        device_key=None if used is None else used.key,
    )
    if params["store"]:
        write_private(params["store"], stored.data())
    if signed_in.device_dropped:
        err("The service does not know the device any more; sign in again to have it remembered.")
    summary = _summary(params, username, signed_in)
    print_tokens(settings, signed_in.tokens, summary, shown=params["show_tokens"])
    if signed_in.new_device is not None and params["device_file"]:
        _remember(client, app, params, signed_in)
        if params["store"]:
            # The refresh token belongs to the device from now on.
            write_private(params["store"], attrs.evolve(stored, device_key=signed_in.new_device.key).data())


def _summary(params: dict[str, Any], username: str, signed_in: SignedIn) -> list[str]:
    tokens = signed_in.tokens
    names = ["access token"]
    names += ["ID token"] if tokens.id_token else []
    names += ["refresh token"] if tokens.refresh_token else []
    lines = [f"{username} is signed in: {', '.join(names)}."]
    if tokens.expires_at is not None:
        now = datetime.fromtimestamp(time.time(), UTC)
        lines.append(f"The access token ends {in_words(tokens.expires_at, now)}.")
    if params["store"]:
        lines.append(f"The tokens are in {params['store']}, which only you can read.")
    else:
        lines.append("The tokens were not kept: --store FILE keeps them, --show-tokens prints them.")
    if signed_in.new_device is not None and not params["device_file"]:
        lines.append("The pool tracks devices: --device-file FILE has this one remembered.")
    return lines


def _remember(client: Client, app: AppClient, params: dict[str, Any], signed_in: SignedIn) -> None:
    device, access_token = signed_in.new_device, signed_in.tokens.access_token
    assert device is not None  # noqa: S101 - the caller checked
    must_agree = client.remember_device(app, access_token=access_token, device=device, name=params["device_name"])
    if must_agree and agree("Remember this device, so that it may skip MFA?"):
        client.update_device_status(
            access_token=access_token, device_key=device.key, device_remembered_status="remembered"
        )
    write_private(
        params["device_file"],
        {"DeviceKey": device.key, "DeviceGroupKey": device.group_key, "DevicePassword": device.password},
    )
    err(f"The device is in {params['device_file']}, which only you can read.")


class _SignIn(OwnCommand):
    def invoke(self, ctx: click.Context) -> None:
        _invoke(ctx)


command = _SignIn(
    "sign-in",
    help=_HELP,
    params=[
        click.Option(["--user-pool-id"], required=True, metavar="ID", help="Id of the user pool."),
        click.Option(["--client-id"], required=True, metavar="ID", help="Id of the app client."),
        click.Option(["--client-secret"], metavar="-|@FILE", help="The app client's secret, if it has one."),
        click.Option(["--username"], metavar="NAME", help="The user; asked for unless given."),
        click.Option(["--password"], metavar="-|@FILE", help="The password; asked for unless given."),
        click.Option(
            ["--flow"], type=click.Choice(_FLOWS), default="USER_SRP_AUTH", show_default=True, help="How to sign in."
        ),
        click.Option(["--admin"], is_flag=True, help="Go through the admin operations, signed with AWS credentials."),
        click.Option(
            ["--preferred-challenge"],
            type=click.Choice([name.value for name in ChallengeNameType]),
            metavar="NAME",
            help="For USER_AUTH, the first factor to ask for, such as PASSWORD_SRP or EMAIL_OTP.",
        ),
        click.Option(["--device-file"], metavar="FILE", help="Have a new device remembered in this file, and use it."),
        click.Option(["--device-name"], metavar="NAME", help="What the user is to call a new device."),
        click.Option(["--issuer"], metavar="NAME", help="How an authenticator app is to label the entry."),
        click.Option(
            ["--client-metadata"], multiple=True, metavar="KEY=VALUE...", help="For the pool's Lambda triggers."
        ),
        click.Option(["--store"], metavar="FILE", help="Write the tokens to a file that only you can read."),
        click.Option(["--show-tokens"], is_flag=True, help="Print the tokens as JSON, or as --output says."),
    ],
)
