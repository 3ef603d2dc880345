"""What a client works out once from its arguments, its environment and its profile."""

from __future__ import annotations

import os
import re
import sys
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AsyncClient,
    Client,
    Credentials,
    DescribeUserPoolRequest,
    InitiateAuthRequest,
    ListUsersRequest,
    Timeout,
)
from cognito_idp._call.options import Options, make_options
from cognito_idp._flow.effects import Lock as FlowLock
from cognito_idp._flow.effects import finish, hold, send
from cognito_idp._protocol.endpoint import Target
from cognito_idp._protocol.ids import random_uuid
from cognito_idp._protocol.user_agent import user_agent
from cognito_idp._protocol.wire import HttpRequest, Limits
from cognito_idp.errors import ConfigError, DeadlineExceededError, NoRegionError
from tests.support.kit import CREDENTIALS, FakeTime, options_of
from tests.support.responder import Responder, success

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

SECRETS = Credentials("AKIDEXAMPLE", "secret-of-the-key", "token-of-the-session")
TOKEN_CHARACTERS = r"[A-Za-z0-9!$%&'*+.^_`|~-]"
CONFIG = """
[default]
region = eu-central-1
sdk_ua_app_id = from-default
[profile full]
region = eu-west-3
endpoint_url = https://profile.example
retry_mode = adaptive
max_attempts = 7
sdk_ua_app_id = from-profile
[profile other]
region = eu-north-1
use_fips_endpoint = true
use_dualstack_endpoint = true
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Options]:
    """Return a function that makes options from arguments and `environ`, with a config file."""
    config = tmp_path / "config"
    config.write_text(CONFIG)

    def made(region: str | None = None, environ: dict[str, str] | None = None, **changes: Any) -> Options:
        arguments: dict[str, Any] = {
            "credentials": CREDENTIALS,
            "endpoint_url": None,
            "profile": None,
            "use_fips": None,
            "use_dualstack": None,
            "allow_http": False,
            "timeout": None,
            "retry": None,
            "clock": None,
            "correct_clock_skew": True,
            "max_response_bytes": 1024,
            **changes,
        }
        files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return make_options(region, environ={**files, **(environ or {})}, **arguments)

    return made


def test_the_user_agent() -> None:
    """The header names, in this order: library, format, system, Python, implementation, retry mode, and the program."""
    system = os.uname()
    release = re.sub(f"(?!{TOKEN_CHARACTERS}).", "-", system.release)
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    library, *others = user_agent("standard", "shop").split(" ")
    assert re.fullmatch(r"cognito-idp/\d+\.\d+\S*", library)
    assert [
        "ua/2.1",
        f"os/{system.sysname.lower()}#{release}",
        f"lang/python#{version}",
        f"md/pyimpl#{sys.implementation.name}",
        "cfg/retry-mode#standard",
        "app/shop",
    ] == others


@pytest.mark.parametrize("app_id", [None, ""])
def test_no_program_in_the_user_agent(app_id: str | None) -> None:
    """Without an app id there is no `app/` part."""
    assert user_agent("off", app_id).endswith(" cfg/retry-mode#off")


@pytest.mark.parametrize(
    ("app_id", "shown"),
    [
        ("shop-1.2_a", "shop-1.2_a"),
        ("my shop/2", "my-shop-2"),
        ("shop\r\nx-evil: 1", "shop--x-evil--1"),
        ("#(a)", "--a-"),
        ("Käse", "K-se"),
        ("a\0b\x7f", "a-b-"),
        ("!$%&'*+^`|~", "!$%&'*+^`|~"),
    ],
)
def test_odd_characters_of_an_app_id(make: Callable[..., Options], app_id: str, shown: str) -> None:
    """Characters that a token can't have become hyphens, line breaks first of all."""
    headers = dict(make("us-east-1", {"AWS_SDK_UA_APP_ID": app_id}).headers)
    assert headers["user-agent"].endswith(f" app/{shown}")


