"""Every place where credentials come from, with marks in all that it reads, and answers of every kind."""

from __future__ import annotations

import html
import json
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.credentials import (
    CachedCredentials,
    ConfigFileProvider,
    ContainerProvider,
    EnvironmentProvider,
    InstanceMetadataProvider,
    ProcessProvider,
    SharedCredentialsFileProvider,
    SsoProvider,
    WebIdentityProvider,
    default_chain,
)
from cognito_idp.errors import CognitoIdpError, ReadError
from tests.credentials.fake_aws import NOW
from tests.credentials.remote import Home, text_of

from .conftest import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cognito_idp._protocol.wire import HttpRequest
    from cognito_idp.credentials import Context
    from tests.support.kit import Kit

    from .search import Search

    Respond = Callable[[HttpRequest], HttpResponse]

KEYS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": MARKS(40), "Token": MARKS(80), "Expiration": text_of(NOW + 60)}
STS = (
    f"<Credentials><AccessKeyId>AKIDEXAMPLE</AccessKeyId><SecretAccessKey>{MARKS(40)}</SecretAccessKey>"
    f"<SessionToken>{MARKS(80)}</SessionToken><Expiration>{text_of(NOW + 60)}</Expiration></Credentials>"
)
ROLE_KEYS = {
    "accessKeyId": "AKIDEXAMPLE",
    "secretAccessKey": MARKS(40),
    "sessionToken": MARKS(80),
    "expiration": int(NOW + 60) * 1000,
}


def proper(request: HttpRequest) -> bytes:
    """Answer as the service that a request is for."""
    if request.url.endswith("/latest/api/token"):
        return MARKS(40).encode()
    if request.url.endswith("/security-credentials/"):
        return b"role"
    if "/federation/credentials" in request.url:
        return json.dumps({"roleCredentials": ROLE_KEYS}).encode()
    if request.url.endswith("/token"):
        return json.dumps({"accessToken": MARKS(40), "refreshToken": MARKS(40), "expiresIn": 3600}).encode()
    if request.body.startswith(b"Action="):
        action = request.body.partition(b"&")[0].removeprefix(b"Action=").decode()
        return f"<{action}Response><{action}Result>{STS}</{action}Result></{action}Response>".encode()
    return json.dumps({"Code": "Success", **KEYS}).encode()


def echo(request: HttpRequest) -> bytes:
    """Answer with all that was sent."""
    return json.dumps({"url": request.url, "headers": request.headers, "body": request.body.decode("latin-1")}).encode()


def quoting(form: Callable[[str], str]) -> Callable[[HttpRequest], bytes]:
    """Answer with an error whose message quotes the request in some form, in JSON or in XML as it was asked."""

    def body(request: HttpRequest) -> bytes:
        # A secret of STS's is in the body, and one of the others in a header.
        parts = [request.body.decode("latin-1"), *(value for name, value in request.headers if name != "authorization")]
        message = form(" ".join(parts))
        if request.body.startswith(b"Action="):
            code = f"<Code>SignatureDoesNotMatch</Code><Message>{html.escape(message)}</Message>"
            return f"<ErrorResponse><Error>{code}</Error></ErrorResponse>".encode()
        return json.dumps({"__type": "InvalidRequestException", "message": message}).encode()

    return body


def failing(_: HttpRequest) -> HttpResponse:
    """Break off."""
    message = "the connection broke"
    raise ReadError(message)


def answering(status: int, body: Callable[[HttpRequest], bytes]) -> Respond:
    """Answer each request in a way."""
    return lambda request: HttpResponse(status, (("content-type", "application/json"),), body(request))


# A mark and what fills it up; a quotation that is cut off within.
MARK = r"(Zq[0-9a-f]{4}z{6})z+"
MARK_CUT_OFF = r"\1..."

