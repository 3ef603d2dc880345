from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import AsyncClient, Client, Credentials
from cognito_idp._protocol import sigv4
from cognito_idp._protocol.sigv4 import canonical_request, sign, signing_key, string_to_sign
from tests.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Iterable

Pairs = tuple[tuple[str, str], ...]


def token_to_sign(case: dict[str, Any]) -> str | None:
    """Return the session token that the signer of a vector adds and signs."""
    options = case["options"]
    token: str | None = case["credentials"]["session_token"]
    return None if options["omit_session_token"] or options["session_token_header_already_present"] else token


@pytest.mark.parametrize("case", vectors("sigv4", "name", 34))
def test_each_step_is_as_the_vector_says(case: dict[str, Any]) -> None:
    """Canonical request, signed headers, string to sign and signature are those of AWS's published cases."""
    expected = case["expected"]
    headers = [(name, value) for name, value in case["headers"]]
    token = token_to_sign(case)
    headers += [] if token is None else [("X-Amz-Security-Token", token)]
    text, signed_headers = canonical_request(
        case["method"],
        case["path"],
        case["query"],
        headers,
        sha256(case["body"].encode()).hexdigest(),
        normalize_path=case["options"]["normalize_path"],
    )
    assert expected["canonical_request"] == text
    assert expected["signed_headers"] == signed_headers.split(";")
    date = case["date"][:8]
    scope = f"{date}/{case['region']}/{case['service']}/aws4_request"
    to_sign = string_to_sign(text, amz_date=case["date"], scope=scope)
    assert expected["string_to_sign"] == to_sign
    secret = case["credentials"]["secret_access_key"]
    key = signing_key(secret, date=date, region=case["region"], service=case["service"])
    assert expected["signature"] == digest(key, to_sign.encode(), "sha256").hex()


@pytest.mark.parametrize("case", vectors("sigv4", "name", 34))
def test_sign_gives_the_authorization_of_the_vector(case: dict[str, Any]) -> None:
    """`sign` adds the date, the session token and the authorization header that the published case has."""
    options = case["options"]
    added = {"x-amz-date", "x-amz-security-token"}
    given = tuple((name, value) for name, value in case["headers"] if name.lower() not in added)
    token = None if options["omit_session_token"] else case["credentials"]["session_token"]
    credentials = Credentials(case["credentials"]["access_key_id"], case["credentials"]["secret_access_key"], token)
    signed = sign(
        case["method"],
        case["path"],
        case["query"],
        given,
        case["body"].encode(),
        credentials=credentials,
        amz_date=case["date"],
        region=case["region"],
        service=case["service"],
    )
    assert given == signed[: len(given)]
    rest = [("x-amz-date", case["date"])]
    rest += [] if token is None else [("x-amz-security-token", token)]
    assert [*rest, ("authorization", case["expected"]["authorization"])] == list(signed[len(given) :])


def authorization_by_botocore(
    method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes, credentials: Credentials, *, when: datetime
) -> str:
    """Return the header that botocore computes for the same request at the same time."""
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    theirs = botocore.credentials.Credentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=when):
        botocore.auth.SigV4Auth(theirs, "cognito-idp", "eu-west-1").add_auth(request)
    return str(request.headers["Authorization"])


# Visible ASCII with blanks, as a header value may have (RFC 9110, 5.5).
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)
tabbed_values = st.lists(values, min_size=1, max_size=3).map(" \t ".join)
names = st.from_regex(r"x-[a-z0-9][a-z0-9-]{0,8}", fullmatch=True).filter(lambda name: not name.startswith("x-amz"))
repeated = st.lists(st.tuples(names, st.lists(tabbed_values, min_size=1, max_size=3)), max_size=4)
segments = st.one_of(st.sampled_from(["", ".", "..", "a b", "ü", "%20", "*", "~"]), st.text(max_size=6))
paths = st.lists(segments.map(lambda text: quote(text, safe="~%")), max_size=5).map(lambda parts: "/" + "/".join(parts))
fields = st.tuples(st.text(max_size=5), st.text(max_size=5)).map(lambda pair: "=".join(quote(x, safe="") for x in pair))
queries = st.lists(st.one_of(fields, fields.map(lambda field: field.partition("=")[0])), max_size=4).map("&".join)
secrets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
times = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001 - UTC comes below


