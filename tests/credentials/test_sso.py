"""Roles that IAM Identity Center grants, with fake services and token files as the AWS CLI writes them."""

from __future__ import annotations

import json
import stat
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from cognito_idp.credentials import CachedCredentials, NotConfigured, SsoProvider
from cognito_idp.errors import ConfigError, CredentialsError

from ..support.kit import FakeTime
from .fake_aws import NOW, FakeAws, fixed
from .remote import REGION, Home, failure, fake_keys, text_of
from .support import perform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp import Credentials
    from cognito_idp._flow.effects import Flow

    from ..support.kit import Kit
    from ..support.server import Received

START_URL = "https://example.awsapps.com/start"
GRANT = "sso_account_id = 111122223333\nsso_role_name = Reader\n"
SIGN_IN = f"sso_region = {REGION}\nsso_start_url = {START_URL}\n"
CONFIG = f"[profile dev]\n{GRANT}sso_session = team\n[sso-session team]\n{SIGN_IN}[profile old]\n{GRANT}{SIGN_IN}"
CALLERS = 30
LOGIN_AGAIN = "to sign in, run: aws sso login --profile dev"


@pytest.fixture
def home(home: Home) -> Home:
    """Add a profile of each form."""
    home.write("config", CONFIG)
    return home


def load(home: Home, profile: str = "dev", **environ: str) -> Flow[Credentials]:
    """Return the provider's flow."""
    return SsoProvider().load(home.context(profile, environ))


@pytest.mark.parametrize(("profile", "key"), [("dev", "team"), ("old", START_URL)])
def test_cached_token(kit: Kit, home: Home, aws: FakeAws, profile: str, key: str) -> None:
    """A good token from the file of the sso-session, or of the start URL, gives the credentials of the role."""
    path = home.sso_token(key)
    before = path.read_bytes()
    found = perform(kit, load(home, profile))
    assert fake_keys(aws, found.access_key_id) == (found.access_key_id, found.secret_access_key, found.session_token)
    assert found.expiration is not None
    assert NOW + 3600 == found.expiration.timestamp()
    assert [{"account_id": "111122223333", "role_name": "Reader"}] == [seen.members for seen in aws.seen]
    assert before == path.read_bytes()


@pytest.fixture
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set another time zone than UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "expires_at",
    ["2026-09-21T14:13:20Z", "2026-09-21T14:13:20UTC", "2026-09-21T16:13:20+02:00", "2026-09-21T14:13:20"],
)
@pytest.mark.usefixtures("_in_tokyo")
def test_forms_of_time(kit: Kit, home: Home, aws: FakeAws, expires_at: str) -> None:
    """The expiration is understood in all the forms that versions of the AWS CLI have written, wherever we are."""
    home.sso_token(START_URL, expiresAt=expires_at)
    perform(kit, SsoProvider().load(home.context("old", now=NOW - 1)))
    assert "has expired" in str(failure(kit, load(home, "old")))
    assert 1 == len(aws.received)


@pytest.mark.parametrize("ends_in", [-3600, 0, 899])
def test_refresh(kit: Kit, home: Home, aws: FakeAws, ends_in: float) -> None:
    """A token of an sso-session that ends within 15 minutes is refreshed, and replaced in the file with mode 0600."""
    path = home.sso_token("team", expiresAt=text_of(NOW + ends_in), foreign="stays")
    path.chmod(0o644)
    found = perform(kit, load(home))
    assert ["CreateToken", "GetRoleCredentials"] == aws.operations()
    assert found.access_key_id in aws.keys
    expected = {
        "startUrl": START_URL,
        "region": REGION,
        "accessToken": "SSOACCESS2",
        "expiresAt": text_of(NOW + 28800),
        "refreshToken": "SSOREFRESH2",
        "clientId": "CLIENT",
        "clientSecret": "SECRETCLIENT",
        "registrationExpiresAt": text_of(NOW + 86400),
        "foreign": "stays",
    }
    assert expected == json.loads(path.read_text())
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(path.parent.iterdir())


