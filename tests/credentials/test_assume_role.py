"""Roles of profiles, with a fake STS that verifies signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.credentials import AssumeRoleProvider, NotConfigured, default_chain
from cognito_idp.errors import ConfigError, CredentialsError, NoCredentialsError

from .fake_aws import NOW, FakeAws, fixed
from .remote import REGION, Home, failure, fake_keys, text_of
from .support import perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import Credentials
    from cognito_idp._flow.effects import Flow

    from ..support.kit import Kit

ROLE = "arn:aws:iam::111122223333:role/"
BASE = "[profile base]\naws_access_key_id = AKIAUSER\naws_secret_access_key = SECRETUSER\n"


@pytest.fixture
def home(home: Home) -> Home:
    """Add a profile `base` with static keys."""
    home.write("config", BASE)
    return home


def load(home: Home, profile: str, mfa_code: Callable[[str], Any] | None = None, **environ: str) -> Flow[Credentials]:
    """Return the flow of the default chain for a profile."""
    return default_chain(mfa_code).load(home.context(profile, environ))


def role(profile: str, *settings: str) -> str:
    """Return a profile with a role of the same name."""
    return "\n".join([f"[profile {profile}]", f"role_arn = {ROLE}{profile}", *settings, ""])


def test_source_profile(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A role with a source profile is assumed in a request signed with that profile's keys for the client's region."""
    home.write("config", BASE + role("dev", "source_profile = base"))
    found = perform(kit, load(home, "dev"))
    assert fake_keys(aws, found.access_key_id) == (found.access_key_id, found.secret_access_key, found.session_token)
    assert found.expiration is not None
    assert NOW + 3600 == found.expiration.timestamp()
    seen = aws.seen[-1]
    assert ("AssumeRole", "AKIAUSER", REGION) == (seen.operation, seen.access_key_id, seen.region)
    assert {"RoleArn": f"{ROLE}dev", "RoleSessionName": f"cognito-idp-{int(NOW)}"} == seen.members


def test_all_settings(kit: Kit, home: Home, aws: FakeAws) -> None:
    """External id, session name and duration go to STS as the profile has them."""
    settings = ("external_id = +x/1&2=3", "role_session_name = me@example.com", "duration_seconds = 900")
    home.write("config", BASE + role("dev", "source_profile = base", *settings))
    perform(kit, load(home, "dev"))
    expected = {
        "RoleArn": f"{ROLE}dev",
        "RoleSessionName": "me@example.com",
        "ExternalId": "+x/1&2=3",
        "DurationSeconds": "900",
    }
    assert expected == aws.seen[-1].members