@pytest.mark.slow
@settings(deadline=None)
@given(
    method=st.sampled_from(["POST", "GET"]),
    path=paths,
    query=queries,
    repeats=repeated,
    body=st.binary(max_size=50),
    secret=secrets,
    token=st.none() | secrets,
    time=times,
)
def test_signatures_are_those_of_botocore(
    *,
    method: str,
    path: str,
    query: str,
    repeats: list[tuple[str, list[str]]],
    body: bytes,
    secret: str,
    token: str | None,
    time: datetime,
) -> None:
    """Whatever the path, query, headers (repeated, with runs of blanks), body, secret and token: botocore agrees."""
    when = time.replace(tzinfo=UTC)
    pairs = [(name, value) for name, repeats_of_it in repeats for value in repeats_of_it]
    # Two draws of one name are merged, since botocore and we both join by name, in order.
    headers: Pairs = (("host", "cognito-idp.eu-west-1.amazonaws.com"), ("user-agent", "changes on the way"), *pairs)
    credentials = Credentials("AKIDEXAMPLE", secret, token)
    signed = dict(
        sign(
            method,
            path,
            query,
            headers,
            body,
            credentials=credentials,
            amz_date=when.strftime("%Y%m%dT%H%M%SZ"),
            region="eu-west-1",
            service="cognito-idp",
        )
    )
    url = f"https://cognito-idp.eu-west-1.amazonaws.com{path}" + (f"?{query}" if query else "")
    expected = authorization_by_botocore(method, url, headers, body, credentials, when=when)
    assert expected == signed["authorization"]


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ("  both ends  ", "both ends"),
        ("a   b", "a b"),
        ("a\tb", "a b"),
        ("a \t b", "a b"),
        (" one before", "one before"),
        ("one after ", "one after"),
        ("a\rb", "a b"),
        ("a\nb", "a b"),
        ('"a   b"', '"a b"'),
        ("first\r\n  second\n\tthird", "first second third"),
        ("", ""),
    ],
)
def test_blanks_in_a_header_value_become_one_space(value: str, canonical: str) -> None:
    """Runs of blanks and folded lines count as one space, also inside quotes, and the ends are trimmed."""
    text, _ = canonical_request("POST", "/", "", [("x-a", value)], "hash")
    assert f"POST\n/\n\nx-a:{canonical}\n\nx-a\nhash" == text


@pytest.mark.parametrize(
    "name",
    [
        "Accept-Encoding",
        "Authorization",
        "connection",
        "Expect",
        "transfer-encoding",
        "User-Agent",
        "X-Amzn-Trace-Id",
    ],
)
def test_headers_that_change_on_the_way_are_not_signed(name: str) -> None:
    """A header that a proxy or a runtime may add or rewrite is left out of the signature, however it is written."""
    text, signed_headers = canonical_request("POST", "/", "", [("host", "h"), (name, "v")], "hash")
    assert (signed_headers, "POST\n/\n\nhost:h\n\nhost\nhash") == ("host", text)


def test_path_normalization_can_be_switched_off() -> None:
    """Without `normalize_path` the path keeps its dots and empty segments, and is encoded all the same."""
    kept, _ = canonical_request("GET", "/a/../b//c d", "", [], "hash", normalize_path=False)
    normalized, _ = canonical_request("GET", "/a/../b//c d", "", [], "hash")
    assert ("/a/../b//c%20d", "/b/c%20d") == (kept.split("\n")[1], normalized.split("\n")[1])


