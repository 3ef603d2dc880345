"""Requests that a guard must refuse, and requests that it must let through, as any framework may receive them.

The guard demands the scope `orders/read` and the group `admins`, and takes a token from the cookie `access_token`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import httpx

from cognito_idp import AsyncTokenVerifier, TokenVerifier, TrustedPool
from tests.tokens.issuing import ACCESS, CLIENT, ID, ISSUER, NOW, POOL, Clock, claims, offline_pool, token
from tests.tokens.refused import GOOD, REFUSED

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: Final[Mapping[str, Any]] = {"scopes": "orders/read", "groups": "admins", "cookie": "access_token"}
EXPIRED: Final = token(exp=NOW - 60)
# Its keys are fetched from where nobody answers.
FAR_POOL: Final = f"{POOL}Far"
FAR: Final = token(iss=f"{ISSUER}Far")


def nobody(request: httpx.Request) -> httpx.Response:
    """Stand for a network without a way to the keys."""
    msg = "no route"
    raise httpx.ConnectError(msg, request=request)


def verifier(*, is_async: bool, transport: Any = None, **settings: Any) -> Any:
    """Make a verifier of access tokens of two pools: one with its keys at hand, one whose keys can't be fetched."""
    make: Any = AsyncTokenVerifier if is_async else TokenVerifier
    pools = [offline_pool(), TrustedPool(FAR_POOL, client_ids=CLIENT)]
    settings = {"token_use": "access", "clock": Clock(), "check": lambda claims: claims.username != "eve", **settings}
    return make(pools, transport=httpx.MockTransport(nobody) if transport is None else transport, **settings)


@attrs.frozen
class Asked:
    """A request: its path and query, headers, and body; and the status and error code that it is answered with."""

    status: int = 200
    error: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    path: str = "/orders"
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """Return the values of a header."""
        return [value for key, value in self.headers if key.lower() == name]


def bearer(*values: str, status: int = 401, error: str = "invalid_token", **more: Any) -> Asked:
    """Return a request with these `Authorization` headers."""
    return Asked(status, error, tuple(("Authorization", value) for value in values), **more)


def cookie(*values: str, status: int = 401, error: str = "invalid_token", **more: Any) -> Asked:
    """Return a request with these `Cookie` headers."""
    return Asked(status, error, tuple(("Cookie", value) for value in values), **more)


MISSING: Final[Any] = {"status": 401, "error": "missing_token"}
REPEATED: Final[Any] = {"status": 400, "error": "invalid_request"}
SCANTY: Final[Any] = {"status": 403, "error": "insufficient_scope"}
LATER: Final[Any] = {"status": 503, "error": "temporarily_unavailable"}