def test_chain_of_roles(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Roles over several profiles are assumed one after the other, each with the keys of the one before."""
    text = role("three", "source_profile = two") + role("two", "source_profile = one")
    home.write("config", BASE + text + role("one", "source_profile = base"))
    perform(kit, load(home, "three"))
    assert [f"{ROLE}{name}" for name in ("one", "two", "three")] == [seen.members["RoleArn"] for seen in aws.seen]
    signers = [seen.access_key_id for seen in aws.seen]
    assert "AKIAUSER" == signers[0]
    assert 3 == len(set(signers))


def test_endpoint_of_profile_in_use_counts(kit: Kit, home: Home, aws: FakeAws) -> None:
    """The endpoint settings of the profile in use count for the roles of its source profiles, too."""
    del home.environ["AWS_ENDPOINT_URL"]
    services = f"[services fake]\nsts =\n  endpoint_url = {aws.url}\n"
    text = role("two", "source_profile = one", "services = fake")
    text += role("one", "source_profile = base", "endpoint_url = http://127.0.0.1:1")
    home.write("config", BASE + services + text)
    perform(kit, load(home, "two"))
    assert ["AssumeRole", "AssumeRole"] == aws.operations()


def test_profile_that_sources_its_own_keys(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A profile may name itself as the source where it has static keys."""
    home.write("config", role("dev", "source_profile = dev"))
    home.write("credentials", "[dev]\naws_access_key_id = AKIAUSER\naws_secret_access_key = SECRETUSER\n")
    perform(kit, load(home, "dev"))
    assert "AKIAUSER" == aws.seen[-1].access_key_id


def test_static_keys_end_the_way(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A source profile with both static keys and a role gives its keys."""
    keys = ("aws_access_key_id = AKIAUSER", "aws_secret_access_key = SECRETUSER")
    home.write("config", role("dev", "source_profile = both") + role("both", "source_profile = dev", *keys))
    perform(kit, load(home, "dev"))
    assert [f"{ROLE}dev"] == [seen.members["RoleArn"] for seen in aws.seen]


CIRCLES = {
    "itself": (role("dev", "source_profile = dev"), "dev -> dev"),
    "two": (role("dev", "source_profile = b") + role("b", "source_profile = dev"), "dev -> b -> dev"),
    "around keys": (
        role("dev", "source_profile = b", "aws_access_key_id = AKIAUSER") + role("b", "source_profile = dev"),
        "dev -> b -> dev",
    ),
    "later": (
        role("dev", "source_profile = b") + role("b", "source_profile = c") + role("c", "source_profile = b"),
        "dev -> b -> c -> b",
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circle(kit: Kit, home: Home, aws: FakeAws, name: str) -> None:
    """A circle of source profiles is an error that names it, and nothing is sent."""
    text, circle = CIRCLES[name]
    path = home.write("config", text)
    error = failure(kit, load(home, "dev"))
    assert isinstance(error, ConfigError)
    assert f" {circle}" in str(error)
    assert f"source_profile of profile '{circle.split(' -> ')[-2]}' in {path}" in str(error)
    assert [] == aws.received


def test_credential_source_environment(kit: Kit, home: Home, aws: FakeAws) -> None:
    """`credential_source = Environment` takes the variables, also where the profile was named as an argument."""
    home.write("config", role("dev", "credential_source = Environment"))
    perform(kit, load(home, "dev", AWS_ACCESS_KEY_ID="AKIAUSER", AWS_SECRET_ACCESS_KEY="SECRETUSER"))
    assert "AKIAUSER" == aws.seen[-1].access_key_id


def test_credential_source_container(kit: Kit, home: Home, aws: FakeAws) -> None:
    """`credential_source = EcsContainer` asks the container's endpoint."""
    home.write("config", role("dev", "credential_source = EcsContainer"))
    container = (
        b'{"AccessKeyId": "AKIAUSER", "SecretAccessKey": "SECRETUSER", "Token": "TOKENUSER", "Expiration": "%s"}'
        % text_of(NOW + 3600).encode()
    )
    aws.keys["AKIAUSER"] = aws.keys["AKIAUSER"]._replace(token="TOKENUSER")
    aws.instead.append(fixed(200, container, ("Content-Type", "application/json")))
    perform(kit, load(home, "dev", AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{aws.url}/container"))
    assert "GET /container HTTP/1.1" == aws.received[0].request_line
    assert "AKIAUSER" == aws.seen[-1].access_key_id


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("Environment", "is Environment, which has no credentials: AWS_ACCESS_KEY_ID is not set"),
        ("EcsContainer", "is EcsContainer, which has no credentials: neither AWS_CONTAINER"),
        ("Ec2InstanceMetadata", "is Ec2InstanceMetadata, which has no credentials: "),
    ],
)
def test_credential_source_without_credentials(kit: Kit, home: Home, source: str, part: str) -> None:
    """A credential source that has nothing is an error, and the chain does not go on to another identity."""
    home.write("config", role("dev", f"credential_source = {source}"))
    error = failure(kit, load(home, "dev"))
    assert isinstance(error, CredentialsError)
    assert not isinstance(error, NotConfigured | NoCredentialsError)
    assert f"credential_source of profile 'dev' in {home.folder}/.aws/config, line 3 {part}" in str(error)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        (("source_profile = base", "credential_source = Environment"), "source_profile and credential_source"),
        ((), "exactly one of source_profile and credential_source; the profile has neither"),
        (("credential_source = Keychain",), "one of Ec2InstanceMetadata, EcsContainer, Environment, not 'Keychain'"),
        (
            ("source_profile = ghost",),
            "source_profile of profile 'dev' in {config}, line 6 names the profile 'ghost', which",
        ),
        (
            ("source_profile = base", "duration_seconds = 1h"),
            "duration_seconds of profile 'dev' in {config}, line 7 must be a",
        ),
    ],
)
def test_bad_settings(kit: Kit, home: Home, aws: FakeAws, settings: tuple[str, ...], part: str) -> None:
    """Settings that can't be used are an error that names the file, the profile and the setting; nothing is sent."""
    path = home.write("config", BASE + role("dev", *settings))
    error = failure(kit, load(home, "dev"))
    assert isinstance(error, ConfigError)
    assert part.format(config=path) in str(error)
    assert [] == aws.received


def test_source_profile_without_credentials(kit: Kit, home: Home) -> None:
    """A source profile without credentials is an error that says what was looked for in it."""
    path = home.write("config", role("dev", "source_profile = empty") + "[profile empty]\nregion = eu-west-1\n")
    error = failure(kit, load(home, "dev"))
    assert (
        f"source_profile of profile 'dev' in {path}, line 3 names the profile 'empty', which has no credentials"
        in str(error)
    )
    for name in ("assume-role-with-web-identity", "sso", "login", "credential_process"):
        assert f"{name}: " in str(error)


