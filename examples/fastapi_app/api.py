"""The JSON API for programs with an access token (`Authorization: Bearer ...`). Cookies don't count here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from cognito_idp import AccessTokenClaims, AsyncTokenVerifier
from cognito_idp.guards.fastapi import require


def router(verifier: AsyncTokenVerifier[AccessTokenClaims]) -> APIRouter:
    """Return the routes, each of which needs a token."""
    routes = APIRouter(prefix="/api")
    caller = require(verifier)

    @routes.get("/me")
    async def me(claims: Annotated[AccessTokenClaims, Depends(caller)]) -> dict[str, Any]:
        """Return the token's user."""
        return {
            "sub": claims.sub,
            "username": claims.username,
            "groups": claims.groups,
            "scope": sorted(claims.scope),
            "expires": claims.exp.isoformat(),
        }

    return routes