@given(st.text(), st.text())
def test_nothing_gets_out_of_its_place(mode: str, app_id: str) -> None:
    """No retry mode (a policy of one's own names any text) or app id adds a part, a line, or an odd character."""
    text = user_agent(mode, app_id)
    part = rf"{TOKEN_CHARACTERS}+(/{TOKEN_CHARACTERS}+(#{TOKEN_CHARACTERS}*)?)?"
    assert re.fullmatch(rf"{part}( {part})*", text)
    assert (7 if app_id else 6) == len(text.split(" "))


@pytest.mark.parametrize(
    ("profile", "environ", "shown"),
    [
        (None, {}, "from-default"),
        ("full", {}, "from-profile"),
        ("full", {"AWS_SDK_UA_APP_ID": "from-environment"}, "from-environment"),
    ],
)
def test_where_the_app_id_comes_from(
    make: Callable[..., Options], profile: str | None, environ: dict[str, str], shown: str
) -> None:
    """The environment's app id comes before the profile's."""
    headers = dict(make("us-east-1", environ, profile=profile).headers)
    assert headers["user-agent"].endswith(f" app/{shown}")
    assert "identity" == headers["accept-encoding"]


ENVIRONMENT = {
    "AWS_PROFILE": "full",
    "AWS_REGION": "ap-south-1",
    "AWS_ENDPOINT_URL": "https://environment.example",
    "AWS_RETRY_MODE": "standard",
    "AWS_MAX_ATTEMPTS": "5",
}


def found(options: Options) -> tuple[Any, ...]:
    """Return the settings whose source can differ."""
    target = options.target
    assert target is not None
    return (target.region, target.url, options.retry.name, options.retry.max_attempts)


def test_profile_settings(make: Callable[..., Options]) -> None:
    """Without arguments and variables the profile's settings count."""
    expected = ("eu-west-3", "https://profile.example", "adaptive", 7)
    assert expected == found(make(environ={"AWS_PROFILE": "full"})) == found(make(profile="full"))


def test_the_environment_comes_before_the_profile(make: Callable[..., Options]) -> None:
    """Each variable comes before the profile's setting."""
    assert ("ap-south-1", "https://environment.example", "standard", 5) == found(make(environ=ENVIRONMENT))


def test_arguments_come_first(make: Callable[..., Options]) -> None:
    """Each argument comes before its variable; a mode that is named takes the environment's number of attempts."""
    options = make("sa-east-1", ENVIRONMENT, endpoint_url="https://argument.example/", retry="adaptive")
    assert ("sa-east-1", "https://argument.example", "adaptive", 5) == found(options)


