"""How large an answer may be by default: as the model's own bounds allow, and 1 MiB otherwise."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp._call.invoke import exchange
from cognito_idp._call.watch import UNWATCHED
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.errors import InvalidResponseError
from cognito_idp.model.index import LARGE_ANSWERS, LARGEST_ANSWER, UNSIGNED
from tests.support.kit import options_of
from tests.support.responder import Responder

if TYPE_CHECKING:
    from cognito_idp._protocol.wire import HttpRequest
    from tests.support.kit import Kit

MIB = 1024 * 1024


def limit_of(kit: Kit, operation: str, **settings: Any) -> int:
    """Return the bytes that an operation's answer may have."""
    limits = []

    def respond(request: HttpRequest) -> HttpResponse:
        limits.append(request.limits.max_response_bytes)
        return HttpResponse(200, (), b"{}")

    options = options_of(kit.client(**settings))
    kit.flow(exchange(operation, {}, options, UNWATCHED, signed=False), respond=respond)
    return limits[0]


@pytest.mark.parametrize(
    ("operation", "limit"),
    [
        *((name, MIB) for name in ("InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "GetUser", "SignUp")),
        ("AdminRespondToAuthChallenge", MIB),
        ("AdminDeleteUser", MIB),
        *((name, size * MIB) for name, size in LARGE_ANSWERS.items()),
        ("BrandNewOperation", LARGEST_ANSWER * MIB),
    ],
)
def test_the_default(kit: Kit, operation: str, limit: int) -> None:
    """The default is the operation's own: 1 MiB for a sign-in and for small answers, the most for an unknown one."""
    assert limit == limit_of(kit, operation)
    assert limit == limit_of(kit, operation, max_response_bytes=None)


@pytest.mark.parametrize("operation", ["InitiateAuth", "DescribeManagedLoginBranding", "BrandNewOperation"])
@pytest.mark.parametrize("limit", [0, 99, 100 * MIB])
def test_a_limit_of_ones_own(kit: Kit, operation: str, limit: int) -> None:
    """What a user sets holds for all operations."""
    assert limit == limit_of(kit, operation, max_response_bytes=limit)


def test_what_anybody_can_call_has_the_small_limit() -> None:
    """No operation that takes no signature has a large limit, and none has more than the largest."""
    assert set() == UNSIGNED & set(LARGE_ANSWERS)
    assert 1 < min(LARGE_ANSWERS.values())
    assert LARGEST_ANSWER >= max(LARGE_ANSWERS.values())


def branding(images: int) -> bytes:
    """Return the answer of DescribeManagedLoginBranding with so many images of the most bytes that the model allows."""
    image = base64.b64encode(b"\x89" * 1_000_000).decode()
    assets = [
        {"Category": "PAGE_HEADER_BACKGROUND", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": image}
        for _ in range(images)
    ]
    return json.dumps({"ManagedLoginBranding": {"Assets": assets}}).encode()


@pytest.mark.slow
def test_a_branding_style_with_all_its_images(kit: Kit) -> None:
    """All 40 images of a branding style arrive, each of a million bytes."""
    client = kit.client(respond=Responder(httpx.Response(200, content=branding(40))))
    answer = kit.run(client.describe_managed_login_branding, user_pool_id="us-east-1_a", managed_login_branding_id="b")
    assert 40 == len(answer.managed_login_branding.assets)
    assert 1_000_000 == len(answer.managed_login_branding.assets[39].bytes)


@pytest.mark.slow
def test_a_page_of_users_with_long_attributes(kit: Kit) -> None:
    """A page of 60 users with 50 attributes of 2,048 characters arrives, in the longest spelling of JSON."""
    attributes = [{"Name": f"custom:{number}", "Value": "\u00e9" * 2048} for number in range(50)]
    page = json.dumps({"Users": [{"Username": str(number), "Attributes": attributes} for number in range(60)]})
    assert len(page) > 35 * MIB
    client = kit.client(respond=Responder(httpx.Response(200, content=page.encode())))
    assert 60 == len(kit.run(client.list_users, user_pool_id="us-east-1_a").users)


@pytest.mark.parametrize("settings", [{}, {"max_response_bytes": 100 * MIB}])
def test_an_error_is_never_large(kit: Kit, settings: dict[str, Any]) -> None:
    """An answer that is an error has 1 MiB at most, whatever the operation's answers may have."""
    client = kit.client(respond=Responder(httpx.Response(400, content=b" " * (MIB + 1))), retry="off", **settings)
    with pytest.raises(InvalidResponseError, match="larger than the limit of 1,048,576 bytes"):
        kit.run(client.list_users, user_pool_id="us-east-1_a")