def test_answer_without_refresh_token(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Where a refresh brings no new refresh token, the old one is kept."""
    path = home.sso_token("team", expiresAt=text_of(NOW))
    aws.sso_access_tokens.add("SSOACCESS3")
    aws.instead.append(fixed(200, b'{"accessToken": "SSOACCESS3", "expiresIn": 60}'))
    perform(kit, load(home))
    kept = json.loads(path.read_text())
    assert ("SSOACCESS3", "SSOREFRESH1", text_of(NOW + 60)) == (
        kept["accessToken"],
        kept["refreshToken"],
        kept["expiresAt"],
    )


def test_good_token_survives_a_failed_refresh(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A token that can't be refreshed serves as long as it is good."""
    path = home.sso_token("team", expiresAt=text_of(NOW + 60), refreshToken="SSOREFRESHBAD")
    before = path.read_bytes()
    perform(kit, load(home))
    assert ["GetRoleCredentials"] == aws.operations()
    assert 2 == len(aws.received)
    assert before == path.read_bytes()


def test_refreshed_by_another_process(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Where another process used up the refresh token, the token that it wrote is taken."""
    home.sso_token("team", expiresAt=text_of(NOW - 60), refreshToken="SSOREFRESHBAD")

    def meanwhile(_: Received) -> None:
        home.sso_token("team", accessToken="SSOACCESS9", expiresAt=text_of(NOW + 3600))

    aws.sso_access_tokens = {"SSOACCESS9"}
    aws.instead.append(meanwhile)
    perform(kit, load(home))
    assert ["GetRoleCredentials"] == aws.operations()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"refreshToken": None, "clientSecret": None}, "the file lacks refreshToken, clientSecret"),
        ({"registrationExpiresAt": text_of(NOW - 1)}, f"the registration of the client expired at {text_of(NOW - 1)}"),
        ({"registrationExpiresAt": "SECRET"}, "registrationExpiresAt is not a time"),
        ({"refreshToken": "SSOREFRESHBAD"}, "InvalidGrantException (HTTP status 400) from CreateToken: Invalid grant"),
    ],
)
def test_expired(kit: Kit, home: Home, aws: FakeAws, changes: dict[str, Any], part: str) -> None:
    """An expired token that can't be refreshed is an error that names the file, the reason, and what to run."""
    path = home.sso_token("team", expiresAt=text_of(NOW - 60), **changes)
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for expected in ("profile 'dev'", str(path), part, LOGIN_AGAIN):
        assert expected in str(error)
    assert [] == aws.operations()


def test_expired_of_old_form(kit: Kit, home: Home, aws: FakeAws) -> None:
    """In the older form of configuration, an expired token is never refreshed."""
    path = home.sso_token(START_URL, expiresAt=text_of(NOW - 60))
    error = failure(kit, load(home, "old"))
    assert (
        f"profile 'old': the token in {str(path)!r} has expired; to sign in, run: aws sso login --profile old"
        == str(error)
    )
    assert [] == aws.received


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b'{"accessToken": "SSOACCESS1", "expiresAt": "2026-', "is not a complete JSON object"),
        (b"", "is not a complete JSON object"),
        (b'["SSOACCESS1"]', "is not a complete JSON object"),
        (b"[" * 100_000, "is not a complete JSON object"),
        (b'{"accessToken": "\xff"}', "is not a complete JSON object"),
        (b'{"expiresAt": "2036-01-01T00:00:00Z"}', "lacks accessToken"),
        (b'{"accessToken": 1, "expiresAt": "2036-01-01T00:00:00Z"}', "lacks accessToken"),
        (b'{"accessToken": "SSOACCESS1"}', "expiresAt is not a time"),
        (b'{"accessToken": "SSOACCESS1", "expiresAt": "SECRET"}', "expiresAt is not a time"),
        (b'{"accessToken": "SSOACCESS1\\nx: y", "expiresAt": "2036-01-01T00:00:00Z"}', "a header can't contain"),
        (None, "can't be read: No such file or directory"),
    ],
)
def test_bad_token_file(kit: Kit, home: Home, aws: FakeAws, content: bytes | None, part: str) -> None:
    """A token file that is missing or half written is an error that names it and what to run; nothing is sent."""
    path = home.sso_token("team")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for expected in ("profile 'dev'", part, LOGIN_AGAIN):
        assert expected in str(error)
    if "header" not in part:
        assert str(path) in str(error)
    assert [] == aws.received


