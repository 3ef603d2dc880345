"""The guard of FastAPI's routes. It needs the extra `fastapi`."""

# FastAPI reads the annotations of `__call__` at run time, so no import here is for type checkers only.

from collections.abc import Awaitable, Callable
from typing import Any, Generic, Literal, NoReturn, TypeAlias, TypeVar, Unpack, overload

from fastapi import HTTPException, WebSocketException
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPBearer, SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.concurrency import run_in_threadpool

from .._protocol.arguments import check
from .._protocol.tracebacks import clears_frames
from ..tokens.async_verify import AsyncTokenVerifier
from ..tokens.claims import AnyClaims
from ..tokens.verify import TokenVerifier
from ._core import ANY_VERIFIER, Demands, Guard, Presented, Refusal, is_async
from .asgi import POLICY_VIOLATION, takes_answers

__all__ = ["require"]

ClaimsT = TypeVar("ClaimsT", bound=AnyClaims)
ResultT = TypeVar("ResultT")


class _Required(SecurityBase, Generic[ResultT]):
    """A dependency that is also its own security scheme, as FastAPI's are."""

    def __init__(self, verifier: Any, guard: Guard, scheme: SecurityBase) -> None:
        self._verifier = verifier
        self._guard = guard
        self._is_async = is_async(verifier)
        self.model = scheme.model
        self.scheme_name = scheme.scheme_name

    @clears_frames
    async def __call__(self, connection: HTTPConnection, security_scopes: SecurityScopes) -> ResultT:
        headers = connection.headers
        presented = Presented(headers.getlist("authorization"), headers.getlist("cookie"))
        answers = takes_answers(connection.scope)
        del connection, headers  # a user's transport runs below
        scopes = security_scopes.scopes
        if self._is_async:
            outcome = await self._guard.check_async(self._verifier, presented, scopes)
        else:
            outcome = await run_in_threadpool(self._guard.check, self._verifier, presented, scopes)
        if isinstance(outcome, Refusal):
            _refuse(outcome, answers=answers)
        return outcome  # type: ignore[return-value]  # `require` says which claims its verifier returns


def _refuse(refusal: Refusal, *, answers: bool) -> NoReturn:
    if not answers:
        raise WebSocketException(POLICY_VIOLATION, refusal.error)
    # The handler of these exceptions writes the body, and so says what it is.
    headers = {name: value for name, value in refusal.headers.items() if name != "Content-Type"}
    raise HTTPException(refusal.status, refusal.description, headers)


Verifier: TypeAlias = TokenVerifier[ClaimsT] | AsyncTokenVerifier[ClaimsT]


@overload
def require(
    verifier: Verifier[ClaimsT],
    *,
    required: Literal[True] = True,
    scheme: SecurityBase | None = None,
    **demands: Unpack[Demands],
) -> Callable[[HTTPConnection, SecurityScopes], Awaitable[ClaimsT]]: ...


@overload
def require(
    verifier: Verifier[ClaimsT],
    *,
    required: bool,
    scheme: SecurityBase | None = None,
    **demands: Unpack[Demands],
) -> Callable[[HTTPConnection, SecurityScopes], Awaitable[ClaimsT | None]]: ...


def require(
    verifier: Verifier[Any],
    *,
    required: bool = True,
    scheme: SecurityBase | None = None,
    **demands: Unpack[Demands],
) -> Callable[[HTTPConnection, SecurityScopes], Awaitable[Any]]:
    """Return a dependency that demands a good token, and gives its claims to a route.

    ```
    Caller = Annotated[AccessTokenClaims, Depends(require(verifier, scopes="orders/read"))]
    ```

    A refusal is an `HTTPException` with the status and the headers that RFC 6750 asks for, so your handler of these
    exceptions shapes its body. `Security(require(verifier), scopes=[...])` demands its scopes, too. A WebSocket is
    refused before it is accepted. A `TokenVerifier` runs in a thread, since it may fetch keys.

    Args:
        verifier: the verifier of the tokens. Its `token_use` decides the type of the claims.
        required: False gives None to the route if the request has no token. A token that is there is checked all the
            same.
        scheme: the security scheme to show in OpenAPI, such as an `OAuth2AuthorizationCodeBearer`; None shows a bearer
            token in the form of a JWT. It changes nothing else.
        demands: `scopes`, `groups` and `cookie`, as for a `Guard`.

    Raises:
        ConfigError: a setting can't be used.
    """
    check(ANY_VERIFIER, verifier=verifier)
    guard = Guard(required=required, **demands)
    return _Required(verifier, guard, HTTPBearer(bearerFormat="JWT") if scheme is None else scheme)
