"""Tokens that a machine gets in exchange for others: each asked for once, and not kept past its subject's end."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import CognitoIdpError, ConfigError, NotAuthorizedException, RequestValidationError
from cognito_idp.tokens.machine_tokens import MOST_EXCHANGED
from tests.support.responder import error

from .issuing import NOW, token
from .machine_party import APP, DERIVED, LIFE, machine_party

if TYPE_CHECKING:
    from tests.support.kit import Kit

DUE = LIFE - 60
SHORTEST: dict[str, Any] = {"subject_token": "subject"}
EVERYTHING: dict[str, Any] = {
    "subject_token": "subject",
    "subject_token_type": "ID_TOKEN",
    "subject_token_provider_name": "Google",
    "actor_token": "actor",
    "actor_token_type": "SAML2",
    "actor_token_provider_name": "Okta",
    "scopes": "b/write a/read",
    "audience": "orders",
    "resource": "https://api.example.com",
    "requested_token_type": "ACCESS_TOKEN",
}


def test_what_is_sent(kit: Kit) -> None:
    """An exchange is one unsigned GetDerivedToken with the app client's secret and what was passed, and no more."""
    party = machine_party(kit)
    assert ["token-1", "token-2"] == [party.exchange(**SHORTEST), party.exchange(**EVERYTHING)]
    own = {"ClientId": APP.client_id, "ClientSecret": APP.client_secret, "SubjectToken": "subject"}
    everything = {
        **own,
        "SubjectTokenType": "ID_TOKEN",
        "SubjectTokenProviderName": "Google",
        "ActorToken": "actor",
        "ActorTokenType": "SAML2",
        "ActorTokenProviderName": "Okta",
        "Scopes": ["a/read", "b/write"],
        "Audiences": ["orders"],
        "Resources": ["https://api.example.com"],
        "RequestedTokenType": "ACCESS_TOKEN",
    }
    assert [(DERIVED, {**own, "SubjectTokenType": "ACCESS_TOKEN"}), (DERIVED, everything)] == party.desk.sent
    assert {None} == {request.headers.get("authorization") for request in party.desk.requests}


def test_the_same_arguments_get_the_same_token(kit: Kit) -> None:
    """A token is kept by every argument of its exchange, until the margin before its end begins."""
    party = machine_party(kit)
    variants = [EVERYTHING | {name: "other"} for name in EVERYTHING if not name.endswith("_type")]
    variants += [EVERYTHING | {name: "ID_TOKEN"} for name in ("actor_token_type", "requested_token_type")]
    variants += [EVERYTHING, EVERYTHING | {"subject_token_type": "SAML2"}, SHORTEST]
    first = [party.exchange(**variant) for variant in variants]
    assert len(variants) == len(set(first)) == len(party.desk.sent)
    party.go(DUE - 1)
    assert first == [party.exchange(**variant) for variant in variants]
    assert first[-3] == party.exchange(**EVERYTHING | {"scopes": ["a/read", "b/write"]})
    assert "token-1" != party.token()
    party.go(1)
    assert first[0] != party.exchange(**variants[0])


@pytest.mark.parametrize("role", ["subject_token", "actor_token"])
@pytest.mark.parametrize("life", [90, 90.0, 89.5])
def test_a_subject_that_ends_first(kit: Kit, role: str, life: float) -> None:
    """A token is not handed out past the end of what it was exchanged for, and is not renewed just before that."""
    party = machine_party(kit)
    arguments = SHORTEST | {role: token(exp=int(NOW) + life)}
    tokens = []
    for _ in range(3):
        tokens.append(party.exchange(**arguments))
        party.go(44.5)
    assert ["token-1"] * 3 == tokens
    party.go(1)
    asked = len(party.desk.sent)
    for _ in range(2):
        party.exchange(**arguments)
    assert asked + 2 == len(party.desk.sent)


