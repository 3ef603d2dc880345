"""The JSON API, for programs that bring an access token: `Authorization: Bearer ...`. No cookie counts here."""

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
        TokenError: there is none, or it is refused.
    """
    if credentials is None:
        msg = "the request has no Authorization header with a bearer token"
        raise TokenFormatError(msg)
    return await here.verifier.verify(credentials.credentials)


Caller = Annotated[AccessTokenClaims, Depends(bearer)]


@router.get("/me")
async def me(claims: Caller) -> dict[str, Any]:
    """Return who the token belongs to."""
    return {
        "sub": claims.sub,
        "username": claims.username,
        "groups": claims.groups,
        "scope": sorted(claims.scope),
        "expires": claims.exp.isoformat(),
    }
