"""Every operation called through the clients: signing, errors and pages."""

from __future__ import annotations

import json
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore import xform_name

import cognito_idp
from cognito_idp import ServiceError, to_wire
from cognito_idp.credentials.types import StaticCredentials
from cognito_idp.model import exceptions
from cognito_idp.model.index import UNSIGNED
from tests.support.kit import CREDENTIALS
from tests.support.loop import for_each
from tests.support.responder import Responder, success

from .values import request_classes, sample

if TYPE_CHECKING:
    from cognito_idp import Credentials
    from cognito_idp._flow.effects import Flow
    from cognito_idp._structs.struct import Request
    from tests.support.kit import Kit

REQUESTS = {cls.operation.name: cls for cls in request_classes()}
SIGNED = sorted(set(REQUESTS) - UNSIGNED)
PAGING = sorted(name for name, cls in REQUESTS.items() if cls.operation.pages is not None)
# All others name their token NextToken.
PAGED_BY_PAGINATION_TOKEN = {"AdminListDevices", "ListDevices", "ListUserImportJobs", "ListUsers"}


def minimal(operation: str) -> Request[Any]:
    """Return a legal request of an operation with its required members only."""
    cls = REQUESTS[operation]
    full = sample(cls)
    return cls(**{member.name: getattr(full, member.name) for member in cls._members if member.required})


class Untouchable:
    """A source of credentials that nobody may ask."""

    def get(self) -> Flow[Credentials]:
        """Fail."""
        msg = "an unsigned call asked for credentials"
        raise AssertionError(msg)

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Fail."""
        msg = f"an unsigned call asked for others than {rejected}"
        raise AssertionError(msg)


@for_each("operation", sorted(UNSIGNED))
def test_an_unsigned_call_needs_no_credentials(operation: str, kit: Kit) -> None:
    """A call of an unsigned operation carries no header of a signature, and asks for no credentials."""
    service = Responder()
    client = kit.client(respond=service, credentials=Untouchable())
    kit.run(client.send, minimal(operation))
    (request,) = service.requests
    assert f"AWSCognitoIdentityProviderService.{operation}" == request.headers["x-amz-target"]
    assert set() == {"authorization", "x-amz-date", "x-amz-security-token"} & set(request.headers)


@for_each("operation", sorted(UNSIGNED))
def test_an_unsigned_call_by_name_needs_no_credentials(operation: str, kit: Kit) -> None:
    """The same holds if the operation is called by name, with the members that a request must have."""
    service = Responder()
    client = kit.client(respond=service, credentials=Untouchable())
    kit.run(client.call, operation, to_wire(minimal(operation)))
    (request,) = service.requests
    assert set() == {"authorization", "x-amz-date", "x-amz-security-token"} & set(request.headers)


@pytest.mark.parametrize("members", [{}, {"ClientId": None}, {"SubjectToken": "t", "SubjectTokenType": "ACCESS_TOKEN"}])
def test_an_exchange_of_tokens_that_names_no_app_client_is_signed(kit: Kit, members: dict[str, Any]) -> None:
    """`GetDerivedToken` without `ClientId`, which a struct always has, is authorized by AWS credentials."""
    service = Responder()
    client = kit.client(respond=service, credentials=StaticCredentials(CREDENTIALS))
    kit.run(client.call, "GetDerivedToken", members)
    assert service.requests[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 ")


@pytest.mark.parametrize("operation", ["GetClientToken", "GetDerivedToken"])
def test_signing_can_be_asked_for(kit: Kit, operation: str) -> None:
    """`signed=True` signs what the documentation wants unsigned, should the service want it otherwise."""
    service = Responder()
    client = kit.client(respond=service, credentials=StaticCredentials(CREDENTIALS))
    kit.run(client.call, operation, {"ClientId": "client"}, signed=True)
    assert "authorization" in service.requests[0].headers


@for_each("operation", SIGNED)
def test_a_signed_call_is_signed(operation: str, kit: Kit) -> None:
    """A call of any other operation carries a signature by the client's credentials, which covers its date."""
    service = Responder()
    client = kit.client(respond=service, credentials=StaticCredentials(CREDENTIALS))
    kit.run(client.send, minimal(operation))
    (request,) = service.requests
    assert f"AWSCognitoIdentityProviderService.{operation}" == request.headers["x-amz-target"]
    authorization = request.headers["authorization"]
    assert authorization.startswith(f"AWS4-HMAC-SHA256 Credential={CREDENTIALS.access_key_id}/")
    assert "x-amz-date" in authorization
    assert "x-amz-date" in request.headers


def test_a_signed_call_asks_for_credentials(kit: Kit) -> None:
    """The source that unsigned calls leave alone is asked by a signed one, so that its silence says something."""
    client = kit.client(respond=Responder(), credentials=Untouchable())
    with pytest.raises(AssertionError, match="asked for credentials"):
        kit.run(client.send, minimal(SIGNED[0]))


# Each operation once, each code twice or three times.
ERRORS = list(zip(REQUESTS, islice(cycle(exceptions.__all__), len(REQUESTS)), strict=True))


def test_all_errors_and_operations_are_tried() -> None:
    """The pairs of the test below name all modelled exceptions and all operations."""
    assert set(exceptions.__all__) == {code for _, code in ERRORS}
    assert set(REQUESTS) == {operation for operation, _ in ERRORS}


@pytest.mark.slow
@for_each("operation,code", ERRORS)
def test_an_error_comes_out_of_the_call(operation: str, code: str, kit: Kit) -> None:
    """A call that the service refuses raises the exception of the code, with what is known of the exchange."""
    answer = httpx.Response(
        400, json={"__type": code, "message": "text"}, headers={"x-amzn-requestid": f"request of {operation}"}
    )
    client = kit.client(respond=Responder(answer), retry="off")
    with pytest.raises(ServiceError) as caught:
        kit.run(client.send, minimal(operation))
    error = caught.value
    assert getattr(cognito_idp, code) is type(error)
    assert (code, "text", operation, 400, f"request of {operation}") == (
        error.code,
        error.message,
        error.operation,
        error.status_code,
        error.request_id,
    )


def test_the_rarer_name_of_a_token_is_among_them() -> None:
    """The walks below cover the operations whose token has the rarer name."""
    assert set(PAGING) >= PAGED_BY_PAGINATION_TOKEN


@for_each("operation", PAGING)
def test_a_paginator_walks_three_pages(operation: str, kit: Kit) -> None:
    """`iter_x` gives the items of all pages, and hands on each token under its wire name, with all other members."""
    cls = REQUESTS[operation]
    pages = cls.operation.pages
    assert pages is not None
    items = next(member for member in cls.operation.response_type._members if member.name == pages.result)
    made = [sample(items.shape.item.struct, filler=filler, secret=filler) for filler in "abcde"]
    parts = [made[:2], made[2:4], made[4:]]
    token = "PaginationToken" if operation in PAGED_BY_PAGINATION_TOKEN else "NextToken"
    bodies: list[dict[str, Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        page = len(bodies)
        following = {} if page == len(parts) else {token: f"token {page}"}
        return success({items.wire_name: [to_wire(item) for item in parts[page - 1]], **following})

    request = minimal(operation)
    members = {member.name: getattr(request, member.name) for member in cls._members if member.required}
    client = kit.client(respond=respond)
    assert made == kit.collect(getattr(client, f"iter_{xform_name(operation)}")(**members))
    first = to_wire(request)
    assert [first, {**first, token: "token 1"}, {**first, token: "token 2"}] == bodies