def test_a_failure(kit: Kit) -> None:
    """A failed exchange is its caller's, and disturbs no other; a failed renewal leaves the old token in use."""
    party = machine_party(kit)
    party.exchange("first")
    party.go(DUE)
    party.desk.next = [error("NotAuthorizedException"), error("NotAuthorizedException")]
    with pytest.raises(NotAuthorizedException):
        party.exchange("second")
    assert ["token-1"] * 2 == [party.exchange("first"), party.exchange("first")]
    assert 3 == len(party.desk.sent)


@pytest.mark.slow
def test_how_many_are_kept(kit: Kit) -> None:
    """The session keeps a bounded number of tokens, and the one that was used longest ago goes first."""
    party = machine_party(kit)
    for number in range(MOST_EXCHANGED):
        party.exchange(f"subject {number}")
    party.exchange("subject 0")
    party.exchange("one more")
    asked = len(party.desk.sent)
    party.exchange("subject 0")
    party.exchange("subject 2")
    assert asked == len(party.desk.sent) == MOST_EXCHANGED + 1
    party.exchange("subject 1")
    assert asked + 1 == len(party.desk.sent)
    assert MOST_EXCHANGED == len(party.session._keeper._exchanged)


def test_failures_take_no_room(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many exchanges bring no token, they push out at most one that did."""
    monkeypatch.setattr("cognito_idp.tokens.machine_tokens.MOST_EXCHANGED", 4)
    party = machine_party(kit)
    for number in range(4):
        party.exchange(f"good {number}")
    for number in range(10):
        failure = error("NotAuthorizedException") if number % 2 else httpx.Response(200, json={})
        party.desk.next = [failure]
        with pytest.raises(CognitoIdpError):
            party.exchange(f"bad {number}")
    asked = len(party.desk.sent)
    for number in (1, 2, 3):
        party.exchange(f"good {number}")
    assert asked == len(party.desk.sent)
    assert 3 == len(party.session._keeper._exchanged)


def test_tokens_that_have_ended_go(kit: Kit) -> None:
    """The next exchange after their end throws the ended tokens away, and only those."""
    party = machine_party(kit)
    party.exchange("long ago")
    party.exchange("used since")
    party.go(LIFE - 30)
    party.exchange("used since")
    party.go(30)
    party.exchange("new")
    assert 2 == len(party.session._keeper._exchanged)


def test_the_subject_is_not_kept(kit: Kit) -> None:
    """Nothing that a session holds has the token that was exchanged."""
    party = machine_party(kit)
    secret = "subject-that-nobody-else-has"
    party.exchange(secret, actor_token=secret, scopes="a/b")
    party.desk.sent.clear()
    party.desk.requests.clear()
    seen: dict[int, Any] = {}
    todo: list[Any] = [party.session._keeper._exchanged]
    while todo:
        value = todo.pop()
        if id(value) in seen or isinstance(value, type) or callable(value):
            continue
        seen[id(value)] = value
        todo += gc.get_referents(value)
    texts = [
        value.encode() if isinstance(value, str) else value for value in seen.values() if isinstance(value, str | bytes)
    ]
    assert b"token-1" in texts
    assert not [text for text in texts if secret.encode() in text]


@pytest.mark.parametrize(
    ("arguments", "failure", "message"),
    [
        ({"scopes": ""}, ConfigError, "scopes= is empty"),
        ({"scopes": 5}, ConfigError, "scopes= takes a string or several, not int"),
        ({"audience": 5}, ConfigError, "audience= takes a string, not int"),
        ({"audience": ["a", "b"]}, ConfigError, "audience= takes a string, not list"),
        ({"audience": ""}, RequestValidationError, "audiences"),
        ({"resource": "x" * 257}, RequestValidationError, "resources"),
        ({"subject_token": None}, RequestValidationError, "subject_token"),
    ],
)
def test_arguments_that_can_not_be(kit: Kit, arguments: dict[str, Any], failure: type[Exception], message: str) -> None:
    """A wrong argument is named, and nothing is sent or kept for it."""
    party = machine_party(kit)
    with pytest.raises(failure, match=message):
        party.exchange(**SHORTEST | arguments)
    assert [] == party.desk.sent
    assert {} == party.session._keeper._exchanged