@pytest.mark.parametrize("path", ["", "/", "//", "/.", "/./", "/..", "/a/..", "/../.."])
def test_paths_that_come_to_nothing_are_the_root(path: str) -> None:
    """Dots that lead to or above the root give the root."""
    text, _ = canonical_request("GET", path, "", [], "hash")
    assert text.split("\n")[1] == "/"


def test_signing_key_depends_on_every_part() -> None:
    """Another secret, day, region or service gives another key, so a cached key never signs for the wrong one."""
    base = {"date": "20150830", "region": "us-east-1", "service": "cognito-idp"}
    keys = {
        signing_key("secret", **base),
        signing_key("other", **base),
        signing_key("secret", **{**base, "date": "20150831"}),
        signing_key("secret", **{**base, "region": "us-west-2"}),
        signing_key("secret", **{**base, "service": "iam"}),
    }
    assert len(keys) == 5


def test_key_cache_does_not_grow() -> None:
    """A client that runs for 100 days keeps at most 16 keys, and derives the key of a day once."""
    cache = sigv4._keyed_hashes
    cache.cache_clear()
    for day in range(100):
        for _ in range(3):
            sign(
                "POST",
                "/",
                "",
                (("host", "example.com"),),
                b"",
                credentials=Credentials("AKIDEXAMPLE", "secret"),
                amz_date=f"{20260101 + day}T000000Z",
                region="us-east-1",
                service="cognito-idp",
            )
    info = cache.cache_info()
    assert (100, 200, True) == (info.misses, info.hits, info.currsize <= 16)


SIGNED = {"host", "content-type", "x-amz-date", "x-amz-target", "x-amz-security-token"}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Recorder:
    """A transport that keeps the request and answers with an empty object."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Take note."""
        self.requests.append(request)
        return httpx.Response(200, json={})


def assert_botocore_accepts(request: httpx.Request, credentials: Credentials) -> None:
    """Hold a request as it went out against what botocore signs for the same headers and body."""
    # botocore leaves `accept-encoding` to its HTTP library, which adds it behind the signature.
    not_signed = {"authorization", "accept-encoding"}
    headers = {name: value for name, value in request.headers.items() if name not in not_signed}
    expected = authorization_by_botocore(
        request.method, str(request.url), headers.items(), request.content, credentials, when=NOW
    )
    assert expected == request.headers["authorization"]
    signed_headers = expected.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert set(signed_headers) >= SIGNED


def test_a_call_of_the_sync_client_is_signed_as_botocore_signs_it() -> None:
    """A real call's signature covers host, content-type, date, target and session token, and botocore agrees."""
    recorder, credentials = Recorder(), Credentials("AKIDEXAMPLE", "secret", "token")
    with Client(
        "eu-west-1", credentials=credentials, transport=httpx.MockTransport(recorder), clock=NOW.timestamp
    ) as client:
        client.list_user_pools(max_results=1)
    assert_botocore_accepts(recorder.requests[0], credentials)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "https://[::1]:8443/a/b%20c"])
def test_a_call_to_a_custom_endpoint_is_signed_for_its_host_and_path(url: str) -> None:
    """A custom endpoint's port and path are part of what is signed, as a server on the other side computes it."""
    recorder, credentials = Recorder(), Credentials("AKIDEXAMPLE", "secret", "token")
    with Client(
        "eu-west-1",
        credentials=credentials,
        endpoint_url=url,
        transport=httpx.MockTransport(recorder),
        clock=NOW.timestamp,
    ) as client:
        client.list_user_pools(max_results=1)
    assert_botocore_accepts(recorder.requests[0], credentials)


@pytest.mark.anyio
async def test_a_call_of_the_async_client_is_signed_as_botocore_signs_it() -> None:
    """The async client signs as the sync client does."""
    recorder, credentials = Recorder(), Credentials("AKIDEXAMPLE", "secret", "token")
    async with AsyncClient(
        "eu-west-1", credentials=credentials, transport=httpx.MockTransport(recorder), clock=NOW.timestamp
    ) as client:
        await client.list_user_pools(max_results=1)
    assert_botocore_accepts(recorder.requests[0], credentials)
