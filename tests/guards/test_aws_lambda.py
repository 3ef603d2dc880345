"""Authorizers: the policy, the context, and what is not remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_idp import AccessTokenClaims, ConfigError
from cognito_idp.guards.aws_lambda import AuthorizerError, api_gateway_authorizer, appsync_authorizer
from tests.tokens.issuing import ACCESS, CLIENT, ID, REASON, SUB, claims, token
from tests.tokens.refused import GOOD

from .asked import FAR, verifier
from .doors import ARN

pytest.importorskip("jwt", reason=REASON)

SCANTY = token(scope="openid")
CONTEXT = {
    "sub": SUB,
    "username": "mary",
    "client_id": CLIENT,
    "scope": "openid orders/read",
    "groups": "admins editors",
}


def rest(text: str, arn: str = ARN) -> dict[str, Any]:
    """Return an event of a REST API's authorizer."""
    return {"type": "TOKEN", "authorizationToken": f"Bearer {text}", "methodArn": arn}


def http(text: str) -> dict[str, Any]:
    """Return an event of an HTTP API's authorizer."""
    return {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": {"authorization": f"Bearer {text}"}}


@pytest.mark.parametrize(
    ("arn", "resource"),
    [
        (ARN, "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*"),
        (f"{ARN}/12/lines", "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*"),
        ("arn:aws-cn:execute-api:cn-north-1:1:a1/v1/GET/", "arn:aws-cn:execute-api:cn-north-1:1:a1/v1/*"),
        ("arn:aws:execute-api:eu-west-1:1:a1/$default/POST/x", "arn:aws:execute-api:eu-west-1:1:a1/$default/*"),
        ("arn:aws:execute-api:eu-west-1:1:a1/live/$connect", "arn:aws:execute-api:eu-west-1:1:a1/live/*"),
    ],
)
def test_a_policy_is_good_for_every_method_of_the_stage(arn: str, resource: str) -> None:
    """API Gateway keeps a policy for the token, so it must be right for the next method, too, whether yes or no."""
    handler = api_gateway_authorizer(verifier(is_async=False), scopes="orders/read")
    for text, effect in ((GOOD, "Allow"), (SCANTY, "Deny")):
        answer = handler(rest(text, arn), None)
        (statement,) = answer["policyDocument"]["Statement"]
        assert {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource} == statement
        assert "2012-10-17" == answer["policyDocument"]["Version"]


def test_the_principal_and_the_context() -> None:
    """The integration gets the user's id and strings; of a refused token, nothing."""
    handler = api_gateway_authorizer(verifier(is_async=False), scopes="orders/read")
    answer = handler(rest(GOOD), None)
    assert (SUB, CONTEXT) == (answer["principalId"], answer["context"])
    refused = handler(rest(SCANTY), None)
    assert ("refused", {}) == (refused["principalId"], refused["context"])
    assert {"isAuthorized": True, "context": CONTEXT} == handler(http(GOOD), None)
    assert {"isAuthorized": False, "context": {}} == handler(http(SCANTY), None)


def test_the_context_of_other_tokens() -> None:
    """An ID token has its app client in the same place and no scope; a token without a username has none."""
    handler = api_gateway_authorizer(verifier(is_async=False, token_use=None))
    of_id = handler(http(token(claims(ID))), None)["context"]
    assert {"sub": SUB, "username": "mary", "client_id": CLIENT, "groups": "admins"} == of_id
    of_machine = handler(http(token({**ACCESS, "username": None, "cognito:groups": []})), None)["context"]
    assert {"sub": SUB, "client_id": CLIENT, "scope": "openid orders/read", "groups": ""} == of_machine


@pytest.mark.parametrize("name", ["not admins", "admins\tx", " admins", "admins\u2028x", "admins\u00a0", "", " "])
def test_a_group_that_would_read_as_several(name: str) -> None:
    """A name of a group that a trigger made of several words makes nobody a member of a group by one of them."""
    handler = api_gateway_authorizer(verifier(is_async=False))
    answer = handler(http(token({**ACCESS, "cognito:groups": ["editors", name, "staff"]})), None)
    assert "editors staff" == answer["context"]["groups"]


def test_a_context_of_ones_own() -> None:
    """A function chooses the values, which become strings, since API Gateway and AppSync take no others."""

    def context(claims: AccessTokenClaims) -> dict[str, object]:
        return {"tenant": claims.all.get("tenant"), "admin": "admins" in claims.groups, "version": claims.version}

    expected = {"tenant": "None", "admin": "True", "version": "2"}
    rest_handler = api_gateway_authorizer(verifier(is_async=False), context=context)
    graphql_handler = appsync_authorizer(verifier(is_async=False), context=context)
    assert expected == rest_handler(rest(GOOD), None)["context"]
    assert expected == graphql_handler({"authorizationToken": GOOD}, None)["resolverContext"]


def test_denied_fields() -> None:
    """AppSync nulls the fields that a function names for the caller."""
    handler = appsync_authorizer(
        verifier(is_async=False), denied_fields=lambda claims: ("Order.margin" for _ in claims.groups[:1])
    )
    answer = handler({"authorizationToken": GOOD}, None)
    assert {"isAuthorized": True, "resolverContext": CONTEXT, "deniedFields": ["Order.margin"]} == answer
    assert answer == json.loads(json.dumps(answer))
    assert {"isAuthorized": False} == handler({"authorizationToken": None}, None)


@pytest.mark.parametrize("fields", ["Order.margin", ["Order.margin"], ("Order.margin", "Order.margin")])
def test_a_denied_field_is_a_name(fields: Any) -> None:
    """A function that returns one name denies this field, not one for each of its letters."""
    handler = appsync_authorizer(verifier(is_async=False), denied_fields=lambda _: fields)
    assert ["Order.margin"] == handler({"authorizationToken": GOOD}, None)["deniedFields"]


@pytest.mark.parametrize("fields", [None, [None], b"Order.margin", 5])
def test_denied_fields_that_cannot_be_used(fields: Any) -> None:
    """What is not names fails the request, so that nobody gets a field because of it."""
    handler = appsync_authorizer(verifier(is_async=False), denied_fields=lambda _: fields)
    with pytest.raises(ConfigError, match=r"^denied_fields= takes a string or several, not "):
        handler({"authorizationToken": GOOD}, None)


@pytest.mark.parametrize("token", [None, ""])
def test_the_log_of_no_token(token: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """AppSync without a token logs that there is none, and not that one is malformed."""
    appsync_authorizer(verifier(is_async=False))({"authorizationToken": token}, None)
    assert ["refused with 401: MissingTokenError: the request has no bearer token"] == caplog.messages


@pytest.mark.parametrize("more", [{}, {"methodArn": None}, {"methodArn": "arn:aws:execute-api:eu-west-1:1:a1"}])
def test_an_event_without_the_arn_of_a_method(more: dict[str, Any]) -> None:
    """A policy needs the event's `methodArn`, and an error says so."""
    handler = api_gateway_authorizer(verifier(is_async=False))
    with pytest.raises(ConfigError, match=r"^the event needs a methodArn, "):
        handler({"type": "TOKEN", "authorizationToken": f"Bearer {GOOD}", **more}, None)


@pytest.mark.parametrize("event", [rest(FAR), http(FAR), {"authorizationToken": FAR}])
def test_a_failure_is_not_remembered(event: dict[str, Any]) -> None:
    """If the keys can't be had, an authorizer raises instead of saying no, which would be kept for minutes."""
    make: Any = api_gateway_authorizer if "type" in event else appsync_authorizer
    with pytest.raises(AuthorizerError, match=r"^Unavailable$"):
        make(verifier(is_async=False))(event, None)


def test_the_text_that_makes_401() -> None:
    """API Gateway answers 401 to an error with exactly the text `Unauthorized`, and the error leads to no reason."""
    with pytest.raises(AuthorizerError, match=r"^Unauthorized$") as caught:
        api_gateway_authorizer(verifier(is_async=False))(rest("x"), None)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def test_events_without_headers() -> None:
    """An event whose headers are missing or null has no token."""
    handler = api_gateway_authorizer(verifier(is_async=False))
    for more in ({}, {"headers": None}, {"headers": None, "multiValueHeaders": None}, {"type": "TOKEN"}):
        with pytest.raises(AuthorizerError, match=r"^Unauthorized$"):
            handler({"type": "REQUEST", "methodArn": ARN, **more}, None)
        assert {"isAuthorized": False, "context": {}} == handler({"version": "2.0", **more}, None)


def test_settings_that_cannot_be_used() -> None:
    """An async verifier, and what is no function, is refused while the function starts."""
    with pytest.raises(ConfigError, match=r"^verifier= takes a TokenVerifier, not AsyncTokenVerifier$"):
        api_gateway_authorizer(verifier(is_async=True))
    with pytest.raises(ConfigError, match=r"^context= takes a function, not dict$"):
        api_gateway_authorizer(verifier(is_async=False), context={})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^denied_fields= takes a function, not list$"):
        appsync_authorizer(verifier(is_async=False), denied_fields=["Order.margin"])  # type: ignore[arg-type]
