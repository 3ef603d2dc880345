"""What is not accepted, each with its own error."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_idp import CognitoIdpError, _user_errors, errors
from cognito_idp.errors import (
    TokenError,
    TokenFormatError,
    TokenSignatureError,
    TokenTooLargeError,
    TokenUseError,
)

from .issuing import ID, REASON, SUB, claims, offline, signed, token
from .refused import GOOD, REFUSED, RS256

pytest.importorskip("jwt", reason=REASON)


@pytest.mark.parametrize(("refused", "error"), REFUSED.values(), ids=list(REFUSED))
def test_a_token_is_refused_with_the_error_that_says_why(refused: Any, error: type[TokenError]) -> None:
    """Each of these tokens is refused with exactly the class of its fault, even where both kinds are accepted."""
    with pytest.raises(TokenError) as caught:
        offline().verify(refused)
    assert error is type(caught.value)


@pytest.mark.parametrize("refused", [each for each, _ in REFUSED.values() if isinstance(each, str) and each])
def test_no_error_shows_the_token_or_its_user(refused: str) -> None:
    """Neither the text of a refusal nor that of what led to it has a part of the token, the user's id or name."""
    with pytest.raises(TokenError) as caught:
        offline().verify(refused)
    error: BaseException | None = caught.value
    while error is not None:
        shown = f"{error} {error!r} {vars(error)}"
        assert [] == [part for part in refused.split(".") if len(part) > 8 and part in shown]
        assert not any(secret in shown for secret in (SUB, "mary", "editors"))
        error = error.__cause__ or error.__context__


def test_the_same_token_is_accepted_where_nothing_is_wrong() -> None:
    """The token that the refused ones were made from is good."""
    assert SUB == offline().verify(GOOD).sub


@pytest.mark.parametrize(("use", "other"), [("access", "id"), ("id", "access")])
def test_a_token_of_the_other_kind_is_refused(use: Any, other: str) -> None:
    """A verifier of access tokens takes no ID token, and the other way round."""
    tokens = {"access": token(), "id": token(ID)}
    verifier = offline(token_use=use)
    assert use == verifier.verify(tokens[use]).all["token_use"]
    with pytest.raises(TokenUseError, match=f"'{other}'; it must be {use}"):
        verifier.verify(tokens[other])


def test_a_large_token_is_refused_unread() -> None:
    """A token of more than 16 KiB is refused for its size, whatever it holds; the limit can be set."""
    with pytest.raises(TokenTooLargeError, match="16,385 characters"):
        offline().verify("\0" * (16 * 1024 + 1))
    with pytest.raises(TokenFormatError):
        offline().verify("\0" * (16 * 1024))
    with pytest.raises(TokenTooLargeError):
        offline(max_token_bytes=len(GOOD) - 1).verify(GOOD)
    assert SUB == offline(max_token_bytes=len(GOOD)).verify(GOOD).sub


def test_the_signature_counts_before_the_claims() -> None:
    """An expired token of another app client that nobody signed is refused for its signature."""
    with pytest.raises(TokenSignatureError):
        offline().verify(signed(RS256, claims(exp=1, client_id="other"), "second"))


def test_every_class_is_public_and_a_token_error() -> None:
    """Every error of this part is offered by the package, and all but the missing library's are `TokenError`s."""
    names = {name for name in errors.__all__ if name.startswith(("Token", "Jw"))}
    others = {name for name in names if not issubclass(getattr(errors, name), TokenError)}
    assert {"JwtNotInstalledError"} == others
    reasons = {
        cls.__name__ for cls in vars(_user_errors).values() if isinstance(cls, type) and issubclass(cls, TokenError)
    }
    assert names - others <= reasons <= set(errors.__all__)
    assert issubclass(TokenError, CognitoIdpError)