NETWORKS: dict[str, Respond] = {
    "proper": answering(200, proper),
    "cut-off": answering(200, lambda request: proper(request)[:-1]),
    "in-a-list": answering(200, lambda request: b"[" + proper(request) + b"]"),
    "lower-case": answering(200, lambda request: proper(request).lower()),
    "echo": answering(200, echo),
    "refused-with-all": answering(403, proper),
    "refused-with-echo": answering(400, echo),
    "refused-with-a-quotation": answering(400, quoting(lambda text: text)),
    "refused-with-a-quotation-in-a-url": answering(400, quoting(quote)),
    "refused-with-a-quotation-in-html": answering(400, quoting(lambda text: html.escape(quote(text)))),
    "refused-with-half-a-quotation": answering(400, quoting(lambda text: re.sub(MARK, MARK_CUT_OFF, text))),
    "fault": answering(500, proper),
    "broken": failing,
}


def mark_in(home: Home, name: str) -> str:
    """Write a secret file, and return its path."""
    return str(home.write(name, MARKS(40)))


def own_keys() -> str:
    """Return settings with keys of a user."""
    return f"aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {MARKS(40)}\naws_session_token = {MARKS(40)}\n"


def program(code: str) -> str:
    """Return the setting that runs a Python program."""
    return f"credential_process = {shlex.join([sys.executable, '-c', code])}\n"


def sso(home: Home, **changes: Any) -> str:
    """Write a marked token file, and return the settings that lead to it."""
    secrets = {"accessToken": MARKS(40), "refreshToken": MARKS(40), "clientSecret": MARKS(40)}
    home.sso_token("corp", **{**secrets, **changes})
    return (
        "sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n[sso-session corp]\n"
        "sso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n"
    )


