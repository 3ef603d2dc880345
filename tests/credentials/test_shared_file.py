"""Keys in the shared files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import Credentials, CredentialsError
from cognito_idp.credentials import ConfigFileProvider, NotConfigured, SharedCredentialsFileProvider

from .support import SECRET, TOKEN, assert_no_secret, context_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kit import Kit

KEYS = f"aws_access_key_id = AKIDFILE\naws_secret_access_key = {SECRET}\n"


def test_the_credentials_file_gives_its_keys(kit: Kit, tmp_path: Path) -> None:
    """The keys of a profile in the credentials file are credentials."""
    context = context_of(tmp_path, credentials=f"[one]\n{KEYS}aws_session_token = {TOKEN}\n", profile="one")
    assert Credentials("AKIDFILE", SECRET, TOKEN) == kit.flow(SharedCredentialsFileProvider().load(context))


def test_the_config_file_gives_its_keys(kit: Kit, tmp_path: Path) -> None:
    """The keys of a profile in the config file are credentials."""
    context = context_of(tmp_path, config=f"[profile one]\n{KEYS}aws_security_token = {TOKEN}\n", profile="one")
    assert Credentials("AKIDFILE", SECRET, TOKEN) == kit.flow(ConfigFileProvider().load(context))


def test_each_looks_at_its_own_file(kit: Kit, tmp_path: Path) -> None:
    """Neither of the two takes keys out of the other's file, and each says where it looked."""
    in_config = context_of(tmp_path, config=f"[default]\n{KEYS}")
    with pytest.raises(NotConfigured) as caught:
        kit.flow(SharedCredentialsFileProvider().load(in_config))
    assert f"no aws_access_key_id for profile 'default' in {tmp_path / 'credentials'}" == str(caught.value)
    in_credentials = context_of(tmp_path, credentials=f"[default]\n{KEYS}")
    with pytest.raises(NotConfigured) as caught:
        kit.flow(ConfigFileProvider().load(in_credentials))
    assert f"no aws_access_key_id for profile 'default' in {tmp_path / 'config'}" == str(caught.value)


def test_a_file_that_is_switched_off_is_named_by_its_variable(kit: Kit, tmp_path: Path) -> None:
    """Where a variable is empty, so that no file is read, the answer says so."""
    context = context_of(tmp_path, {"AWS_SHARED_CREDENTIALS_FILE": ""})
    with pytest.raises(NotConfigured, match="since AWS_SHARED_CREDENTIALS_FILE is empty"):
        kit.flow(SharedCredentialsFileProvider().load(context))


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("aws_access_key_id = AKIDFILE\n", "aws_secret_access_key is missing or empty"),
        (f"aws_access_key_id =\naws_secret_access_key = {SECRET}\n", "aws_access_key_id is missing or empty"),
        (f"aws_access_key_id = AKIDFILE\naws_secret_access_key = {SECRET} # mine\n", "contains white space"),
        (f"aws_access_key_id = AKIDFILE\naws_secret_access_key =\n  {SECRET} =\n", "must be a single value"),
    ],
)
def test_half_a_pair_stops_the_chain(kit: Kit, tmp_path: Path, section: str, text: str) -> None:
    """Half a pair, or one that can't sign, is an error that names profile and file, and shows no secret."""
    context = context_of(tmp_path, credentials=f"[one]\n{section}", profile="one")
    with pytest.raises((CredentialsError, ValueError), match=text) as caught:
        kit.flow(SharedCredentialsFileProvider().load(context))
    assert not isinstance(caught.value, NotConfigured)
    assert f"profile 'one' in {tmp_path / 'credentials'}" in str(caught.value)
    assert_no_secret(caught.value)
