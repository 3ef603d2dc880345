"""Headers of a caller's own, such as a user's WAF token: who gets them, and which are refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AppClient,
    AsyncUserSession,
    Client,
    ConfigError,
    GetUserRequest,
    ListUsersRequest,
    Tokens,
    UserSession,
)
from cognito_idp._protocol.own_headers import own_headers
from cognito_idp.credentials import ContainerProvider
from cognito_idp.testing import NoWaitRetry
from tests.support.answers import answer, html_503, in_turn
from tests.support.kit import CREDENTIALS
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.kit import Kit

WAF = "x-aws-waf-token"
VALUE = "waf-token-of-mary"
SIGNED = ListUsersRequest(user_pool_id="us-east-1_a")
UNSIGNED = GetUserRequest(access_token="t")
TOKENS = {"AuthenticationResult": {"AccessToken": "new", "ExpiresIn": 3600}}


@pytest.mark.parametrize("transport", ["httpx", "stdlib"])
def test_they_are_sent_by_both_engines(kit: Kit, serve: Serve, transport: str) -> None:
    """A header goes out once, with a lower-case name, in signed and unsigned calls, and in every attempt."""
    if (kit.kind, transport) == ("trio", "stdlib"):
        pytest.skip("the stdlib engine has no trio")
    server = serve(in_turn(html_503(), answer(), answer()))
    client = kit.client(endpoint_url=server.url, transport=transport, retry=NoWaitRetry())
    own = client.with_options(headers={"X-Aws-WAF-Token": VALUE, "accept": "*/*", "cookie": "a=b; c=d", "x-empty": ""})
    for request in (SIGNED, UNSIGNED):
        kit.run(own.send, request)
    kit.run(client.send, UNSIGNED)
    kit.close(client)
    sent = [[value for name, value in request.headers if name == WAF] for request in server.requests]
    assert [[VALUE], [VALUE], [VALUE], []] == sent
    names = [name for name, _ in server.requests[0].headers]
    assert len(names) == len({name.lower() for name in names})


def test_they_are_signed_as_botocore_signs_them(kit: Kit) -> None:
    """The signature covers them, and is the one that botocore makes of the same request."""
    respond = Responder(success())
    client = kit.client(respond=respond).with_options(headers={WAF: VALUE, "Accept": "a,  b", "x-a": "1"})
    kit.run(client.send, SIGNED)
    (request,) = respond.requests
    authorization = request.headers["authorization"]
    signed = re.findall("SignedHeaders=([^,]*)", authorization)[0].split(";")
    assert {WAF, "accept", "x-a"} <= set(signed)
    theirs = AWSRequest("POST", str(request.url), {name: request.headers[name] for name in signed}, request.content)
    theirs.context["timestamp"] = request.headers["x-amz-date"]
    keys = BotocoreCredentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key)
    auth = SigV4Auth(keys, "cognito-idp", "us-east-1")
    canonical = auth.string_to_sign(theirs, auth.canonical_request(theirs))
    assert f"Signature={auth.signature(canonical, theirs)}" in authorization


def test_sessions_and_sign_ins_carry_them(kit: Kit) -> None:
    """Every step of a sign-in and every refresh of a session of the copy carries them, and each page of a list."""
    respond = Responder(success(TOKENS), success(TOKENS), success({"PaginationToken": "p"}), success())
    client = kit.client(respond=respond).with_options(headers={WAF: VALUE})
    app = AppClient("us-east-1_a", "c")
    kit.run(client.sign_in, app, username="mary", password="p", flow="USER_PASSWORD_AUTH")
    cls: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    kit.run(cls(client, app, Tokens(access_token="a", refresh_token="r")).refresh)
    kit.collect(client.paginate(SIGNED))
    assert [VALUE] * 4 == [request.headers[WAF] for request in respond.requests]


def test_copies_of_copies(kit: Kit) -> None:
    """A copy keeps the headers unless it has its own, which replace them all; None takes them away."""
    respond = Responder(success())
    client = kit.client(respond=respond)
    own = client.with_options(headers={WAF: VALUE, "x-a": "1"})
    for copy in (own, own.with_options(timeout=5.0), own.with_options(headers={"x-b": "2"})):
        kit.run(copy.send, UNSIGNED)
    for copy in (own.with_options(headers=None), own.with_options(headers={}), client):
        kit.run(copy.send, UNSIGNED)
    sent = [[request.headers.get(name) for name in (WAF, "x-a", "x-b")] for request in respond.requests]
    assert [[VALUE, "1", None]] * 2 + [[None, None, "2"]] + [[None] * 3] * 3 == sent


def test_the_mapping_is_copied(kit: Kit) -> None:
    """What becomes of the caller's mapping later changes nothing."""
    respond = Responder(success())
    given = {WAF: VALUE}
    client = kit.client(respond=respond).with_options(headers=given)
    given[WAF] = "other"
    kit.run(client.send, UNSIGNED)
    assert VALUE == respond.requests[0].headers[WAF]


