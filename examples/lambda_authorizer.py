"""Lambda authorizers that let requests with a good access token pass, for API Gateway and for AppSync.

Settings: `USER_POOL_ID`, `CLIENT_ID`, and `JWKS_URI` for a local server. Handlers: `lambda_authorizer.handler` for REST
APIs, WebSocket APIs and HTTP APIs (payload format 1.0, or 2.0 with simple responses), and
`lambda_authorizer.graphql_handler` for AppSync. The role needs no permission: the keys are public.

The verifier is made while this module is imported, and its keys stay with it from one invocation to the next.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from cognito_idp import TokenVerifier, TrustedPool
from cognito_idp.guards.aws_lambda import api_gateway_authorizer, appsync_authorizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp import AccessTokenClaims

POOL: Final = TrustedPool(
    os.environ["USER_POOL_ID"], client_ids=os.environ["CLIENT_ID"], jwks_uri=os.environ.get("JWKS_URI")
)
VERIFIER: Final = TokenVerifier(POOL, token_use="access")


def denied_fields(claims: AccessTokenClaims) -> Iterator[str]:
    """Yield the fields of the schema that are for administrators."""
    if "admins" not in claims.groups:
        yield "Mutation.deleteOrder"


handler: Final = api_gateway_authorizer(VERIFIER)
graphql_handler: Final = appsync_authorizer(VERIFIER, denied_fields=denied_fields)
