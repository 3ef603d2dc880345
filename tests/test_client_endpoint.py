"""Where a client sends to: regions and endpoints, and those that it refuses; for both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import httpx
import pytest

from cognito_idp import AsyncClient, Client, InitiateAuthRequest, ListUsersRequest
from cognito_idp.errors import ConfigError, NoRegionError
from tests.support.answers import answer
from tests.support.kit import CREDENTIALS
from tests.support.responder import Responder

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="eu-west-1_a")
PUBLIC = InitiateAuthRequest(client_id="client", auth_flow="USER_SRP_AUTH")


def host_and_scope(request: httpx.Request) -> tuple[str, str]:
    """Return where a request went, and the region that it was signed for."""
    return request.url.host, request.headers["authorization"].split("/")[2]


def test_the_region_rules(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument counts, then AWS_REGION, then AWS_DEFAULT_REGION, then the pool of the call."""
    service = Responder()

    def region_of(argument: str | None) -> str:
        client = kit.client(argument, respond=service)
        kit.run(client.send, LIST_USERS)
        host, scope = host_and_scope(service.requests[-1])
        assert f"cognito-idp.{scope}.amazonaws.com" == host
        return scope

    assert "eu-west-1" == region_of(None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert "sa-east-1" == region_of(None)
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert "ap-south-1" == region_of(None)
    assert "us-gov-west-1" == region_of("us-gov-west-1")
    monkeypatch.setenv("AWS_REGION", "")
    assert "sa-east-1" == region_of(None)


@pytest.mark.parametrize(
    ("pool", "region"),
    [("us-east-1_AbC", "us-east-1"), ("us-gov-west-1_x", "us-gov-west-1"), ("ap-southeast-12_x", "ap-southeast-12")],
)
def test_a_client_without_a_region(kit: Kit, pool: str, region: str) -> None:
    """A client without a region takes that of each call's user pool."""
    service = Responder()
    client = kit.client(None, respond=service)
    kit.run(client.send, ListUsersRequest(user_pool_id=pool))
    kit.run(client.call, "ListUsers", {"UserPoolId": pool})
    assert [(f"cognito-idp.{region}.amazonaws.com", region)] * 2 == [host_and_scope(each) for each in service.requests]
    assert None is client.region
    assert repr(client).endswith("Client(the region of each call's user pool)")


@pytest.mark.parametrize(
    "members", [{}, {"UserPoolId": "abc"}, {"UserPoolId": "us-east-1"}, {"UserPoolId": 5}, {"UserPoolId": "../x-y-1_a"}]
)
def test_no_region(kit: Kit, members: dict[str, Any]) -> None:
    """Without a region anywhere, nothing is sent, and the error says every place where one was looked for."""
    service = Responder()
    client = kit.client(None, respond=service)
    with pytest.raises(NoRegionError) as caught:
        kit.run(client.call, "ListUsers", members)
    for place in ("region argument", "AWS_REGION", "AWS_DEFAULT_REGION", "profile 'default'", "user pool id"):
        assert place in str(caught.value)
    assert [] == service.requests


def test_a_public_call_without_a_region(kit: Kit) -> None:
    """A public call names no pool, so that it needs a region; with an endpoint URL it does not."""
    service = Responder()
    with pytest.raises(NoRegionError):
        kit.run(kit.client(None, respond=service).send, PUBLIC)
    kit.run(kit.client(None, respond=service, endpoint_url="https://idp.example.com").send, PUBLIC)
    assert ["https://idp.example.com"] == [str(request.url) for request in service.requests]


def test_an_endpoint_url_and_a_pool_s_region(kit: Kit) -> None:
    """A signed call to an endpoint URL is signed for the client's region, or else for the pool's."""
    service = Responder()
    for argument in ("us-west-2", None):
        client = kit.client(argument, respond=service, endpoint_url="http://127.0.0.1:4566/base/")
        kit.run(client.send, LIST_USERS)
    assert [("127.0.0.1", "us-west-2"), ("127.0.0.1", "eu-west-1")] == [
        host_and_scope(each) for each in service.requests
    ]
    assert ["/base/"] * 2 == [request.url.path for request in service.requests]
    assert ["127.0.0.1:4566"] * 2 == [request.headers["host"] for request in service.requests]


@pytest.mark.parametrize("engine", ["httpx", "stdlib"])
@pytest.mark.parametrize("path", ["", "/", "/prefix", "/prefix/", "/prefix//", "/a//b/", "/a%20b/", "/a%2Fb/c/"])
def test_the_path_of_an_endpoint_url(kit: Kit, serve: Serve, path: str, engine: str) -> None:
    """boto3 sends to the same path, and computes the same signature for what we send."""
    if (engine, kit.kind) == ("stdlib", "trio"):
        pytest.skip("the engine runs on asyncio")
    server = serve(answer(b"{}"))
    url = f"{server.url}{path}"
    theirs: Any = boto3.client(
        "cognito-idp",
        "eu-west-1",
        endpoint_url=url,
        aws_access_key_id=CREDENTIALS.access_key_id,
        aws_secret_access_key=CREDENTIALS.secret_access_key,
    )
    theirs.list_user_pools(MaxResults=1)
    theirs.close()
    client = kit.client("eu-west-1", endpoint_url=url, transport=engine)
    kit.run(client.list_user_pools, max_results=1)
    kit.close(client)
    expected, found = server.requests
    assert expected.request_line == found.request_line
    authorization = str(found.header("authorization"))
    signed = authorization.split("SignedHeaders=")[1].split(",", maxsplit=1)[0].split(";")
    request: Any = botocore.awsrequest.AWSRequest(
        "POST",
        f"{server.url}{found.request_line.split()[1]}",
        {name: found.header(name) for name in signed},
        found.body,
    )
    request.context.update(timestamp=found.header("x-amz-date"), payload_signing_enabled=True)
    keys = botocore.credentials.Credentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key)
    auth: Any = botocore.auth.SigV4Auth(keys, "cognito-idp", "eu-west-1")
    text = auth.string_to_sign(request, auth.canonical_request(request))
    assert authorization.endswith(f"Signature={auth.signature(text, request)}")