def test_source_profile_with_web_identity(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A source profile can get its credentials by web identity; the environment's variables for it don't count."""
    token = home.write("token", "TOKENWEB")
    text = role("dev", "source_profile = web") + role("web", f"web_identity_token_file = {token}")
    home.write("config", text)
    variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": f"{ROLE}other", "AWS_PROFILE": "dev"}
    perform(kit, default_chain().load(home.context(environ=variables)))
    seen = [(seen.operation, seen.members["RoleArn"]) for seen in aws.seen]
    assert [("AssumeRoleWithWebIdentity", f"{ROLE}web"), ("AssumeRole", f"{ROLE}dev")] == seen


def test_source_profile_with_sso(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A source profile can get its credentials by SSO."""
    sso = "[profile sso]\nsso_account_id = 111122223333\nsso_role_name = Reader\nsso_session = team\n"
    session = f"[sso-session team]\nsso_region = {REGION}\nsso_start_url = https://example.awsapps.com/start\n"
    home.write("config", role("dev", "source_profile = sso") + sso + session)
    home.sso_token("team")
    perform(kit, load(home, "dev"))
    assert ["GetRoleCredentials", "AssumeRole"] == aws.operations()


def test_source_profile_with_process(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A source profile can get its credentials from a program."""
    printed = '{"Version": 1, "AccessKeyId": "AKIAUSER", "SecretAccessKey": "SECRETUSER"}'
    home.write("printed", printed)
    process = f"[profile tool]\ncredential_process = /bin/cat {home.folder}/.aws/printed\n"
    home.write("config", role("dev", "source_profile = tool") + process)
    perform(kit, load(home, "dev"))
    assert "AKIAUSER" == aws.seen[-1].access_key_id


def test_profile_without_role(kit: Kit, home: Home) -> None:
    """The provider does not apply to a profile without `role_arn`, nor to one whose role is for web identity."""
    home.write("config", BASE + role("web", "web_identity_token_file = /nowhere"))
    provider = AssumeRoleProvider((), {})
    for profile, text in (("base", "'base' has no role_arn"), ("web", "belongs to its web_identity_token_file")):
        error = failure(kit, provider.load(home.context(profile)))
        assert isinstance(error, NotConfigured)
        assert text in str(error)


def test_mfa_by_plain_function(kit: Kit, home: Home, aws: FakeAws) -> None:
    """The code of an MFA device comes from a plain function, which is given the serial number."""
    asked: list[str] = []

    def code(serial: str) -> str:
        asked.append(serial)
        return "424242\n"

    home.write("config", BASE + role("dev", "source_profile = base", "mfa_serial = arn:aws:iam::1:mfa/me"))
    perform(kit, load(home, "dev", code))
    assert ["arn:aws:iam::1:mfa/me"] == asked
    assert ("arn:aws:iam::1:mfa/me", "424242") == (
        aws.seen[-1].members["SerialNumber"],
        aws.seen[-1].members["TokenCode"],
    )


def test_mfa_by_async_function(kit: Kit, home: Home, aws: FakeAws) -> None:
    """An async function for the code is awaited by an async client, and refused by a sync one with a clear error."""

    async def code(serial: str) -> str:  # noqa: ARG001 - the parameter of the callback
        return "424242"

    home.write("config", BASE + role("dev", "source_profile = base", "mfa_serial = me"))
    if kit.kind == "sync":
        error = failure(kit, load(home, "dev", code))
        assert "a sync client got an async function" in str(error)
        assert [] == aws.received
    else:
        perform(kit, load(home, "dev", code))
        assert "424242" == aws.seen[-1].members["TokenCode"]


def test_mfa_without_function(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A role that asks for a code is an error where there is no function that gives one."""
    home.write("config", BASE + role("dev", "source_profile = base", "mfa_serial = arn:aws:iam::1:mfa/me"))
    error = failure(kit, load(home, "dev"))
    assert isinstance(error, CredentialsError)
    assert "profile 'dev' has mfa_serial 'arn:aws:iam::1:mfa/me'" in str(error)
    assert "`mfa_code`" in str(error)
    assert [] == aws.received


@pytest.mark.parametrize("code", ["", "12345", "SECRET", None, 424242])
def test_mfa_with_bad_code(kit: Kit, home: Home, aws: FakeAws, code: object) -> None:
    """What the function returns must be six digits; it is not shown otherwise, and nothing is sent."""
    home.write("config", BASE + role("dev", "source_profile = base", "mfa_serial = me"))
    error = failure(kit, load(home, "dev", lambda _: code))
    assert "must return the six digits that 'me' shows" in str(error)
    assert [] == aws.received
