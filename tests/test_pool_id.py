from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AppClient, ConfigError, NoRegionError, TrustedPool
from cognito_idp._protocol.pool_id import UserPoolId
from tests.support.kit import CREDENTIALS, Kit

# The pattern of `UserPoolId` in the service's API reference.
PUBLISHED = re.compile(r"[\w-]+_[0-9a-zA-Z]+", re.ASCII)
LONGEST = 55


@pytest.mark.parametrize(
    ("text", "region", "name"),
    [
        ("eu-west-1_AbCdEfGhI", "eu-west-1", "AbCdEfGhI"),
        ("us-gov-west-1_a", "us-gov-west-1", "a"),
        ("us-iso-east-1_0", "us-iso-east-1", "0"),
        ("local_AbC", None, "AbC"),
        ("useast1_a", None, "a"),
        ("us-east-1-_a", None, "a"),
    ],
)
def test_an_id_is_taken_apart_at_its_underscore(text: str, region: str | None, name: str) -> None:
    """The part before the underscore is the region if it looks like one of AWS's; the rest is the name."""
    assert (text, region, name) == UserPoolId.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_",
        "us-east-1",
        "us-east-1_",
        "_a",
        "us-east-1_Ab_c",
        "us_east-1_a",
        "US-EAST-1_a",
        "us-east-1_a\n",
        "us-east-1_ä",
        "us-east-1_a/../b",
        "us-east-1_" + "a" * (LONGEST - 9),
        None,
        5,
        b"us-east-1_a",
    ],
)
def test_every_reader_of_an_id_refuses_the_same(kit: Kit, text: Any) -> None:
    """An app client and a trusted pool refuse what is not an id, and a call takes no region from it."""
    said = "is not the id of a user pool; one looks like 'eu-west-1_AbCdEfGhI'"
    with pytest.raises(ConfigError, match=said):
        AppClient(text, "client")
    with pytest.raises(ConfigError, match=said):
        TrustedPool(text, client_ids=None, region="us-east-1")
    client = kit.client(None, credentials=CREDENTIALS)
    with pytest.raises(NoRegionError):
        kit.run(client.call, "ListUsers", {"UserPoolId": text} if isinstance(text, str) else {})


def test_the_longest_id() -> None:
    """An id may have 55 characters."""
    text = "us-east-1_".ljust(LONGEST, "a")
    assert text == UserPoolId.parse(text).text


@given(st.from_regex(PUBLISHED, fullmatch=True) | st.from_regex(r"[a-z0-9-]+_[0-9a-zA-Z]+", fullmatch=True))
def test_the_published_pattern_holds(text: str) -> None:
    """Every id that is read fits the pattern of the API reference, and ends with its name."""
    pool_id = UserPoolId.find(text)
    if pool_id is not None:
        assert PUBLISHED.fullmatch(text)
        assert text.endswith(f"_{pool_id.name}")


def test_a_sign_in_takes_no_region_from_a_local_id(kit: Kit) -> None:
    """A client without a region doesn't send to `cognito-idp.local.amazonaws.com`: the id names no region."""
    client = kit.client(None, credentials=CREDENTIALS)
    with pytest.raises(NoRegionError):
        kit.run(client.sign_in, AppClient("local_AbC", "client"), username="mary", password="secret")
