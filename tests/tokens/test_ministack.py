"""Tokens that a server of others issued: ministack signs them with a key of the pool, and names AWS as the issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import AsyncClient, AuthenticationResultType, Client, RevocationCheck
from cognito_idp.errors import (
    TokenAudienceError,
    TokenFormatError,
    TokenIssuerError,
    TokenKeyError,
    TokenRevokedError,
    TokenUseError,
)
from cognito_idp.tokens.pools import TrustedPool
from tests.integration.ministack import Pool, add_user, given, new_pool, settings, sign_in

from .issuing import REASON, verifier_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cognito_idp.testing import CognitoServer
    from tests.support.kit import Kit

pytest.importorskip("jwt", reason=REASON)


class SignedIn:
    """A user of a pool, what signing in gave, and where the pool's keys are."""

    def __init__(self, url: str, client: Client, pool: Pool) -> None:
        self.pool = pool
        self.jwks_uri = f"{url}/{pool.id}/.well-known/jwks.json"
        add_user(client, pool, "mary", email="mary@example.com")
        client.create_group(user_pool_id=pool.id, group_name="admins")
        client.admin_add_user_to_group(user_pool_id=pool.id, username="mary", group_name="admins")
        self.tokens: AuthenticationResultType = sign_in(client, pool)

    def verifier(self, kit: Kit, **changes: Any) -> Any:
        """Make a verifier for the user's pool, by the time of this machine."""
        changes = {"client_ids": self.pool.client_id, "token_use": None, **changes}
        use = changes.pop("token_use")
        pool = TrustedPool(**{"user_pool_id": self.pool.id, "jwks_uri": self.jwks_uri, **changes})
        return verifier_of(kit, pool, token_use=use, clock=None)


@pytest.fixture(scope="session")
def mary(cognito_server: CognitoServer) -> Iterator[SignedIn]:
    """A user who has signed in."""
    with Client(**settings(cognito_server)) as client, new_pool(client) as pool:
        yield SignedIn(cognito_server.endpoint_url, client, pool)


def test_an_access_token(kit: Kit, mary: SignedIn) -> None:
    """The access token of a sign-in is verified with the keys that the server publishes."""
    verifier = mary.verifier(kit, token_use="access")
    claims = kit.run(verifier.verify, given(mary.tokens.access_token), required_groups="admins")
    kit.close(verifier)
    assert (mary.pool.client_id, "mary", ("admins",)) == (claims.client_id, claims.username, claims.groups)
    assert claims.iss.endswith(f".amazonaws.com/{mary.pool.id}")
    assert "aws.cognito.signin.user.admin" in claims.scope
    assert 3600 == (claims.exp - claims.iat).total_seconds()


def test_an_id_token(kit: Kit, mary: SignedIn) -> None:
    """The ID token of a sign-in is verified, and says who the user is."""
    verifier = mary.verifier(kit, token_use="id")
    claims = kit.run(verifier.verify, given(mary.tokens.id_token))
    kit.close(verifier)
    assert (mary.pool.client_id, "mary", "mary@example.com") == (claims.aud, claims.username, claims.email)


def test_what_is_not_for_this_verifier(kit: Kit, mary: SignedIn) -> None:
    """A token of the other kind, of another client or pool, and the refresh token are refused."""
    access, identity, refresh = map(given, (mary.tokens.access_token, mary.tokens.id_token, mary.tokens.refresh_token))
    for changes, token, error in (
        ({"token_use": "access"}, identity, TokenUseError),
        ({"token_use": "id"}, access, TokenUseError),
        ({"client_ids": "other"}, access, TokenAudienceError),
        ({"client_ids": "other"}, identity, TokenAudienceError),
        ({"user_pool_id": "us-east-1_Other"}, access, TokenIssuerError),
        ({}, refresh, (TokenFormatError, TokenIssuerError, TokenKeyError, TokenUseError)),
    ):
        verifier = mary.verifier(kit, **changes)
        with pytest.raises(error):
            kit.run(verifier.verify, token)
        kit.close(verifier)


@pytest.mark.slow
def test_a_revoked_token(kit: Kit, cognito_server: CognitoServer) -> None:
    """A server of others says that a token is good, and after the user's sign-out everywhere that it isn't."""
    own: Any = Client if kit.kind == "sync" else AsyncClient
    with Client(**settings(cognito_server)) as client, new_pool(client) as pool:
        add_user(client, pool, "tom")
        token = given(sign_in(client, pool, "tom").access_token)
        trusted = cognito_server.trusted_pool(pool.id, client_ids=pool.client_id)
        asking = own(**settings(cognito_server))
        verifier = verifier_of(
            kit, trusted, token_use="access", clock=None, revocation=RevocationCheck(asking, remember=0)
        )
        assert "tom" == kit.run(verifier.verify, token).username
        client.admin_disable_user(user_pool_id=pool.id, username="tom")
        client.admin_delete_user(user_pool_id=pool.id, username="tom")
        with pytest.raises(TokenRevokedError):
            kit.run(verifier.verify, token)
        kit.close(verifier)
        kit.close(asking)