def test_nothing_is_said(make: Callable[..., Options]) -> None:
    """Without any setting the defaults count: standard mode, three attempts, the region's own endpoint."""
    options = make("sa-east-1", {"AWS_CONFIG_FILE": os.devnull})
    assert ("sa-east-1", "https://cognito-idp.sa-east-1.amazonaws.com", "standard", 3) == found(options)
    assert (False, False, None, "default") == (
        options.use_fips,
        options.use_dualstack,
        options.ua_app_id,
        options.profile,
    )


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        ({}, {}, (False, False)),
        ({"profile": "other"}, {}, (True, True)),
        (
            {"profile": "other"},
            {"AWS_USE_FIPS_ENDPOINT": "false", "AWS_USE_DUALSTACK_ENDPOINT": "false"},
            (False, False),
        ),
        ({}, {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"}, (True, True)),
        ({"profile": "other", "use_fips": False, "use_dualstack": False}, {}, (False, False)),
        (
            {"use_fips": False, "use_dualstack": False},
            {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
            (False, False),
        ),
        (
            {"use_fips": True, "use_dualstack": True},
            {"AWS_USE_FIPS_ENDPOINT": "false", "AWS_USE_DUALSTACK_ENDPOINT": "false"},
            (True, True),
        ),
        ({"use_dualstack": True}, {"AWS_USE_FIPS_ENDPOINT": "true"}, (True, True)),
    ],
)
def test_fips_and_dual_stack(
    make: Callable[..., Options], arguments: dict[str, Any], environ: dict[str, str], expected: tuple[bool, bool]
) -> None:
    """For both the order is argument, environment, profile; an argument can turn off as well as on."""
    options = make("eu-west-1", environ, **arguments)
    assert expected == (options.use_fips, options.use_dualstack)
    # In eu-west-1 FIPS and dual-stack together have a suffix of their own; neither has the plain one.
    url = "cognito-idp-fips.eu-west-1.api.aws" if all(expected) else "cognito-idp.eu-west-1.amazonaws.com"
    assert options.target is not None
    assert url == options.target.host


@pytest.mark.parametrize("environ", [{"AWS_MAX_ATTEMPTS": "5"}, {"AWS_PROFILE": "full"}])
def test_off_is_one_attempt(make: Callable[..., Options], environ: dict[str, str]) -> None:
    """With `retry="off"`, or that mode in the environment, the configured number of attempts does not count."""
    assert 1 == make("us-east-1", environ, retry="off").retry.max_attempts
    assert 1 == make("us-east-1", {**environ, "AWS_RETRY_MODE": "off"}).retry.max_attempts


def test_an_unknown_mode(make: Callable[..., Options]) -> None:
    """An unknown retry mode is refused, and the text says which there are."""
    with pytest.raises(ConfigError, match=r"retry='fast' is not a retry mode.*'standard', 'adaptive' or 'off'"):
        make("us-east-1", retry="fast")


def test_a_profile_that_does_not_exist(make: Callable[..., Options]) -> None:
    """A profile argument that names nothing is refused with its name."""
    with pytest.raises(ConfigError, match=r"profile argument names the profile 'gone', which does not exist"):
        make("us-east-1", profile="gone")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])
def test_plain_http_from_the_environment(make: Callable[..., Options], variable: str) -> None:
    """A plain-http URL to another machine is refused with the variable's name, unless that is allowed."""
    environ = {variable: "http://pool.example:8080"}
    with pytest.raises(ConfigError, match=rf"{variable} in the environment 'http://pool\.example:8080' is plain http"):
        make("us-east-1", environ)
    target = make("us-east-1", environ, allow_http=True).target
    assert target is not None
    assert ("http://pool.example:8080", "pool.example:8080") == (target.url, target.host)
    assert make("us-east-1", {variable: "http://127.0.0.1:9229"}).target is not None


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", None])
def test_plain_http_to_named_hosts(make: Callable[..., Options], variable: str | None) -> None:
    """The hosts that a setting names may be reached by plain http, whatever names the URL; others may not."""
    url = "http://localstack:4566"
    environ = {} if variable is None else {variable: url}
    arguments = {} if variable else {"endpoint_url": url}
    options = make("us-east-1", {**environ, "COGNITO_IDP_ALLOW_HTTP": "ministack,localstack"}, **arguments)
    assert url == options.endpoint_url
    assert options.target is not None
    assert url == options.target.url
    with pytest.raises(ConfigError, match="name the host in COGNITO_IDP_ALLOW_HTTP"):
        make("us-east-1", {**environ, "COGNITO_IDP_ALLOW_HTTP": "ministack"}, **arguments)


def test_an_argument_saves_from_a_bad_variable(make: Callable[..., Options]) -> None:
    """A plain-http URL in the environment does not matter if an argument says where to go."""
    options = make("us-east-1", {"AWS_ENDPOINT_URL": "http://pool.example"}, endpoint_url="https://argument.example")
    assert "https://argument.example" == options.endpoint_url


