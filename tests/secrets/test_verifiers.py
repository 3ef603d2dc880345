"""Tokens that are refused, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.errors import TokenError
from tests.tokens.issuing import REASON, offline_pool, token, verifier_of
from tests.tokens.refused import REFUSED

if TYPE_CHECKING:
    from tests.support.kit import Kit

    from .search import Search

pytest.importorskip("jwt", reason=REASON)

_LONG = 40


def refuse(kit: Kit, search: Search, text: Any, case: str, **settings: Any) -> None:
    """Have a token refused, and look for it, its payload and its signature."""
    if isinstance(text, str):
        search.also(*(part for part in (text, *text.split(".")[1:]) if len(part) >= _LONG))
    verifier = verifier_of(kit, offline_pool(), **{"token_use": None, **settings})
    search.value(verifier, case)
    with pytest.raises((TokenError, TypeError)) as caught:
        kit.run(verifier.verify, text, required_scopes="no/such", required_groups="none")
    search.error(caught.value, case)
    kit.close(verifier)


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused_tokens(kit: Kit, search: Search, case: str) -> None:
    """No token that is refused shows in the reason why."""
    refuse(kit, search, REFUSED[case][0], case)


def test_a_good_token_that_is_not_enough(kit: Kit, search: Search) -> None:
    """A token that lacks a scope or a group does not show in the reason why."""
    refuse(kit, search, token(), "scope")
