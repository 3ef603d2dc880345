"""Roles that trust an identity provider's token, with a fake STS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp.credentials import CachedCredentials, NotConfigured, WebIdentityProvider
from cognito_idp.errors import ConfigError, CredentialsError

from ..support.kit import FakeTime
from .fake_aws import NOW, FakeAws, fixed
from .remote import Home, failure, fake_keys
from .support import perform

if TYPE_CHECKING:
    from cognito_idp import Credentials
    from cognito_idp._flow.effects import Flow

    from ..support.kit import Kit

ROLE = "arn:aws:iam::111122223333:role/web"


@pytest.fixture
def home(home: Home) -> Home:
    """Add a token file, and the variables that name it."""
    home.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(home.write("token", "TOKENWEB"))
    home.environ["AWS_ROLE_ARN"] = ROLE
    home.write("config", "[default]\n")
    return home


def load(home: Home, profile: str | None = None, **environ: str) -> Flow[Credentials]:
    """Return the provider's flow."""
    return WebIdentityProvider().load(home.context(profile, environ))


def test_variables(kit: Kit, home: Home, aws: FakeAws) -> None:
    """The token in the file that the variables name is exchanged, unsigned, for the credentials of their role."""
    found = perform(kit, load(home, AWS_ROLE_SESSION_NAME="pod"))
    assert fake_keys(aws, found.access_key_id) == (found.access_key_id, found.secret_access_key, found.session_token)
    assert found.expiration is not None
    assert NOW + 3600 == found.expiration.timestamp()
    assert {"RoleArn": ROLE, "RoleSessionName": "pod", "WebIdentityToken": "TOKENWEB"} == aws.seen[-1].members
    assert aws.received[-1].header("authorization") is None


def test_made_up_session_name(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Without a name of its own, a session is named after the time."""
    perform(kit, load(home))
    assert f"cognito-idp-{int(NOW)}" == aws.seen[-1].members["RoleSessionName"]


def test_profile(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A profile's settings count where it was named as an argument; the variables don't."""
    settings = ("role_arn = arn:aws:iam::1:role/x", "role_session_name = me")
    home.write("config", "\n".join(["[profile web]", "web_identity_token_file = $HOME/.aws/token", *settings, ""]))
    perform(kit, load(home, "web", AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere", AWS_ROLE_SESSION_NAME="pod"))
    assert ("arn:aws:iam::1:role/x", "me") == (
        aws.seen[-1].members["RoleArn"],
        aws.seen[-1].members["RoleSessionName"],
    )


def test_variables_complete_the_profile(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Each variable comes before its setting, and a setting stands in for a variable that is missing."""
    home.write("config", "[default]\nrole_arn = arn:aws:iam::1:role/x\nrole_session_name = me\n")
    perform(kit, load(home, AWS_ROLE_ARN=""))
    perform(kit, load(home))
    members = [(seen.members["RoleArn"], seen.members["RoleSessionName"]) for seen in aws.seen]
    assert [("arn:aws:iam::1:role/x", "me"), (ROLE, "me")] == members


def test_not_configured(kit: Kit, home: Home) -> None:
    """Without a token file the provider does not apply, and says where it looked."""
    error = failure(kit, load(home, AWS_WEB_IDENTITY_TOKEN_FILE=""))
    assert isinstance(error, NotConfigured)
    assert "AWS_WEB_IDENTITY_TOKEN_FILE is not set, and profile 'default' has no web_identity_token_file" == str(error)


def test_no_role(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A token file without a role is an error that names both places of the role."""
    error = failure(kit, load(home, AWS_ROLE_ARN=""))
    assert isinstance(error, ConfigError)
    for part in ("AWS_WEB_IDENTITY_TOKEN_FILE in the environment", "role_arn of profile 'default'", "AWS_ROLE_ARN"):
        assert part in str(error)
    assert [] == aws.received


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"TOKEN\nWEB", "contains a line break"),
        (b"TOKEN\r\nX-Evil: SECRET", "contains a line break"),
        (b"TOKENWEB\n\n", "contains a line break"),
        (b"TOKEN WEB", "contains a line break"),
        (b"TOKENWEB\0", "contains a line break"),
        (b"TOKENWEB\xff", "contains a line break"),
        (b"TOKENWEB" * 2501, "contains more than 20,000 characters"),
        (None, "can't be read: No such file or directory"),
    ],
)
def test_bad_token_file(kit: Kit, home: Home, aws: FakeAws, content: bytes | None, problem: str) -> None:
    """A token file that holds no token is an error that names the file and the setting; nothing is sent."""
    path = home.folder / ".aws" / "token"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    assert f"AWS_WEB_IDENTITY_TOKEN_FILE in the environment: the token file {str(path)!r} {problem}" in str(error)
    assert [] == aws.received


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_break_at_the_end(kit: Kit, home: Home, aws: FakeAws, ending: str) -> None:
    """One line break at the end of the file is not part of the token."""
    (home.folder / ".aws" / "token").write_bytes(f"TOKENWEB{ending}".encode())
    perform(kit, load(home))
    assert "TOKENWEB" == aws.seen[-1].members["WebIdentityToken"]


def test_file_is_read_anew(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Each renewal reads the token file again."""
    now = NOW
    source = CachedCredentials(WebIdentityProvider(), lambda: home.context()._replace(clock=lambda: now))
    first = perform(kit, source.get())
    home.write("token", "TOKENWEB2")
    aws.web_identity_tokens = {"TOKENWEB2"}
    now = NOW + 3000 + 60
    aws.now = lambda: now
    second = perform(kit, source.get())
    assert ["TOKENWEB", "TOKENWEB2"] == [seen.members["WebIdentityToken"] for seen in aws.seen]
    assert first != second


def test_refusal(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A refusal is an error with the places of token and role, and STS's code; the token it quotes is masked."""
    error_element = b"<Error><Code>IDPRejectedClaim</Code><Message>bad: TOKENWEB</Message></Error>"
    aws.instead.append(fixed(403, b"<ErrorResponse>%s</ErrorResponse>" % error_element))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for part in (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        f"AWS_ROLE_ARN in the environment {ROLE!r}",
        "IDPRejectedClaim",
        "bad: ***",
    ):
        assert part in str(error)
    assert 1 == len(aws.received)


@pytest.mark.parametrize("code", ["IDPCommunicationError", "InvalidIdentityToken", "InvalidIdentityTokenException"])
def test_identity_provider_is_not_reached(kit: Kit, home: Home, aws: FakeAws, code: str) -> None:
    """STS's report that it could not reach the identity provider is overcome by two more attempts, and by no third."""
    message = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode()
    time = FakeTime()
    aws.instead += [fixed(400, message)] * 2
    perform(kit, load(home), time)
    assert 3 == len(aws.received)
    assert [0.025, 0.05] == time.waits
    aws.instead += [fixed(400, message)] * 3
    assert code in str(failure(kit, load(home)))
    assert 6 == len(aws.received)