def test_ids() -> None:
    """An id of a call is a UUID of version 4 in its usual form, and no two are the same."""
    made = [random_uuid() for _ in range(1000)]
    assert 1000 == len(set(made))
    for each in made:
        parsed = uuid.UUID(each)
        assert (each, 4, uuid.RFC_4122) == (str(parsed), parsed.version, parsed.variant)


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_the_fixed_bits_of_an_id(monkeypatch: pytest.MonkeyPatch, byte: int) -> None:
    """Version and variant are right whatever the random bits are, and all other bits are random ones."""
    monkeypatch.setattr(os, "urandom", lambda size: bytes([byte]) * size)
    fill = f"{byte:02x}"[0]
    variant = {"0": "8", "f": "b"}[fill]
    assert f"{fill * 8}-{fill * 4}-4{fill * 3}-{variant}{fill * 3}-{fill * 12}" == random_uuid()


POOL = {"UserPoolId": "eu-west-2_Abc123"}


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("environ", [{}, {"AWS_REGION": "us-west-2"}])
def test_a_given_region_counts(make: Callable[..., Options], environ: dict[str, str], *, signed: bool) -> None:
    """A region that is configured, or comes as an argument, is never overridden by the pool's."""
    region = None if environ else "us-west-2"
    target = make(region, environ).target_for(POOL, signed=signed)
    assert ("us-west-2", "cognito-idp.us-west-2.amazonaws.com") == (target.region, target.host)


NO_FILE = {"AWS_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize(
    ("pool", "region", "host"),
    [
        ("eu-west-2_Abc123", "eu-west-2", "cognito-idp.eu-west-2.amazonaws.com"),
        ("us-gov-west-1_a", "us-gov-west-1", "cognito-idp.us-gov-west-1.amazonaws.com"),
        ("cn-north-1_Zz", "cn-north-1", "cognito-idp.cn-north-1.amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_the_region_of_the_pool(
    make: Callable[..., Options], pool: str, region: str, host: str, *, signed: bool
) -> None:
    """Without a region a call goes to that of the pool it names, and is signed for it."""
    target = make(environ=NO_FILE).target_for({"UserPoolId": pool}, signed=signed)
    assert (region, host) == (target.region, target.host)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"UserPoolId": None},
        {"UserPoolId": 5},
        {"UserPoolId": ""},
        {"UserPoolId": "us-east-1"},
        {"UserPoolId": "_a"},
        {"UserPoolId": "us-east-1_"},
        {"UserPoolId": "useast1_a"},
        {"UserPoolId": "us-east-1_a/../b"},
        {"UserPoolId": "evil.example/us-east-1_a"},
        {"UserPoolId": "us-east-1_a\n"},
        {"ClientId": "us-east-1_a"},
    ],
)
def test_no_region(make: Callable[..., Options], members: dict[str, Any]) -> None:
    """Without a region and a pool whose id has one, the error names all the places that were looked at."""
    with pytest.raises(NoRegionError) as caught:
        make(environ={**NO_FILE, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}).target_for(members, signed=False)
    for place in (
        "region argument",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "profile 'default' in the shared config file",
        "user pool id of the call",
    ):
        assert place in str(caught.value)


def test_a_custom_url_without_a_region(make: Callable[..., Options]) -> None:
    """With a URL of one's own a region is needed only for signing, and is then the pool's; the URL stays."""
    options = make(environ=NO_FILE, endpoint_url="http://localhost:9229/sub")
    unsigned = options.target_for({}, signed=False)
    assert ("http://localhost:9229/sub", None) == (unsigned.url, unsigned.region)
    signed = options.target_for(POOL, signed=True)
    assert Target("http://localhost:9229/sub", "localhost:9229", "/sub", "eu-west-2") == signed
    with pytest.raises(NoRegionError):
        options.target_for({}, signed=True)


