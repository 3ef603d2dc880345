"""Tokens for tests of what a verifier guards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import AsyncTokenVerifier, TokenVerifier, TrustedPool
from cognito_idp.errors import (
    TokenAudienceError,
    TokenExpiredError,
    TokenIssuerError,
    TokenSignatureError,
    TokenUseError,
)
from cognito_idp.testing import TokenIssuer
from tests.tokens.issuing import REASON

if TYPE_CHECKING:
    from tests.support.kit import Kit

pytest.importorskip("jwt", reason=REASON)

ISSUER = TokenIssuer("eu-west-1_EXAMPLE", "client")


def verify(kit: Kit, token: str, pool: TrustedPool = ISSUER.pool, *, use: str = "access", **wanted: Any) -> Any:
    """Verify a token with a verifier of the kit's kind."""
    made: Any = TokenVerifier if kit.kind == "sync" else AsyncTokenVerifier
    verifier = made(pool, token_use=use)
    try:
        return kit.run(verifier.verify, token, **wanted)
    finally:
        kit.close(verifier)


def test_an_access_token(kit: Kit) -> None:
    """An access token is accepted, and carries user, scopes, groups and what else was asked for."""
    token = ISSUER.access_token("mary", scope="openid orders/read", groups=["admins"], sub="mary-1")
    claims = verify(kit, token, required_scopes="orders/read", required_groups="admins")
    assert ("mary", "client", "mary-1", ("admins",)) == (claims.username, claims.client_id, claims.sub, claims.groups)
    assert "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE" == claims.iss
    assert 3600 == (claims.exp - claims.iat).total_seconds()


def test_an_id_token(kit: Kit) -> None:
    """An ID token is accepted, and carries the attributes that were given."""
    claims = verify(kit, ISSUER.id_token("mary", email="mary@example.com"), use="id")
    assert ("mary", "client", "mary@example.com", ()) == (claims.username, claims.aud, claims.email, claims.groups)


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (ISSUER.access_token("mary", expires_in=-60), TokenExpiredError),
        (ISSUER.id_token("mary"), TokenUseError),
        (ISSUER.access_token("mary", client_id="other"), TokenAudienceError),
        (ISSUER.access_token("mary", iss="https://example.com"), TokenIssuerError),
        (TokenIssuer("eu-west-1_EXAMPLE", "client").access_token("mary"), TokenSignatureError),
    ],
)
def test_tokens_to_be_refused(kit: Kit, token: str, error: type[Exception]) -> None:
    """Tokens that have ended, are for something else, or come from another issuer can be made, too."""
    with pytest.raises(error):
        verify(kit, token)


@pytest.mark.slow
def test_the_clock(kit: Kit) -> None:
    """The tokens are issued by the clock that was given."""
    old = TokenIssuer(clock=lambda: 1_000_000_000.0)
    with pytest.raises(TokenExpiredError):
        verify(kit, old.access_token("mary"), old.pool)