BAD: Final[Mapping[str, Asked]] = {
    # No token, or one in a place where none is read
    "nothing": Asked(**MISSING),
    "another-scheme": bearer("Basic bWFyeTpzZWNyZXQ=", **MISSING),
    "another-scheme-with-commas": bearer('Digest username="mary", realm="orders", uri="/orders"', **MISSING),
    "a-scheme-that-begins-alike": bearer(f"BearerToken {GOOD}", **MISSING),
    "no-scheme": bearer(GOOD, **MISSING),
    "empty-header": bearer("", **MISSING),
    "in-the-query": Asked(path=f"/orders?access_token={GOOD}", **MISSING),
    "in-the-body": Asked(
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        body=f"access_token={GOOD}".encode(),
        **MISSING,
    ),
    "in-another-header": Asked(headers=(("X-Authorization", f"Bearer {GOOD}"),), **MISSING),
    "for-a-proxy": Asked(headers=(("Proxy-Authorization", f"Bearer {GOOD}"),), **MISSING),
    "in-another-cookie": cookie(f"id_token={GOOD}", **MISSING),
    "cookie-in-capitals": cookie(f"Access_Token={GOOD}", **MISSING),
    "cookie-within-another": cookie(f"a=access_token={GOOD}", **MISSING),
    # What is not a token
    "scheme-alone": bearer("Bearer"),
    "scheme-twice": bearer(f"Bearer Bearer {GOOD}"),
    "tab-for-a-space": bearer(f"Bearer\t{GOOD}"),
    "two-tokens-in-one": bearer(f"Bearer {GOOD} {GOOD}"),
    "quoted": bearer(f'Bearer "{GOOD}"'),
    "as-a-parameter": bearer(f"Bearer token={GOOD}"),
    "no-jwt": bearer("Bearer 0123456789abcdef"),
    "percent-encoded": bearer(f"Bearer {GOOD.replace('.', '%2E')}"),
    "too-long": bearer(f"Bearer {GOOD}{'A' * 16_384}"),
    "a-megabyte": bearer(f"Bearer {'A' * 1_048_576}"),
    "not-ascii": bearer(f"Bearer {GOOD}é"),
    "cookie-not-a-token": cookie("access_token=0123456789abcdef"),
    "cookie-empty": cookie("access_token="),
    "cookie-quoted": cookie(f'access_token="{GOOD}"'),
    "cookie-without-a-value": cookie("theme=dark; access_token"),
    # Tokens that the verifier refuses
    "unsigned": bearer(f"Bearer {REFUSED['alg-none'][0]}"),
    "signed-with-the-public-key": bearer(f"Bearer {REFUSED['hs256-with-the-pem'][0]}"),
    "changed": bearer(f"Bearer {REFUSED['payload-changed'][0]}"),
    "from-another-pool": bearer(f"Bearer {REFUSED['iss-another-pool'][0]}"),
    "for-another-client": bearer(f"Bearer {REFUSED['client-another'][0]}"),
    "for-another-resource": bearer(f"Bearer {token(aud='https://bills.example.com')}"),
    "an-id-token": bearer(f"Bearer {token(claims(ID))}"),
    "expired": bearer(f"Bearer {EXPIRED}"),
    "not-yet-valid": bearer(f"Bearer {token(nbf=NOW + 60)}"),
    "cookie-expired": cookie(f"access_token={EXPIRED}"),
    # More than one
    "two-headers": bearer(f"Bearer {GOOD}", f"Bearer {GOOD}", **REPEATED),
    "two-headers-one-of-another-scheme": bearer("Basic bWFyeTpzZWNyZXQ=", f"Bearer {GOOD}", **REPEATED),
    "two-headers-in-one": bearer(f"Bearer {GOOD}, Bearer {EXPIRED}", **REPEATED),
    "a-header-after-a-scheme-alone": bearer("Bearer", f"Bearer {GOOD}", **REPEATED),
    "header-and-cookie": Asked(
        headers=(("Authorization", f"Bearer {GOOD}"), ("Cookie", f"access_token={GOOD}")), **REPEATED
    ),
    "cookie-twice": cookie(f"access_token={GOOD}; access_token={EXPIRED}", **REPEATED),
    "cookie-twice-spelled-apart": cookie(f"access_token={GOOD}; access_token ={EXPIRED}", **REPEATED),
    "cookie-in-two-headers": cookie(f"access_token={GOOD}", f"access_token={EXPIRED}", **REPEATED),
    # Not enough
    "no-scope": bearer(f"Bearer {token(scope='openid')}", **SCANTY),
    "no-group": bearer(f"Bearer {token({**ACCESS, 'cognito:groups': ['editors']})}", **SCANTY),
    "against-a-rule-of-ones-own": bearer(f"Bearer {token(username='eve')}", **SCANTY),
    "cookie-no-scope": cookie(f"access_token={token(scope='openid')}", **SCANTY),
    # Not known
    "keys-out-of-reach": bearer(f"Bearer {FAR}", **LATER),
    "cookie-keys-out-of-reach": cookie(f"access_token={FAR}", **LATER),
}

GOOD_ONES: Final[Mapping[str, Asked]] = {
    "header": bearer(f"Bearer {GOOD}", status=200, error=""),
    "scheme-in-lower-case": bearer(f"bearer {GOOD}", status=200, error=""),
    "scheme-in-capitals": bearer(f"BEARER {GOOD}", status=200, error=""),
    "several-spaces": bearer(f"Bearer   {GOOD}", status=200, error=""),
    "name-in-capitals": Asked(headers=(("AUTHORIZATION", f"Bearer {GOOD}"),)),
    "cookie": cookie(f"access_token={GOOD}", status=200, error=""),
    "cookie-among-others": cookie(f"theme=dark;access_token={GOOD};  id_token={EXPIRED}", status=200, error=""),
    "cookie-beside-another-scheme": Asked(
        headers=(("Authorization", "Basic bWFyeTpzZWNyZXQ="), ("Cookie", f"access_token={GOOD}"))
    ),
}