def test_the_pools_endpoint_keeps_fips(make: Callable[..., Options]) -> None:
    """The endpoint of a pool's region is the FIPS one if the client asks for that."""
    target = make(environ=NO_FILE, use_fips=True).target_for(POOL, signed=True)
    assert "cognito-idp-fips.eu-west-2.amazonaws.com" == target.host


def test_a_client_without_a_region(kit: Kit) -> None:
    """Each call goes to its pool's region, is signed for it, and one that names no pool is not sent."""
    service = Responder(success({"Users": []}), success({"UserPool": {}}))
    client = kit.client(None, respond=service)
    kit.run(client.send, ListUsersRequest(user_pool_id="eu-west-2_a"))
    kit.run(client.send, DescribeUserPoolRequest(user_pool_id="us-east-2_b"))
    with pytest.raises(NoRegionError):
        kit.run(client.send, InitiateAuthRequest(auth_flow="USER_PASSWORD_AUTH", client_id="client"))
    assert ["cognito-idp.eu-west-2.amazonaws.com", "cognito-idp.us-east-2.amazonaws.com"] == [
        request.url.host for request in service.requests
    ]
    assert ["eu-west-2", "us-east-2"] == [
        request.headers["authorization"].partition("Credential=")[2].split("/")[2] for request in service.requests
    ]


@pytest.mark.parametrize("show", [repr, str, lambda options: f"{options}"])
def test_no_secret_shows(make: Callable[..., Options], show: Callable[[Options], str]) -> None:
    """Options show neither the secret key nor the session token."""
    shown = show(make("us-east-1", credentials=SECRETS))
    assert SECRETS.secret_access_key not in shown
    assert "token-of-the-session" not in shown


def test_a_changed_copy(make: Callable[..., Options]) -> None:
    """A changed copy works its constants out anew, and leaves the original as it was."""
    options = make("us-east-1")
    before, changed = options.target, options._replace(region="eu-west-1").target
    assert before is options.target
    assert changed is not None
    assert "cognito-idp.eu-west-1.amazonaws.com" == changed.host


def test_the_clock_of_providers_is_the_corrected_one(make: Callable[..., Options], kit: Kit) -> None:
    """What was learned about the clock counts for credentials, too, unless that is turned off."""
    seen: list[float] = []

    class Provider:
        name = "test"

        def load(self, context: Any) -> Flow[Credentials]:
            seen.append(context.clock())
            return CREDENTIALS
            yield

    for correct, offset in ((True, 3600.0), (False, 0.0)):
        options = make("us-east-1", credentials=Provider(), clock=lambda: 1000.0, correct_clock_skew=correct)
        if options.clock_skew is not None:
            options.clock_skew.offset = 3600.0
        kit.flow(options.credentials.get())
        assert 1000.0 + offset == seen.pop()


