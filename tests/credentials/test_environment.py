"""Credentials from environment variables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cognito_idp import Credentials, CredentialsError
from cognito_idp.credentials import EnvironmentProvider, NotConfigured

from .support import LATER, SECRET, TOKEN, assert_no_secret, context_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kit import Kit

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": SECRET}


def test_a_pair_of_keys_is_enough(kit: Kit, tmp_path: Path) -> None:
    """An access key id and a secret access key are credentials without a token, good for ever."""
    loaded = kit.flow(EnvironmentProvider().load(context_of(tmp_path, KEYS)))
    assert Credentials("AKIDENV", SECRET) == loaded


@pytest.mark.parametrize("name", ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"])
def test_a_token_is_taken_under_both_names(kit: Kit, tmp_path: Path, name: str) -> None:
    """The session token is found under its name and under the one that it had before."""
    loaded = kit.flow(EnvironmentProvider().load(context_of(tmp_path, {**KEYS, name: TOKEN})))
    assert Credentials("AKIDENV", SECRET, TOKEN) == loaded


def test_an_expiration_is_read(kit: Kit, tmp_path: Path) -> None:
    """`AWS_CREDENTIAL_EXPIRATION` says until when the keys are good."""
    loaded = kit.flow(EnvironmentProvider().load(context_of(tmp_path, {**KEYS, "AWS_CREDENTIAL_EXPIRATION": LATER})))
    assert datetime(2027, 1, 15, 14, tzinfo=UTC) == loaded.expiration


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "AWS_ACCESS_KEY_ID is not set"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS_ACCESS_KEY_ID is not set"),
        ({"AWS_SECRET_ACCESS_KEY": SECRET}, "AWS_ACCESS_KEY_ID is not set, but AWS_SECRET_ACCESS_KEY is"),
    ],
)
def test_without_an_id_it_does_not_apply(kit: Kit, tmp_path: Path, variables: dict[str, str], text: str) -> None:
    """Without an access key id the chain goes on, and the answer says what is missing."""
    with pytest.raises(NotConfigured) as caught:
        kit.flow(EnvironmentProvider().load(context_of(tmp_path, variables)))
    assert text == str(caught.value)


def test_a_profile_that_was_asked_for_takes_it_out(kit: Kit, tmp_path: Path) -> None:
    """Where a profile was named as an argument, keys in the environment don't count."""
    context = context_of(tmp_path, KEYS, config="[profile one]\nregion = us-east-1\n", profile="one")
    with pytest.raises(NotConfigured) as caught:
        kit.flow(EnvironmentProvider().load(context))
    assert str(caught.value) == "skipped, since the profile 'one' was passed as an argument"


def test_a_profile_from_the_environment_leaves_it_in(kit: Kit, tmp_path: Path) -> None:
    """`AWS_PROFILE` does not take the keys in the environment out."""
    context = context_of(tmp_path, {**KEYS, "AWS_PROFILE": "one"}, config="[profile one]\nregion = us-east-1\n")
    assert kit.flow(EnvironmentProvider().load(context)).access_key_id == "AKIDENV"


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIDENV"}, "AWS_SECRET_ACCESS_KEY is not"),
        ({**KEYS, "AWS_SECRET_ACCESS_KEY": f"{SECRET}\n"}, "Credentials.secret_access_key contains white space"),
        (
            {**KEYS, "AWS_ACCESS_KEY_ID": f"AKIDAWS_SECRET_ACCESS_KEY={SECRET}"},
            "access_key_id contains a comma, a slash",
        ),
        ({**KEYS, "AWS_SESSION_TOKEN": f"{TOKEN} x"}, "Credentials.session_token contains white space"),
        ({**KEYS, "AWS_CREDENTIAL_EXPIRATION": "soon"}, "AWS_CREDENTIAL_EXPIRATION is not a time"),
    ],
)
def test_what_cannot_be_used_stops_the_chain(kit: Kit, tmp_path: Path, variables: dict[str, str], text: str) -> None:
    """Half a pair, and values that can't sign, are errors that name the variables and show no secret."""
    with pytest.raises(CredentialsError, match=text) as caught:
        kit.flow(EnvironmentProvider().load(context_of(tmp_path, variables)))
    assert not isinstance(caught.value, NotConfigured)
    assert "environment" in str(caught.value)
    assert_no_secret(caught.value)
