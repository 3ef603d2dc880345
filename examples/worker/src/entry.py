"""A Cloudflare Worker in Python that signs users in and shows a signed-in user who they are.

    POST /sign-in   {"username": ..., "password": ...}  ->  tokens, or the challenge that comes next
    POST /respond   {"state": ..., "code": ...}         ->  the same; `code`, `new_password`, ... answer the challenge
    GET /me         Authorization: Bearer ...           ->  what the access token says

Bindings: `USER_POOL_ID` and `CLIENT_ID`; `CLIENT_SECRET` if the app client has one; `COGNITO_ENDPOINT` for a server
other than AWS's. The app client allows `USER_SRP_AUTH`. None of these calls needs AWS credentials.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from workers import Response, WorkerEntrypoint  # type: ignore[import-not-found]

from cognito_idp import (
    AppClient,
    AsyncClient,
    AsyncTokenVerifier,
    Outcome,
    ServiceError,
    SignedIn,
    SignInError,
    TokenError,
    TransportError,
    TrustedPool,
    challenge_from_state,
)

_ANSWERS = ("code", "new_password", "choice", "username")


# Made by the first request and kept by the isolate: where a Worker starts, it may neither send nor draw random numbers.
@cache
def client(region: str, endpoint_url: str | None) -> AsyncClient:
    """Return the client."""
    return AsyncClient(region, endpoint_url=endpoint_url, timeout=10.0)


@cache
def verifier(pool: TrustedPool) -> AsyncTokenVerifier[Any]:
    """Return the verifier, which keeps the pool's keys."""
    return AsyncTokenVerifier(pool, token_use="access")


class Default(WorkerEntrypoint):  # type: ignore[misc]  # the runtime's own class
    """The Worker."""

    async def fetch(self, request: Any) -> Any:
        """Answer a request."""
        match request.method, request.url.partition("://")[2].partition("/")[2].partition("?")[0]:
            case "POST", "sign-in":
                return await self._sign_in(json.loads(await request.text()))
            case "POST", "respond":
                return await self._respond(json.loads(await request.text()))
            case "GET", "me":
                return await self._me(request.headers.get("authorization") or "")
        return _json({"error": "there is no such thing here"}, 404)

    @property
    def _app(self) -> AppClient:
        env = self.env
        return AppClient(env.USER_POOL_ID, env.CLIENT_ID, getattr(env, "CLIENT_SECRET", None))

    @property
    def _client(self) -> AsyncClient:
        app = self._app
        return client(app.region or "us-east-1", getattr(self.env, "COGNITO_ENDPOINT", None))

    async def _sign_in(self, body: dict[str, str]) -> Any:
        return await _answer(self._client.sign_in(self._app, username=body["username"], password=body["password"]))

    async def _respond(self, body: dict[str, str]) -> Any:
        app = self._app
        answers: dict[str, Any] = {name: body[name] for name in _ANSWERS if name in body}

        async def call() -> Outcome:
            return await self._client.respond(app, challenge_from_state(body["state"], app), **answers)

        return await _answer(call())

    async def _me(self, authorization: str) -> Any:
        app, endpoint = self._app, getattr(self.env, "COGNITO_ENDPOINT", None)
        keys = None if endpoint is None else f"{endpoint}/{app.user_pool_id}/.well-known/jwks.json"
        pool = TrustedPool(app.user_pool_id, client_ids=app.client_id, jwks_uri=keys)
        try:
            claims = await verifier(pool).verify(authorization.removeprefix("Bearer "))
        except TokenError as error:
            return _json({"error": type(error).__name__}, 401)
        return _json({"username": claims.username, "groups": list(claims.groups)})


async def _answer(call: Any) -> Any:
    try:
        outcome: Outcome = await call
    except ServiceError as error:
        return _json({"error": error.code}, 429 if error.is_throttle else 401)
    except SignInError as error:
        return _json({"error": type(error).__name__}, 400)
    except TransportError as error:
        return _json({"error": type(error).__name__}, 502)
    if isinstance(outcome, SignedIn):
        tokens = outcome.tokens
        return _json({"access_token": tokens.access_token, "refresh_token": tokens.refresh_token})
    # The state belongs to the browser that began: keep it in a cookie of yours, encrypted or signed.
    return _json({"challenge": outcome.name, "state": str(outcome.to_state())})


def _json(value: dict[str, Any], status: int = 200) -> Any:
    return Response(json.dumps(value), status=status, headers={"content-type": "application/json"})