class Remote:
    """Credentials that are two requests away: with generous limits of their own, sent in one of three ways."""

    def __init__(self, way: str) -> None:
        self._way = way

    def get(self) -> Flow[Credentials]:
        """Ask a server."""
        limits = Limits(connect=50.0, read=60.0, write=None, total=70.0, max_response_bytes=1024)
        flow = self._ask(HttpRequest("GET", "http://127.0.0.1/", (("host", "127.0.0.1"),), b"", limits))
        if self._way == "held":
            yield from hold(FlowLock(), flow)
        elif self._way == "finished":
            yield from finish(flow)
        else:
            yield from flow
        return CREDENTIALS

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Have no others."""
        return rejected
        yield

    def _ask(self, request: HttpRequest) -> Flow[None]:
        yield from send(request)
        yield from send(request)


@pytest.mark.parametrize(
    ("way", "connect", "read", "write"),
    [
        ("plain", (10, 7), (10, 7), (10, 7)),
        ("held", (10, 7), (10, 7), (10, 7)),
        ("finished", (50, 50), (60, 60), (None,) * 2),
    ],
)
def test_the_time_limit_bounds_the_loading_of_credentials(
    kit: Kit, way: str, connect: tuple[Any, ...], read: tuple[Any, ...], write: tuple[Any, ...]
) -> None:
    """Requests that load credentials get what is left of the call's time, and the call's own request gets the rest.

    What is to be finished keeps the limits of its own.
    """
    time = FakeTime()
    service = Responder(success(), success(), success({"Users": []}))

    def slow(request: httpx.Request) -> httpx.Response:
        time.now += 3.0
        return service(request)

    timeout = Timeout(total=10.0, connect=None, read=None, write=None)
    client = kit.client(respond=slow, time=time, credentials=Remote(way), timeout=timeout)
    kit.run(client.send, ListUsersRequest(user_pool_id="us-east-1_a"))
    limits = [request.extensions["timeout"] for request in service.requests]
    assert [*connect, 4] == [each["connect"] for each in limits]
    assert [*read, 4] == [each["read"] for each in limits]
    assert [*write, 4] == [each["write"] for each in limits]


def test_credentials_that_take_all_the_time(kit: Kit) -> None:
    """A request for credentials that runs into the call's limit ends the call with the deadline's error."""
    time = FakeTime()

    def hang(request: httpx.Request) -> httpx.Response:
        time.now += request.extensions["timeout"]["read"]
        msg = "slow"
        raise httpx.ReadTimeout(msg)

    client = kit.client(respond=hang, time=time, credentials=Remote("plain"), timeout=4.0)
    with pytest.raises(DeadlineExceededError, match=r"ListUsers did not end within 4 s"):
        kit.run(client.send, ListUsersRequest(user_pool_id="us-east-1_a"))
    assert 5004.0 == time.now


def test_without_a_time_limit_providers_keep_theirs(kit: Kit) -> None:
    """Where the call has no time limit, requests for credentials keep their own limits."""
    service = Responder(success(), success(), success({"Users": []}))
    kit.run(kit.client(respond=service, credentials=Remote("plain")).send, ListUsersRequest(user_pool_id="us-east-1_a"))
    assert 50.0 == service.requests[0].extensions["timeout"]["connect"]
    assert 60.0 == service.requests[0].extensions["timeout"]["read"]


DISABLED = "AWS_DISABLE_CLOCK_SKEW_CORRECTION"


@pytest.mark.parametrize(
    ("argument", "variable", "setting", "corrects"),
    [
        (None, None, None, True),
        (None, "true", None, False),
        (None, "TRUE", "false", False),
        (None, "false", "true", True),
        (None, None, "true", False),
        (None, "", "true", False),
        (None, None, "false", True),
        (True, "true", "true", True),
        (False, "false", None, False),
        (False, None, None, False),
    ],
)
def test_whether_the_clock_is_corrected(
    make: Callable[..., Options],
    tmp_path: Path,
    argument: bool | None,
    variable: str | None,
    setting: str | None,
    corrects: bool,
) -> None:
    """The argument decides, then the variable, then the profile's setting; without any, the clock is corrected."""
    file = tmp_path / "config"
    file.write_text("[default]\n" + ("" if setting is None else f"disable_clock_skew_correction = {setting}\n"))
    environ = {"AWS_CONFIG_FILE": str(file), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    environ |= {} if variable is None else {DISABLED: variable}
    options = make("us-east-1", environ, correct_clock_skew=argument)
    assert corrects is (options.clock_skew is not None)


def test_a_client_takes_it_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without the argument goes by the variable, and the argument wins."""
    monkeypatch.setenv(DISABLED, "true")
    for kind in (Client, AsyncClient):
        assert None is options_of(kind("us-east-1")).clock_skew
        assert None is not options_of(kind("us-east-1", correct_clock_skew=True)).clock_skew
    monkeypatch.setenv(DISABLED, "maybe")
    with pytest.raises(ConfigError, match=f"{DISABLED} in the environment must be true or false, not 'maybe'"):
        Client("us-east-1")
