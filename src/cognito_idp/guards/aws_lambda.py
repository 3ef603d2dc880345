"""Authorizers: Lambda functions that API Gateway and AppSync ask whether a request may pass.

A refused caller learns a status and nothing else. The operator finds the reason in a log line of level WARNING.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .._errors import CognitoIdpError, ConfigError
from .._protocol.arguments import FUNCTION, check, check_given
from .._protocol.tracebacks import clears_frames
from ..tokens.claims import AccessTokenClaims, AnyClaims
from ..tokens.names import names
from ._core import FORBIDDEN, UNAVAILABLE, VERIFIER, Guard, Presented, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias, Unpack

    from ..tokens.names import Names
    from ..tokens.verify import TokenVerifier
    from ._core import Demands

    Event: TypeAlias = Mapping[str, Any]
    Handler: TypeAlias = Callable[[Event, object], dict[str, Any]]

__all__ = ["AuthorizerError", "api_gateway_authorizer", "appsync_authorizer"]

ClaimsT = TypeVar("ClaimsT", bound=AnyClaims)

# API Gateway makes status 401 of an error with exactly this text, and 500 of any other.
_UNAUTHORIZED: Final = "Unauthorized"
_UNAVAILABLE: Final = "Unavailable"


class AuthorizerError(CognitoIdpError):
    """What an authorizer raises so that its answer is not remembered, with the text `Unauthorized` or `Unavailable`."""


def api_gateway_authorizer(
    verifier: TokenVerifier[ClaimsT],
    *,
    context: Callable[[ClaimsT], Mapping[str, object]] | None = None,
    **demands: Unpack[Demands],
) -> Handler:
    """Return a handler for a Lambda authorizer of API Gateway.

    ```
    verifier = TokenVerifier("eu-west-1_AbCdEfGhI", client_ids="1example23456789", token_use="access")
    handler = api_gateway_authorizer(verifier, scopes="orders/read")
    ```

    It serves REST APIs (types TOKEN and REQUEST), WebSocket APIs, and HTTP APIs with the payload format 1.0, or 2.0
    with simple responses. Policies are for the whole stage: API Gateway remembers a policy for the token and applies it
    to every method of the authorizer, so one for a single method would refuse the next.

    | | REST, WebSocket and payload 1.0 | payload 2.0 |
    |---|---|---|
    | no token, a bad one, or several | 401 | 403 |
    | a scope or group is missing | 403 | 403 |
    | the token can't be checked | 500, not remembered | 500, not remembered |

    Args:
        verifier: the verifier of the tokens. Make it while the module is imported, so that it keeps the keys.
        context: a function from the claims to what the integration gets as `$context.authorizer`, instead of `sub`,
            `username`, `client_id`, `scope` and `groups`. Values become strings.
        demands: `scopes`, `groups` and `cookie`, as for a `Guard`.

    Raises:
        ConfigError: a setting can't be used. The handler raises it for an event that needs a policy and has no
            `methodArn`.
    """
    authorizer = _Authorizer(verifier, context, demands)

    @clears_frames
    def handler(event: Event, _: object) -> dict[str, Any]:
        presented, is_simple, arn = _presented(event), event.get("version") == "2.0", event.get("methodArn") or ""
        del event  # it holds the token, and a user's transport runs below
        refusal, claims = authorizer.outcome(presented)
        values = {} if refusal else authorizer.context(claims)
        if is_simple:
            return {"isAuthorized": not refusal, "context": values}
        if refusal and refusal.status != FORBIDDEN:
            raise AuthorizerError(_UNAUTHORIZED)
        policy = _policy("Deny" if refusal else "Allow", arn)
        principal = "refused" if refusal else claims.sub
        return {"principalId": principal, "policyDocument": policy, "context": values}

    return handler


def appsync_authorizer(
    verifier: TokenVerifier[ClaimsT],
    *,
    context: Callable[[ClaimsT], Mapping[str, object]] | None = None,
    denied_fields: Callable[[ClaimsT], Names] | None = None,
    scopes: Names = (),
    groups: Names = (),
) -> Handler:
    """Return a handler for a Lambda authorizer of AppSync.

    AppSync reserves the scheme `Bearer` for its own check of tokens, so the token may stand alone in the header. A
    caller who is refused gets an `UnauthorizedException`, whatever the reason.

    Args:
        verifier: the verifier of the tokens. Make it while the module is imported, so that it keeps the keys.
        context: a function from the claims to what resolvers get as `$ctx.identity.resolverContext`, instead of `sub`,
            `username`, `client_id`, `scope` and `groups`. Values become strings.
        denied_fields: a function from the claims to the fields that are null for this caller, such as
            `["Order.margin", "Mutation.deleteOrder"]`. A string is one field.
        scopes: as for a `Guard`.
        groups: as for a `Guard`.

    Raises:
        ConfigError: a setting can't be used. The handler raises it if `denied_fields` doesn't return names.
    """
    check_given(FUNCTION, denied_fields=denied_fields)
    authorizer = _Authorizer(verifier, context, {"scopes": scopes, "groups": groups})

    @clears_frames
    def handler(event: Event, _: object) -> dict[str, Any]:
        presented = Presented([_with_scheme(event.get("authorizationToken") or "")])
        del event  # it holds the token, and a user's transport runs below
        refusal, claims = authorizer.outcome(presented)
        if refusal:
            return {"isAuthorized": False}
        denied = [] if denied_fields is None else sorted(names(denied_fields(claims), "denied_fields"))
        return {"isAuthorized": True, "resolverContext": authorizer.context(claims), "deniedFields": denied}

    return handler


class _Authorizer:
    """What both kinds share: a refusal by status, and strings for the context."""

    def __init__(
        self,
        verifier: TokenVerifier[Any],
        context: Callable[[Any], Mapping[str, object]] | None,
        demands: Demands,
    ) -> None:
        check(VERIFIER, verifier=verifier)
        check_given(FUNCTION, context=context)
        self._verifier = verifier
        self._guard = Guard(log_level=logging.WARNING, **demands)
        self._context = _context if context is None else context

    def outcome(self, presented: Presented) -> tuple[Refusal | None, Any]:
        """Return a refusal that may be remembered, or else the claims.

        Raises:
            AuthorizerError: the token can't be checked now. A refusal would be remembered for minutes.
        """
        outcome = self._guard.check(self._verifier, presented)
        if not isinstance(outcome, Refusal):
            return None, outcome
        if outcome.status == UNAVAILABLE:
            raise AuthorizerError(_UNAVAILABLE)
        return outcome, None

    def context(self, claims: Any) -> dict[str, str]:
        """Return what the integration or the resolvers get."""
        return {name: str(value) for name, value in self._context(claims).items()}


def _context(claims: AnyClaims) -> dict[str, str]:
    # The names of a pool's groups have no spaces. A Lambda trigger's may, and would read as several groups.
    groups = " ".join(name for name in claims.groups if name.split() == [name])
    values = {"sub": claims.sub, "groups": groups}
    if claims.username is not None:
        values["username"] = claims.username
    if isinstance(claims, AccessTokenClaims):
        return {**values, "client_id": claims.client_id, "scope": " ".join(sorted(claims.scope))}
    return {**values, "client_id": claims.aud}


def _presented(event: Event) -> Presented:
    if event.get("type") == "TOKEN":
        return Presented([event.get("authorizationToken") or ""])
    headers: dict[str, list[str]] = {"authorization": [], "cookie": []}
    several = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    for name, values in several.items():
        headers.get(name.lower(), []).extend(values)
    return Presented(headers["authorization"], event.get("cookies") or headers["cookie"])


def _with_scheme(token: str) -> str:
    return f"Bearer {token}" if token and " " not in token else token


def _policy(effect: str, method_arn: str) -> dict[str, Any]:
    """Return a policy for the whole stage of `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`.

    Raises:
        ConfigError: the event has no such ARN.
    """
    api, _, rest = method_arn.partition("/")
    if not rest:
        msg = "the event needs a methodArn, arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH, for a policy"
        raise ConfigError(msg)
    stage = rest.partition("/")[0]
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{api}/{stage}/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
