"""An app client's secret in requests, in what `from_secret` refuses, and in updates, with all that could show it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AppClient,
    AttributeType,
    IdentityProviderType,
    UserPoolClientType,
    attributes_of,
    from_wire,
    secret_hash,
    updated,
    user_filter,
)
from cognito_idp.errors import CognitoIdpError
from tests.test_app_clients import PROOFS, WITH_CLIENT_ID, arguments

from .conftest import CREDENTIALS, MARKS, NOW
from .test_operations import METHODS, WAYS

if TYPE_CHECKING:
    from tests.support.kit import Kit

    from .search import Search

SECRET = MARKS(32)
APP = AppClient("us-east-1_EXAMPLE", "1example23456789", SECRET)
HASH = secret_hash("mary", APP.client_id, SECRET)
PROVING = sorted(name for name, proof in PROOFS.items() if proof)


@pytest.mark.parametrize("way", ["service-error", "echo", "broken", "fault-of-the-transport"])
@pytest.mark.parametrize("name", PROVING)
def test_calls_by_an_app_client(kit: Kit, search: Search, name: str, way: str) -> None:
    """Whatever becomes of a call that an app client makes, neither its secret nor the hash shows."""
    search.also(HASH)
    cls = WITH_CLIENT_ID[name]
    client = kit.client(respond=WAYS[way](cls), credentials=CREDENTIALS, clock=lambda: NOW, retry="off")
    search.value(cls(**arguments(cls, APP)), name)
    try:
        kit.run(getattr(client, METHODS[name.lower()]), **arguments(cls, APP))
    except (CognitoIdpError, RuntimeError) as error:
        search.error(error, f"{name}, {way}")


@pytest.mark.parametrize("name", PROVING)
def test_requests_that_are_refused(sync_kit: Kit, search: Search, name: str) -> None:
    """A request with a fault beside the app client shows nothing of it, as a struct and as a method."""
    search.also(HASH)
    cls = WITH_CLIENT_ID[name]
    wrong = arguments(cls, APP) | {cls._members[-1].name: object()}
    for make in (cls, getattr(sync_kit.client(), METHODS[name.lower()])):
        with pytest.raises(CognitoIdpError) as caught:
            make(**wrong)
        search.error(caught.value, name)


def test_a_name_that_can_not_be_hashed(search: Search) -> None:
    """The fault shows neither the name nor the secret."""
    cls = WITH_CLIENT_ID["SignUp"]
    with pytest.raises(CognitoIdpError) as caught:
        cls(**arguments(cls, APP) | {"username": f"{MARKS()}\ud800"})
    search.error(caught.value, "surrogate")


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        json.dumps({"clientSecretValue": SECRET}),
        json.dumps({"userPoolId": "x", "userPoolClientId": "c", "clientSecretValue": SECRET}),
        json.dumps({"userPoolId": "us-east-1_x", "userPoolClientId": "", "clientSecretValue": SECRET}),
        json.dumps([SECRET]),
    ],
)
def test_secrets_that_can_not_be_read(search: Search, text: str) -> None:
    """`from_secret` shows nothing of the text that it refuses."""
    with pytest.raises(CognitoIdpError) as caught:
        AppClient.from_secret(text)
    search.error(caught.value, "from_secret")


def test_updates(search: Search) -> None:
    """Neither an update nor one that is refused shows the secret of the app client that is described."""
    described = UserPoolClientType(user_pool_id=APP.user_pool_id, client_id="c", client_secret=SECRET)
    search.value(updated(described, client_name="web"), "updated")
    for changes in ({"client_nam": "web"}, {"client_name": 5}):
        with pytest.raises(CognitoIdpError) as caught:
            updated(described, **changes)
        search.error(caught.value, "updated")
    provider: Any = from_wire(IdentityProviderType, {"ProviderDetails": {"client_secret": SECRET}})
    with pytest.raises(TypeError) as wrong:
        updated(provider)
    search.error(wrong.value, "updated")


def test_attributes(search: Search) -> None:
    """What `attributes_of` and `user_filter` refuse shows no value."""
    with pytest.raises(TypeError) as caught:
        attributes_of([AttributeType(name="email", value=MARKS()), MARKS()])  # type: ignore[list-item]
    search.error(caught.value, "attributes_of")
    with pytest.raises(CognitoIdpError) as refused:
        user_filter("custom:plan", MARKS())
    search.error(refused.value, "user_filter")