def test_requests_for_credentials_do_not_carry_them(kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's endpoint, asked for the credentials that sign the call, gets none of them; the service does."""
    keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "2100-01-01T00:00:00Z"}
    server = serve(in_turn(answer(json.dumps(keys).encode()), answer()))
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/keys")
    client = kit.client(endpoint_url=server.url, credentials=ContainerProvider())
    kit.run(client.with_options(headers={WAF: VALUE}).send, SIGNED)
    kit.close(client)
    assert ["GET", "POST"] == [request.request_line.split()[0] for request in server.requests]
    assert [None, VALUE] == [request.header(WAF) for request in server.requests]


@pytest.mark.parametrize(
    "name",
    [
        "host",
        "Authorization",
        "Content-Type",
        "content-length",
        "content-encoding",
        "X-Amz-Date",
        "x-amz-target",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "User-Agent",
        "accept-encoding",
        "connection",
        "keep-alive",
        "proxy-authorization",
        "Proxy-Connection",
        "Transfer_Encoding",
        "content_length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "date",
    ],
)
def test_the_protocols_own_headers_are_refused(kit: Kit, name: str) -> None:
    """Headers that the library sets, or that say how to read the message, can't be set."""
    with pytest.raises(ConfigError, match=f"can't set '{name}': it belongs to the protocol"):
        kit.client(respond=Responder()).with_options(headers={name: VALUE})


def test_every_header_of_a_call_is_refused_or_replaceable(kit: Kit) -> None:
    """Nothing that a call sends by itself can be sent twice by setting it, whatever the engine adds."""
    respond = Responder(success())
    client = kit.client(respond=respond)
    kit.run(client.send, SIGNED)
    for name in respond.requests[0].headers:
        with pytest.raises(ConfigError, match="belongs to the protocol"):
            client.with_options(headers={name: "x"})


BAD_VALUES: list[Any] = [
    "a\r\nhost: evil",
    "a\nb",
    "a\0",
    "caf\u00e9",
    "\u0662",
    " a",
    "a ",
    "a\tb",
    "\x7f",
    None,
    5,
    b"a",
]


@pytest.mark.parametrize(
    "headers",
    [
        *({WAF: value} for value in BAD_VALUES),
        {"": VALUE},
        {"x a": VALUE},
        {"x:a": VALUE},
        {"x\r\n": VALUE},
        {"\u00fc": VALUE},
        {5: VALUE},
        {b"x": VALUE},
        {"x-a": VALUE, "X-A": VALUE},
        [("x-a", VALUE)],
        VALUE,
        5,
    ],
    ids=ascii,
)
def test_what_can_not_be_sent_is_refused_without_showing_it(headers: Any) -> None:
    """Names that are not tokens, values outside visible ASCII and other types are our error, which shows no value."""
    with Client("us-east-1") as client, pytest.raises(ConfigError, match=r"^headers= ") as caught:
        client.with_options(headers=headers)
    assert "evil" not in str(caught.value)
    assert VALUE not in str(caught.value)


@given(headers=st.dictionaries(st.text(max_size=8) | st.sampled_from(["x-a", "X-A", "host"]), st.text(max_size=8)))
def test_any_mapping_is_sendable_or_refused(headers: dict[str, str]) -> None:
    """What is accepted has lower-case names, each once, and is printable ASCII; all else is a ConfigError."""
    try:
        accepted = own_headers(headers)
    except ConfigError:
        return
    assert len(headers) == len({name for name, _ in accepted})
    for name, value in accepted:
        assert name == name.lower()
        assert (name + value).isascii()
        assert (name + value).isprintable()


def test_nothing_shows_them(kit: Kit) -> None:
    """Neither the client nor its options show a value, and an error of the service doesn't, either."""
    client = kit.client(respond=Responder(error("WAFException")), retry="off").with_options(headers={WAF: VALUE})
    with pytest.raises(Exception, match="text") as caught:
        kit.run(client.send, UNSIGNED)
    for value in (client, client._options, vars(client), caught.value):
        assert VALUE not in repr(value)
