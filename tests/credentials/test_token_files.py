"""Files with tokens are read with a bound, and never waited for."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from cognito_idp.credentials import ContainerProvider, LoginProvider, SsoProvider, WebIdentityProvider
from cognito_idp.credentials.login import token_path
from cognito_idp.errors import CredentialsError

from .remote import Home, failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cognito_idp.credentials import Provider
    from tests.support.kit import Kit

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes and links are made on Unix")

SSO = (
    "sso_account_id = 1\nsso_role_name = r\nsso_session = team\n[sso-session team]\nsso_start_url = u\nsso_region = x\n"
)


def _pipe(path: Path) -> str:
    os.mkfifo(path)
    return "it is a pipe or a socket, not a file"


def _folder(path: Path) -> str:
    path.mkdir()
    return os.strerror(errno.EISDIR)


def _circle(path: Path) -> str:
    path.symlink_to(path)
    return os.strerror(errno.ELOOP)


def _below_a_file(path: Path) -> str:
    path.parent.rmdir()
    path.parent.write_text("")
    return os.strerror(errno.ENOTDIR)


def _huge(path: Path) -> str:
    with path.open("wb") as file:
        file.truncate(1 << 40)
    return "it is larger than "


@pytest.mark.parametrize("make", [_pipe, _folder, _circle, _below_a_file, _huge])
@pytest.mark.parametrize("source", ["container", "web identity", "sso", "login"])
def test_a_token_file_that_cannot_be_read(kit: Kit, home: Home, source: str, make: Callable[[Path], str]) -> None:
    """Whatever is in the place of a token file, the error names the path and the reason, and nothing is waited for."""
    path = home.folder / ".aws" / "tokens" / "file"
    provider: Provider
    environ = {}
    if source == "container":
        provider = ContainerProvider()
        environ = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path),
        }
    elif source == "web identity":
        provider = WebIdentityProvider()
        environ = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_ARN": "arn"}
    elif source == "sso":
        provider = SsoProvider()
        home.write("config", f"[default]\n{SSO}")
        path = home.sso_token_path("team")
    else:
        provider = LoginProvider()
        home.write("config", "[default]\nlogin_session = me\n")
        path = home.folder / token_path(home.environ, "me")
    path.parent.mkdir(parents=True)
    reason = make(path)
    error = failure(kit, provider.load(home.context(environ=environ)))
    assert isinstance(error, CredentialsError)
    for part in (str(path), f"can't be read: {reason}"):
        assert part in str(error)
