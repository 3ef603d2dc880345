"""The JSON API for programs with an access token (`Authorization: Bearer ...`). Cookies don't count here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cognito_idp import AccessTokenClaims
from cognito_idp.errors import TokenFormatError

from .services import Here

router = APIRouter(prefix="/api")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


async def bearer(here: Here, credentials: Bearer) -> AccessTokenClaims:
    """Return the claims of the request's access token.

    Raises:
        TokenError: the token is missing or refused.
    """
    if credentials is None:
        msg = "the request has no Authorization header with a bearer token"
        raise TokenFormatError(msg)
    return await here.verifier.verify(credentials.credentials)


Caller = Annotated[AccessTokenClaims, Depends(bearer)]


@router.get("/me")
async def me(claims: Caller) -> dict[str, Any]:
    """Return the token's user."""
    return {
        "sub": claims.sub,
        "username": claims.username,
        "groups": claims.groups,
        "scope": sorted(claims.scope),
        "expires": claims.exp.isoformat(),
    }