ROLE = "role_arn = arn:aws:iam::111122223333:role/any\n"
PRINTED = json.dumps({"Version": 1, **KEYS, "SessionToken": KEYS["Token"]})
# What a profile says, and which variables there are, for a provider.
Place = tuple[Any, "Callable[[Home], str]", "Callable[[Home], dict[str, str]]"]
PLACES: dict[str, Place] = {
    "environment": (
        EnvironmentProvider(),
        lambda _: "",
        lambda _: {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": MARKS(40),
            "AWS_SESSION_TOKEN": MARKS(40),
        },
    ),
    "environment-without-id": (EnvironmentProvider(), lambda _: "", lambda _: {"AWS_SECRET_ACCESS_KEY": MARKS(40)}),
    "environment-with-blanks": (
        EnvironmentProvider(),
        lambda _: "",
        lambda _: {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": f"{MARKS(40)}\n{MARKS(40)}"},
    ),
    "config-file": (ConfigFileProvider(), lambda _: own_keys(), lambda _: {}),
    "config-file-without-id": (
        ConfigFileProvider(),
        lambda _: f"aws_secret_access_key = {MARKS(40)}\n",
        lambda _: {},
    ),
    "config-file-that-is-none": (
        ConfigFileProvider(),
        lambda _: f"aws_secret_access_key: {MARKS(40)}\n[",
        lambda _: {},
    ),
    "config-file-without-a-sign": (
        ConfigFileProvider(),
        lambda _: f"aws_secret_access_key {MARKS(40)}\n",
        lambda _: {},
    ),
    "shared-file": (SharedCredentialsFileProvider(), lambda _: own_keys(), lambda _: {}),
    "process": (ProcessProvider(), lambda _: program(f"print('''{PRINTED}''')"), lambda _: {}),
    "process-cut-off": (ProcessProvider(), lambda _: program(f"print('''{PRINTED[:-1]}''')"), lambda _: {}),
    "process-version": (
        ProcessProvider(),
        lambda _: program(f"print('''{PRINTED.replace('1', '2', 1)}''')"),
        lambda _: {},
    ),
    "process-that-fails": (
        ProcessProvider(),
        lambda _: program(f"print('''{PRINTED}'''); raise SystemExit(1)"),
        lambda _: {},
    ),
    "process-with-a-secret-argument": (
        ProcessProvider(),
        lambda _: f"credential_process = /no/such/program --password {MARKS(20)}\n",
        lambda _: {},
    ),
    "container": (
        ContainerProvider(),
        lambda _: "",
        lambda _: {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/keys",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": MARKS(40),
        },
    ),
    "container-with-a-token-that-breaks-lines": (
        ContainerProvider(),
        lambda _: "",
        lambda _: {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/keys",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{MARKS(40)}\r\n{MARKS(40)}",
        },
    ),
    "container-with-a-token-file": (
        ContainerProvider(),
        lambda _: "",
        lambda home: {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/keys",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": mark_in(home, "token"),
        },
    ),
    "instance-metadata": (InstanceMetadataProvider(), lambda _: "", lambda _: {"AWS_EC2_METADATA_DISABLED": "false"}),
    "web-identity": (
        WebIdentityProvider(),
        lambda home: f"{ROLE}web_identity_token_file = {mark_in(home, 'jwt')}\n",
        lambda _: {},
    ),
    "assume-role": (default_chain(), lambda _: f"{ROLE}source_profile = dev\n{own_keys()}", lambda _: {}),
    "assume-role-with-mfa": (
        default_chain(lambda _: "424242"),
        lambda _: (
            f"{ROLE}source_profile = dev\nmfa_serial = arn:aws:iam::1:mfa/me\nexternal_id = {MARKS(20)}\n{own_keys()}"
        ),
        lambda _: {},
    ),
    "sso": (SsoProvider(), sso, lambda _: {}),
    "sso-refreshed": (SsoProvider(), lambda home: sso(home, expiresAt=text_of(NOW + 60)), lambda _: {}),
    "sso-expired": (SsoProvider(), lambda home: sso(home, expiresAt=text_of(NOW - 60)), lambda _: {}),
}


def load(kit: Kit, search: Search, home: Home, place: str, network: str, *, client: bool) -> None:
    """Load credentials from a place as a client does or by its provider alone, and look at what comes of it."""
    provider, config, variables = PLACES[place]
    case = f"{place}, {network}"
    home.write("config", f"[profile dev]\n{config(home)}")
    if place == "shared-file":
        home.write("credentials", f"[dev]\n{own_keys()}")
    environ = variables(home)

    def context() -> Context:
        return home.context("dev", environ)

    source = CachedCredentials(default_chain(lambda _: "424242"), context) if client else None
    try:
        flow = provider.load(context()) if source is None else source.get()
        search.value(kit.flow(flow, respond=NETWORKS[network]), case)
    except CognitoIdpError as error:
        # A provider handles hardly anything but secrets, so its frames are taken out before a client sees the error.
        search.error(error, case, frames=client)
    for shown in (provider, source):
        search.value(shown, case)


ASKS_THE_NETWORK = ("assume-role", "container", "instance-metadata", "sso", "web-identity")
CASES = [
    (place, network)
    for place in PLACES
    for network in NETWORKS
    if network == "proper" or place.startswith(ASKS_THE_NETWORK)
]


@pytest.mark.parametrize(("place", "network"), CASES)
def test_every_place(sync_kit: Kit, search: Search, tmp_path: Path, place: str, network: str) -> None:
    """Whatever a place holds, and whatever the network answers, its provider shows no secret."""
    load(sync_kit, search, Home(tmp_path / "home", "http://127.0.0.1"), place, network, client=False)


@pytest.mark.parametrize("network", ["cut-off", "refused-with-echo"])
@pytest.mark.parametrize("place", list(PLACES))
def test_a_client(sync_kit: Kit, search: Search, tmp_path: Path, place: str, network: str) -> None:
    """What the chain tells a client of each provider's answer shows no secret, nor does any frame."""
    load(sync_kit, search, Home(tmp_path / "home", "http://127.0.0.1"), place, network, client=True)


@pytest.mark.long
@pytest.mark.parametrize("network", list(NETWORKS))
@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("client", [False, True], ids=["provider", "client"])
def test_every_place_for_both_clients(
    kit: Kit, search: Search, tmp_path: Path, place: str, network: str, client: bool
) -> None:
    """Whatever a place holds, and whatever the network answers, neither a provider nor the chain shows a secret."""
    load(kit, search, Home(tmp_path / "home", "http://127.0.0.1"), place, network, client=client)
