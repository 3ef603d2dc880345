from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import CognitoIdpError, InvalidResponseError, ServiceError, UnknownServiceError
from cognito_idp._protocol.response import parse, request_id
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.errors import service_error
from tests.vectors import vectors


def answer(status: int, body: bytes = b"", /, **headers: str) -> HttpResponse:
    """Make an answer; underscores in header names stand for hyphens."""
    return HttpResponse(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


def error_of(response: HttpResponse) -> ServiceError:
    """Return the service's error that an answer is parsed to."""
    with pytest.raises(ServiceError) as caught:
        parse(response, "AdminInitiateAuth", service_error)
    return caught.value


def refusal_of(response: HttpResponse) -> InvalidResponseError:
    """Return the refusal of an answer that can't be read."""
    with pytest.raises(InvalidResponseError) as caught:
        parse(response, "AdminInitiateAuth", service_error)
    return caught.value


@pytest.mark.parametrize("case", vectors("errors", "id", 24))
def test_reads_errors_in_every_published_form(case: dict[str, Any]) -> None:
    """Code, message, members and request id are those of the protocol's published cases; no code is refused."""
    expected = case["expected"]
    headers = tuple((name.lower(), value) for name, value in case["headers"].items())
    response = HttpResponse(case["status"], headers, (case["body"] or "").encode())
    if expected["code"] is None:
        refusal = refusal_of(response)
        assert (expected["status_must_be_kept"], True) == (refusal.status_code, refusal.is_retryable)
        return
    error = error_of(response)
    assert (expected["code"], expected["message"] or "") == (error.code, error.message)
    assert (case["status"], expected.get("request_id")) == (error.status_code, error.request_id)
    members = {name: value for name, value in expected.get("members", {}).items() if name != "Message"}
    assert members == {name: error.members.get(name) for name in members}


@pytest.mark.parametrize(
    ("header", "body", "code"),
    [
        ("FromHeader", {"code": "FromCode", "__type": "FromType"}, "FromHeader"),
        (None, {"code": "FromCode", "__type": "FromType"}, "FromCode"),
        (None, {"__type": "FromType"}, "FromType"),
        ("", {"code": "FromCode"}, "FromCode"),
        ("ns#", {"code": "FromCode"}, "FromCode"),
        (":http://x", {"__type": "FromType"}, "FromType"),
        (None, {"code": "", "__type": "FromType"}, "FromType"),
        (None, {"code": 400, "__type": "FromType"}, "FromType"),
        (None, {"code": None, "__type": "FromType"}, "FromType"),
        (None, {"code": ["A"], "__type": "a.b#FromType:http://x#y"}, "FromType"),
        (None, {"code": "a#b#Code"}, "Code"),
        (None, {"code": "  Code  "}, "Code"),
        (None, {"code": "com.example.v2#Odd_Code-2.Client"}, "Odd_Code-2.Client"),
    ],
)
def test_where_the_code_is_looked_for(header: str | None, body: dict[str, Any], code: str) -> None:
    """The header comes first, then `code`, then `__type`; one that is empty or no string is passed over."""
    headers: dict[str, str] = {} if header is None else {"x_amzn_errortype": header}
    assert code == error_of(answer(400, json.dumps(body).encode(), **headers)).code


def test_a_type_inside_a_member_is_no_code() -> None:
    """Only the top level names the error: a `__type` inside a member is data."""
    body = json.dumps({"Reasons": [{"__type": "InnerException"}], "Detail": {"code": "AlsoInner"}}).encode()
    assert refusal_of(answer(400, body)).problem == "an error without a code"


@pytest.mark.parametrize(
    ("header", "body", "message"),
    [
        (None, {"message": "small", "Message": "big"}, "small"),
        (None, {"Message": "big"}, "big"),
        ("from the header", {}, "from the header"),
        ("from the header", {"message": "small"}, "small"),
        ("from the header", {"message": ""}, "from the header"),
        (None, {}, ""),
        (None, {"message": None, "Message": "big"}, "big"),
        (None, {"message": 7}, ""),
        (None, {"message": {"text": "x"}}, ""),
    ],
)
def test_where_the_message_is_looked_for(header: str | None, body: dict[str, Any], message: str) -> None:
    """`message`, `Message` and the header are read in this order; what is no string counts as no message."""
    headers: dict[str, str] = {} if header is None else {"x_amzn_errormessage": header}
    assert message == error_of(answer(400, json.dumps({"__type": "A", **body}).encode(), **headers)).message


def test_an_error_keeps_its_other_members() -> None:
    """What the service says besides code and message stays readable, by its wire name."""
    body = b'{"__type": "A", "code": "A", "message": "m", "Message": "m", "reasonCode": "X", "Extra": [1]}'
    assert error_of(answer(400, body)).members == {"reasonCode": "X", "Extra": [1]}


@pytest.mark.parametrize("status", [199, 300, 302, 400, 403, 404, 413, 429, 500, 503])
def test_every_status_that_is_not_success_is_an_error(status: int) -> None:
    """An answer outside 200 to 299 raises, with its status and the operation."""
    error = error_of(answer(status, b'{"__type": "SomethingNewException"}'))
    assert isinstance(error, UnknownServiceError)
    assert (status, "AdminInitiateAuth") == (error.status_code, error.operation)


@pytest.mark.parametrize("body", [b"", b"{}", b" { } ", b"{\n}"])
def test_an_empty_success_is_an_empty_object(body: bytes) -> None:
    """Operations without an answer may send an empty body or an empty object."""
    assert parse(answer(200, body), "AdminDeleteUser", service_error) == {}


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_success_is_the_json_object(status: int) -> None:
    """Any status from 200 to 299 gives the body's object."""
    assert parse(answer(status, '{"Name": "J\u00fcrgen"}'.encode()), "GetUser", service_error) == {
        "Name": "J\u00fcrgen"
    }


UNREADABLE = [
    pytest.param(b"<html><body>Bad Gateway</body></html>", "the body is not JSON", id="html"),
    pytest.param(b'{"Session": "abc', "the body is not JSON", id="cut-off"),
    pytest.param(b'{"a": 1}{"b": 2}', "the body is not JSON", id="two-objects"),
    pytest.param(b"\xff\xfe{}", "the body is not UTF-8", id="not-utf-8"),
    pytest.param('{"a": "ü"}'.encode("latin-1"), "the body is not UTF-8", id="latin-1"),
    pytest.param("\ufeff{}".encode(), "the body is not JSON", id="byte-order-mark"),
    pytest.param(b"[1, 2]", "the body is a JSON array, not an object", id="array"),
    pytest.param(b'"text"', "the body is a JSON string, not an object", id="string"),
    pytest.param(b"true", "the body is a JSON boolean, not an object", id="boolean"),
    pytest.param(b"null", "the body is a JSON null, not an object", id="null"),
    pytest.param(b"1", "the body is a JSON number, not an object", id="integer"),
    pytest.param(b"1.5", "the body is a JSON number, not an object", id="float"),
    pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "the body is nested too deeply", id="deep"),
    pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "the body is not JSON", id="huge-integer"),
]