@pytest.mark.parametrize("name", ["fips-us-east-1", "us-east-1-fips", "fips-us-gov-west-1", "us-east-1"])
@pytest.mark.parametrize("use_fips", [None, False, True])
@pytest.mark.parametrize("url", [None, "https://idp.example.com"])
def test_names_of_fips_endpoints(kit: Kit, name: str, use_fips: bool | None, url: str | None) -> None:
    """A region's name with `fips-` or `-fips` means the region's FIPS endpoint, as in boto3, unless a URL is given."""
    if use_fips and url is not None:
        with pytest.raises(ConfigError, match="the FIPS setting can't be combined"):
            kit.client(name, use_fips=use_fips, endpoint_url=url)
        return
    theirs: Any = boto3.client(
        "cognito-idp",
        name,
        endpoint_url=url,
        aws_access_key_id="a",
        aws_secret_access_key="s",
        config=None if use_fips is None else botocore.config.Config(use_fips_endpoint=use_fips),
    )
    service = Responder()
    client = kit.client(name, respond=service, use_fips=use_fips, endpoint_url=url)
    kit.run(client.send, LIST_USERS)
    assert theirs.meta.region_name == client.region
    assert (urlsplit(theirs.meta.endpoint_url).hostname, theirs.meta.region_name) == host_and_scope(service.requests[0])


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("example.com", "has no scheme: it must begin with https://"),
        ("//example.com", "has no scheme"),
        ("ftp://example.com", "must begin with https://"),
        ("https://example.com/?a=b", "has a query"),
        ("https://example.com/?", "has a query"),
        ("https://example.com/#a", "has a fragment"),
        ("https://mary:geheim@example.com", "has a user name or password in it"),
        ("https://", "has no host"),
        ("https://example.com:0", "has port 0"),
        ("https://example.com:99999", "can't be read as a URL"),
        ("https://example.com/a b", "percent-encoded"),
        ("https://example.com/\r\nX: y", "percent-encoded"),
        ("http://example.com", "is plain http to another machine"),
        ("http://127.0.0.1.example.com", "is plain http to another machine"),
    ],
)
def test_an_endpoint_url_that_can_not_be_used(kit: Kit, url: str, problem: str) -> None:
    """A URL that can't be used is refused when the client is made, by name, and without its password."""
    with pytest.raises(ConfigError, match="endpoint_url ") as caught:
        kit.client(endpoint_url=url)
    assert problem in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "idp.localhost"])
def test_plain_http_on_this_machine(kit: Kit, host: str) -> None:
    """Plain http is fine where nobody can listen in."""
    service = Responder()
    kit.run(kit.client(respond=service, endpoint_url=f"http://{host}:4566").send, LIST_USERS)
    assert f"http://{host}:4566" == str(service.requests[0].url)


def test_plain_http_on_purpose(kit: Kit) -> None:
    """Plain http to another machine must be asked for."""
    service = Responder()
    kit.run(kit.client(respond=service, endpoint_url="http://idp.example.com", allow_http=True).send, LIST_USERS)
    assert "http://idp.example.com" == str(service.requests[0].url)


@pytest.mark.parametrize(
    "region", ["us east", "US-EAST-1", "us-east-1/", "us-east-1@example.com", "x.y", "é", "a\r\nb"]
)
@pytest.mark.parametrize("endpoint_url", [None, "https://idp.example.com"])
def test_a_region_that_can_not_be_one(kit: Kit, region: str, endpoint_url: str | None) -> None:
    """What can't be part of a host name, nor of a signature's scope, is refused when the client is made."""
    with pytest.raises(ConfigError, match="region"):
        kit.client(region, endpoint_url=endpoint_url)


def test_what_a_client_shows_of_itself() -> None:
    """A client's repr says where it sends to."""
    assert "Client(https://cognito-idp.us-east-1.amazonaws.com)" == repr(Client("us-east-1", credentials=CREDENTIALS))
    assert "AsyncClient(https://idp.example.com)" == repr(AsyncClient(endpoint_url="https://idp.example.com"))


def test_a_client_without_any_configuration(kit: Kit) -> None:
    """On a machine with no AWS configuration at all, a client with a region makes public calls."""
    service = Responder()
    client = (Client if kit.kind == "sync" else AsyncClient)("us-east-1", transport=httpx.MockTransport(service))
    kit.run(client.send, PUBLIC)
    assert "https://cognito-idp.us-east-1.amazonaws.com" == str(service.requests[0].url)
