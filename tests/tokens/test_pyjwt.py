"""PyJWT decides in the same way wherever it has an opinion."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp.errors import (
    TokenAudienceError,
    TokenError,
    TokenExpiredError,
    TokenIssuerError,
    TokenNotYetValidError,
    TokenSignatureError,
)

from .issuing import (
    CLIENT,
    ID,
    ISSUER,
    MISSING,
    REASON,
    claims,
    jwk,
    offline,
    offline_pool,
    private_key,
    signed,
    token,
)

jwt = pytest.importorskip("jwt", reason=REASON)

# A loaded machine takes its time.
unhurried = settings(deadline=None)

# PyJWT reads its own clock, so times lie far enough from now for both to agree.
NOW = int(time.time())
times = st.sampled_from([-100_000, -1000, 1000, 100_000]).map(lambda offset: NOW + offset)
VERIFIER = offline(offline_pool(), token_use="id", clock=time.time)

ERRORS = {
    TokenSignatureError: "InvalidSignatureError",
    TokenExpiredError: "ExpiredSignatureError",
    TokenNotYetValidError: "ImmatureSignatureError",
    TokenIssuerError: "InvalidIssuerError",
    TokenAudienceError: "InvalidAudienceError",
}


def decoded(given: Any) -> dict[str, Any]:
    """Decode with PyJWT, demanding as much as it can check of an ID token."""
    found: dict[str, Any] = jwt.decode(
        given,
        private_key("first").public_key(),
        algorithms=["RS256"],
        issuer=ISSUER,
        audience=CLIENT,
        options={"require": ["exp", "iss", "aud", "sub"], "strict_aud": True, "verify_iat": False},
    )
    return found


def outcome(call: Any, given: Any, errors: type[Exception]) -> Any:
    """Return what a call returns, or the class of its error."""
    try:
        return call(given)
    except errors as error:
        return type(error)


@pytest.mark.slow
@unhurried
@given(
    exp=times,
    nbf=times | st.just(MISSING),
    iat=times | st.just(MISSING),
    iss=st.sampled_from([ISSUER, ISSUER, f"{ISSUER}x"]),
    aud=st.sampled_from([CLIENT, CLIENT, "other"]),
    kid=st.sampled_from(["first", "first", "second"]),
    email=st.text(max_size=10),
)
def test_both_decide_alike(kid: str, **changes: Any) -> None:
    """An ID token is accepted by both, with the same claims, or refused by both; PyJWT is told to leave `iat` alone.

    Where one thing alone is wrong the errors correspond.
    """
    issued = signed({"kid": "first", "alg": "RS256"}, claims(ID, **changes), kid)
    ours = outcome(lambda given: VERIFIER.verify(given).all, issued, TokenError)
    theirs = outcome(decoded, issued, jwt.PyJWTError)
    assert isinstance(ours, dict) == isinstance(theirs, dict)
    if isinstance(ours, dict):
        assert theirs == ours
    faults = [
        kid != "first",
        changes["iss"] != ISSUER,
        changes["aud"] != CLIENT,
        changes["exp"] < NOW,
        type(changes["nbf"]) is int and changes["nbf"] > NOW,
    ]
    if faults.count(True) == 1:
        assert ERRORS[ours] == theirs.__name__


def test_a_token_that_pyjwt_made_is_accepted() -> None:
    """PyJWT's own encoder makes tokens that the verifier takes."""
    issued = jwt.encode(claims(ID, exp=NOW + 86_400, iat=NOW), private_key("first"), "RS256", headers={"kid": "first"})
    assert decoded(issued) == VERIFIER.verify(issued).all


def test_the_keys_are_those_that_pyjwt_reads() -> None:
    """The keys of a set are the same that PyJWT's own reader of JWK sets finds."""
    theirs = jwt.PyJWKSet.from_dict({"keys": [jwk("first"), jwk("second"), {"kty": "RSA"}]})
    ours = VERIFIER._verification._rs256.public_keys({"keys": [jwk("first"), jwk("second"), {"kty": "RSA"}]})
    assert {key.key_id: key.key for key in theirs.keys} == ours


def test_a_good_token_stays_good_under_the_name_of_its_issuer_only() -> None:
    """With one issuer named, the verifier and PyJWT agree that the other published form is another one."""
    updated = ISSUER.replace("cognito-idp", "issuer-cognito-idp")
    issued = token(claims(ID, iss=updated, exp=NOW + 86_400, iat=NOW))
    only = offline(offline_pool(issuer=ISSUER), clock=time.time)
    assert (TokenIssuerError, "InvalidIssuerError") == (
        outcome(only.verify, issued, TokenError),
        outcome(decoded, issued, jwt.PyJWTError).__name__,
    )