@pytest.mark.parametrize(("body", "problem"), UNREADABLE)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_what_is_no_json_object_is_refused(status: int, body: bytes, problem: str) -> None:
    """The refusal says what is wrong and keeps the status, never the exception of the JSON parser."""
    refusal = refusal_of(answer(status, body, x_amzn_requestid="id-1"))
    assert (problem, status, "id-1") == (refusal.problem, refusal.status_code, refusal.request_id)
    assert (status == 503) == refusal.is_retryable
    assert refusal.__cause__ is None
    assert refusal.__context__ is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff"])
def test_a_code_in_the_header_is_enough(body: bytes) -> None:
    """An error whose body can't be read has its name from the header all the same."""
    error = error_of(answer(500, body, x_amzn_errortype="InternalErrorException:http://x", x_amzn_errormessage="m"))
    assert ("InternalErrorException", "m") == (error.code, error.message)


def test_an_error_without_body_and_code_is_refused() -> None:
    """A bare status gives a refusal that carries it."""
    refusal = refusal_of(answer(502))
    assert (502, True, "") == (refusal.status_code, refusal.is_retryable, refusal.body_summary)


@pytest.mark.parametrize("body", [b"{}", b'{"message": "m"}', b"[]", b"<html>"])
def test_a_refusal_says_where_it_comes_from(body: bytes) -> None:
    """An error without a code has the operation, the id of the request and the content type, JSON or not."""
    refusal = refusal_of(answer(400, body, x_amzn_requestid="id-1", content_type="text/html"))
    assert ("AdminInitiateAuth", "id-1") == (refusal.operation, refusal.request_id)
    assert refusal.body_summary.startswith(f"text/html, {len(body)} bytes")


@pytest.mark.parametrize("cut", range(8, 112, 7))
def test_a_refusal_never_shows_a_token(cut: int) -> None:
    """However a body with tokens is cut off, nothing of it stands in the text, in `body_summary` or in a traceback."""
    secret = "eyJraWQiOiJ.s3cr3t-hunter2"
    body = json.dumps({"Session": secret, "AuthenticationResult": {"AccessToken": secret}}).encode()[:cut]
    refusal = refusal_of(answer(200, body))
    shown = "".join(traceback.format_exception(refusal)) + repr(refusal) + refusal.body_summary
    assert "hunter2" not in shown
    assert "eyJraWQi" not in shown


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_amzn_requestid": "one", "x_amz_request_id": "two"}, "one"),
        ({"x_amz_request_id": "two"}, "two"),
        ({}, None),
    ],
)
def test_request_id(headers: dict[str, str], expected: str | None) -> None:
    """AWS's id of the request is read from either of its two headers."""
    assert expected == request_id(answer(200, **headers))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["__type", "code", "message", "Message", "x"])
bodies = st.one_of(
    st.binary(max_size=40),
    st.dictionaries(keys, json_values, max_size=4).map(lambda value: json.dumps(value).encode()),
    st.tuples(st.dictionaries(keys, json_values, max_size=4), st.integers(0, 40)).map(
        lambda pair: json.dumps(pair[0]).encode()[: pair[1]]
    ),
)


@pytest.mark.slow
@settings(deadline=None)
@given(status=st.integers(100, 599), body=bodies, header=st.none() | st.text(max_size=20))
def test_whatever_comes_gives_an_object_or_one_of_our_errors(status: int, body: bytes, header: str | None) -> None:
    """No answer makes the parser raise anything but the library's own errors, each of which can be printed."""
    headers = () if header is None else (("x-amzn-errortype", header),)
    try:
        data = parse(HttpResponse(status, headers, body), "GetUser", service_error)
    except CognitoIdpError as error:
        data = {"shown": str(error)}
    else:
        assert 200 <= status < 300
    assert isinstance(data, dict)
