"""What fuzzing found, one test a finding."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from cognito_idp import ConfigError
from cognito_idp._protocol.endpoint import checked_url, domain_url
from cognito_idp._settings.shared import load_config

from .targets import MARK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_file_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    """A file with NULs, as editors that write UTF-16 make it, is refused with its line, and not read as nonsense."""
    (tmp_path / "config").write_bytes("[default]\nregion = eu-west-1\n".encode(encoding))
    with pytest.raises(ConfigError, match="config, line 1: a NUL"):
        load_config({"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": ""})


@pytest.mark.parametrize("setting", ["web_identity_token_file", "credential_process", "region"])
def test_a_nul_in_a_setting(tmp_path: Path, setting: str) -> None:
    """A NUL in a value, which no path can hold, is refused where the file is read, not where the path is opened."""
    (tmp_path / "config").write_text(f"[default]\n{setting} = a\0b\n")
    with pytest.raises(ConfigError, match="config, line 2: a NUL"):
        load_config({"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": ""})


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{MARK}/x@example.com",
        f"https://me:{MARK}@exa\u2100mple.com",
        f"https://me:{MARK}?@example.com",
        f"http/me:{MARK}/x@example.cs://me:{MARK}@example.com",
        f"me:{MARK}@https://example.com",
        f"{MARK}://@example.com",
        f"me:{MARK}@auth.example.com",
    ],
)
def test_a_password_that_ends_the_host(url: str) -> None:
    """A URL that can't be read is refused without what stands before its last `@`, whatever the reader quotes."""
    for check in (checked_url, partial(domain_url, region=None)):
        with pytest.raises(ConfigError) as caught:
            check(url)
        assert MARK not in f"{caught.value}{caught.value.__context__}"


@pytest.mark.parametrize("url", ["http://elsewhere.example[::1]/", "https://%[::2]:8", "http://me[::1]"])
def test_text_before_an_ipv6_address(url: str) -> None:
    """A URL with something before a bracket is refused: one reader drops it, another takes it for the host."""
    with pytest.raises(ConfigError):
        checked_url(url)