def test_folder_that_cannot_be_written(kit: Kit, home: Home, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """No refresh token is used up where the new one can't be kept."""
    home.sso_token("team", expiresAt=text_of(NOW - 60))

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    error = failure(kit, load(home))
    assert "its folder takes no new file" in str(error)
    assert [] == aws.received


def test_disk_that_is_full(kit: Kit, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that can't be written back is an error, and leaves no half-written file behind."""
    path = home.sso_token("team", expiresAt=text_of(NOW - 60))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    error = failure(kit, load(home))
    assert "No space left on device" in str(error)
    assert [path] == list(path.parent.iterdir())
    assert "SSOACCESS1" in path.read_text()


def test_many_callers(kit: Kit, home: Home, aws: FakeAws) -> None:
    """However many threads or tasks ask at once, one of them refreshes the token and asks for the credentials."""
    home.sso_token("team", expiresAt=text_of(NOW - 60))
    source = CachedCredentials(SsoProvider(), lambda: home.context("dev"))
    found: list[Credentials] = []
    adapter, driver = kit._connected(None, FakeTime())

    def ask() -> None:
        found.append(driver.run(source.get()))

    async def ask_async() -> None:
        found.append(await driver.run(source.get()))

    async def ask_together() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(CALLERS):
                group.start_soon(ask_async)

    if kit.kind == "sync":
        threads = [threading.Thread(target=ask) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        kit.run(ask_together)
    kit.run(adapter.close)
    assert CALLERS == len(found)
    assert 1 == len(set(found))
    assert ["CreateToken", "GetRoleCredentials"] == aws.operations()
    assert 2 == len(aws.received)


@pytest.mark.parametrize(("status", "waits"), [(429, [0.5, 1.0]), (500, [0.025, 0.05]), (503, [0.025, 0.05])])
def test_passing_faults_are_repeated(kit: Kit, home: Home, aws: FakeAws, status: int, waits: list[float]) -> None:
    """A fault of the portal that passes is overcome by two more attempts; a refresh is sent again after a throttle."""
    home.sso_token("team")
    fault = fixed(status, b"{}", ("x-amzn-errortype", "SomeException"))
    aws.instead += [fault] * 2
    clock = FakeTime()
    perform(kit, load(home), clock)
    assert (waits, 3) == (clock.waits, len(aws.received))
    home.sso_token("team", expiresAt=text_of(NOW - 60))
    aws.instead.append(fault)
    if status == 429:
        perform(kit, load(home))
    else:
        assert "SomeException" in str(failure(kit, load(home)))
    assert (4 if status != 429 else 6) == len(aws.received)


@pytest.mark.parametrize("body", [b"<html>SECRET", b"[]", b"{}", b'{"roleCredentials": 1}', b'{"roleCredentials": {}}'])
def test_bad_answer(kit: Kit, home: Home, aws: FakeAws, body: bytes) -> None:
    """An answer without credentials is an error."""
    home.sso_token("team")
    aws.instead.append(fixed(200, body))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    assert "profile 'dev'" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b'{"accessToken": "SSOACCESS2"}',
        b'{"accessToken": "SSOACCESS2", "expiresIn": "28800"}',
        b'{"accessToken": "SSOACCESS2", "expiresIn": -1}',
        b'{"accessToken": "SSOACCESS2", "expiresIn": 1e300}',
        b'{"accessToken": "SSOACCESS2", "expiresIn": NaN}',
        b'{"expiresIn": 28800}',
    ],
)
def test_bad_answer_to_refresh(kit: Kit, home: Home, aws: FakeAws, body: bytes) -> None:
    """An answer to a refresh that is not whole is an error, and leaves the file as it is."""
    path = home.sso_token("team", expiresAt=text_of(NOW - 60))
    before = path.read_bytes()
    aws.instead.append(fixed(200, body))
    error = failure(kit, load(home))
    assert "the answer of SSO OIDC lacks " in str(error)
    assert before == path.read_bytes()


def test_token_is_not_accepted(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A token that the portal does not know is an error that says what to run."""
    home.sso_token("team")
    aws.sso_access_tokens.clear()
    error = failure(kit, load(home))
    assert "UnauthorizedException (HTTP status 401)" in str(error)
    assert LOGIN_AGAIN in str(error)


def test_role_is_not_granted(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A role that is not granted is an error that names role and account."""
    home.sso_token("team")
    aws.sso_grants.clear()
    error = failure(kit, load(home))
    assert "for the role 'Reader' in the account 111122223333: ForbiddenException" in str(error)


def test_quoted_secrets_are_masked(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Secrets don't show even where a service quotes the request."""

    def quote(request: Received) -> Any:
        text = request.body.decode() + str(request.header("x-amz-sso_bearer_token"))
        return 400, (("x-amzn-errortype", "InvalidRequestException"),), json.dumps({"message": text}).encode()

    home.sso_token("team", expiresAt=text_of(NOW - 60))
    aws.instead.append(quote)
    assert "***" in str(failure(kit, load(home)))
    home.sso_token("team")
    aws.instead.append(quote)
    assert "***" in str(failure(kit, load(home)))


def test_not_configured(kit: Kit, home: Home) -> None:
    """A profile with neither account nor role is not for SSO, whatever else of SSO it has."""
    home.write("config", f"[profile dev]\n{SIGN_IN}")
    error = failure(kit, load(home))
    assert isinstance(error, NotConfigured)
    assert "profile 'dev' has neither sso_account_id nor sso_role_name" == str(error)


@pytest.mark.parametrize(
    ("config", "part"),
    [
        (
            "[profile dev]\nsso_role_name = Reader\n",
            "missing: sso_account_id of profile 'dev' in {path}, sso_start_url",
        ),
        (
            f"[profile dev]\n{GRANT}sso_session = team\n",
            "sso_session of profile 'dev' in {path}, line 4 names [sso-session team]",
        ),
        (f"[profile dev]\n{GRANT}sso_session = team\n[sso-session team]\nsso_region = x\n", "missing: sso_start_url"),
        (
            f"[profile dev]\n{GRANT}sso_session = team\nsso_region = x\n[sso-session team]\n{SIGN_IN}",
            "'dev' in {path}, line 5 is 'x', but sso_region of [sso-session team] in {path}, line 7 is 'eu-west",
        ),
    ],
)
def test_bad_settings(kit: Kit, home: Home, aws: FakeAws, config: str, part: str) -> None:
    """Settings that are missing or contradict each other are an error that names file, profile and setting."""
    path = home.write("config", config)
    error = failure(kit, load(home))
    assert isinstance(error, ConfigError)
    assert part.format(path=path) in str(error)
    assert [] == aws.received
