"""`refresh`, `whoami` and `sign-out`: what comes after `sign-in --store`."""

from __future__ import annotations

import errno
import json
import signal
import stat
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import AppClient
from tests.sign_in.fake_accounts import CLIENT_ID, CLIENT_SECRET, CODE, PASSWORD, POOL_ID, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.support.server import PATIENCE
from tests.tokens.issuing import claims, token

from .support import COMMAND, Result, Service, Terminal, cli, environment, over_http

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer
    from tests.conftest import Serve

FILE = "tokens.json"
STORE = ("--store", FILE)
SIGN_IN = ("sign-in", "--user-pool-id", POOL_ID, "--client-id", CLIENT_ID, "--username", "mary", "--password", "-")


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def fake_for(*plan: str, secret: str | None = None, rotates: bool = True, remembers: bool = False) -> FakeCognito:
    """Make a service for a user with a plan."""
    app = AppClient(POOL_ID, CLIENT_ID, secret)
    return FakeCognito(app, user(*plan), rotates=rotates, remembers_devices=remembers)


def signed_in(fake: FakeCognito, *args: str) -> dict[str, str]:
    """Sign in, and return what the file holds."""
    result = cli(*SIGN_IN, *STORE, *args, respond=fake, given=f"{PASSWORD}\n".encode())
    assert 0 == result.code, result.err
    return stored()


def stored() -> dict[str, str]:
    """Return what the file holds; only its owner can read it, and nothing else is in the folder."""
    assert 0o600 == stat.S_IMODE(Path(FILE).stat().st_mode)
    assert [] == [name for name in files() if name.startswith(".")]
    data: dict[str, str] = json.loads(Path(FILE).read_text("utf-8"))
    return data


def files() -> list[str]:
    """Return the names of all files."""
    return sorted(path.name for path in Path().iterdir())


def check_silent(fake: FakeCognito, result: Result) -> None:
    """Check that no token was shown."""
    for secret in (*fake.secrets, CLIENT_SECRET):
        assert secret not in result.out + result.err


@pytest.mark.parametrize("rotates", [True, False])
def test_refresh(*, rotates: bool) -> None:
    """New tokens take the place of the old ones in the file; a refresh token that is not rotated stays."""
    fake = fake_for(rotates=rotates)
    before = signed_in(fake)
    results = [cli("refresh", *STORE, respond=fake) for _ in range(3)]
    after = stored()

    assert [0, 0, 0] == [result.code for result in results], results[-1].err
    assert "mary has new tokens in tokens.json.\nThe access token ends " in results[0].out
    assert list(before) == list(after)
    assert {"AccessToken", "IdToken", "ExpiresAt"} | ({"RefreshToken"} if rotates else set()) >= {
        name for name in before if before[name] != after[name]
    }
    assert before["AccessToken"] != after["AccessToken"]
    assert rotates == (before["RefreshToken"] != after["RefreshToken"])
    for result in results:
        check_silent(fake, result)


def test_refresh_prints_tokens_when_asked_to() -> None:
    """`--show-tokens` prints the new tokens, as a script wants them; other outputs show `***`."""
    fake = fake_for()
    signed_in(fake)
    shown = cli("refresh", *STORE, "--show-tokens", "--query", "AccessToken", "--output", "text", respond=fake)
    assert shown.out == stored()["AccessToken"] + "\n"
    hidden = cli("refresh", *STORE, "--output", "json", respond=fake)

    assert ["***"] * 3 == [hidden.data[name] for name in ("AccessToken", "IdToken", "RefreshToken")]


def test_an_app_client_with_a_secret(tmp_path: Path) -> None:
    """The secret is no part of the file; both commands take it from a file of its own."""
    (tmp_path / "secret").write_text(CLIENT_SECRET)
    secret = ("--client-secret", f"@{tmp_path}/secret")
    fake = fake_for(secret=CLIENT_SECRET)
    assert CLIENT_SECRET not in json.dumps(signed_in(fake, *secret))
    without = cli("refresh", *STORE, respond=fake)
    results = [cli("refresh", *STORE, *secret, respond=fake), cli("sign-out", *STORE, *secret, respond=fake)]

    assert 254 == without.code
    assert [0, 0] == [result.code for result in results], results[0].err


def test_a_remembered_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says which device the tokens belong to, so that a refresh names it: a new one, and a known one."""
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: True)
    fake = fake_for("SMS_MFA", remembers=True)
    args = (*SIGN_IN, *STORE, "--device-file", "device.json")
    first = cli(*args, respond=fake, given=f"{PASSWORD}\n{CODE}\n".encode())
    new = cli("refresh", *STORE, respond=fake)
    key = stored()["DeviceKey"]
    second = cli(*args, respond=fake, given=f"{PASSWORD}\n".encode())
    known = cli("refresh", *STORE, respond=fake)

    assert [0] * 4 == [result.code for result in (first, new, second, known)], known.err
    assert key == stored()["DeviceKey"]


def test_the_older_flow() -> None:
    """`--refresh-with` takes the flow that older servers have."""
    fake = fake_for(rotates=False)
    signed_in(fake)
    result = cli("refresh", *STORE, "--refresh-with", "REFRESH_TOKEN_AUTH", respond=fake)

    assert 0 == result.code
    assert "InitiateAuth" == fake.operations[-1]


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new tokens could not be written, they are not asked for, and the old ones stay good."""
    fake = fake_for()
    before = signed_in(fake)

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.posix_fallocate", full)
        result = cli("refresh", *STORE, respond=fake)

    assert 255 == result.code
    assert "No space left on device" in result.err
    assert before == stored()
    assert 0 == cli("refresh", *STORE, respond=fake).code


def test_ctrl_c_during_a_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C waits for the new tokens, and ends the command once they are written; a second one gives them up."""
    fake = fake_for()
    before = signed_in(fake)
    fake.before = lambda _: signal.raise_signal(signal.SIGINT)
    once = cli("refresh", *STORE, respond=fake)
    after = stored()

    given_up_at = threading.Event()

    def pressed(_: str) -> None:
        signal.raise_signal(signal.SIGINT)
        assert given_up_at.wait(PATIENCE)

    def pressed_again(_: str) -> None:
        given_up_at.set()
        signal.raise_signal(signal.SIGINT)

    fake.before = pressed
    monkeypatch.setattr("cognito_idp.cli.stored.err", pressed_again)
    given_up = cli("refresh", *STORE, respond=fake)
    for thread in threading.enumerate():
        if thread.name == "cognito_idp":  # the refresh, which goes on by itself
            thread.join(PATIENCE)

    assert [130, 130] == [once.code, given_up.code]
    assert "Waiting for the new tokens; Ctrl-C again gives them up." in once.err
    assert before["RefreshToken"] != after["RefreshToken"]
    assert after == stored()
    assert signal.default_int_handler is signal.getsignal(signal.SIGINT)


@pytest.mark.slow
def test_two_at_a_time(serve: Serve, tmp_path: Path) -> None:
    """A second refresh waits for the first and goes on with its tokens: a rotated token is sent once."""
    fake = fake_for()
    before = signed_in(fake)
    server = serve(over_http(fake))
    args = (*COMMAND, "refresh", *STORE, "--endpoint-url", server.url)
    others: list[subprocess.Popen[bytes]] = []

    def start_another(_: str) -> None:
        if not others:
            others.append(subprocess.Popen(args, env=environment(), cwd=tmp_path))

    fake.before = start_another
    first = subprocess.run(args, env=environment(), cwd=tmp_path, check=False)
    codes = [first.returncode, *(other.wait() for other in others)]

    assert [0, 0] == codes
    sent = [body["RefreshToken"] for operation, body in fake.sent if operation == "GetTokensFromRefreshToken"]
    assert before["RefreshToken"] == sent[0]
    assert 2 == len(set(sent))
    assert stored()["RefreshToken"] not in sent


def test_a_session_that_has_ended() -> None:
    """A refresh token that was revoked is the service's error, and the file stays."""
    fake = fake_for()
    before = signed_in(fake)
    cli("global-sign-out", "--access-token", f"@{_text(before['AccessToken'])}", respond=fake)
    result = cli("refresh", *STORE, respond=fake)

    assert 254 == result.code
    assert "SessionEndedError: the refresh token is no longer valid" in result.err
    assert before == stored()
    check_silent(fake, result)


def _text(text: str) -> str:
    Path("text").write_text(text, "utf-8")
    return "text"


@pytest.mark.parametrize("command", ["refresh", "whoami", "sign-out"])
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        '{"AccessToken": "secret-token"}',
        '{"UserPoolId": "nothing", "ClientId": "c", "Username": "u", "AccessToken": "secret-token"}',
        '{"UserPoolId": "us-east-1_a", "ClientId": "c", "Username": "u", "AccessToken": ["secret-token"]}',
        '{"UserPoolId": "eu-west-1_a", "ClientId": "c", "Username": "u", "AccessToken": "secret-token","ExpiresAt":""}',
        '{"secret-token":' * 8_000 + "1" + "}" * 8_000,
    ],
    ids=range(9),
)
def test_another_file(command: str, text: str | None) -> None:
    """What sign-in did not write is refused, and stays as it is; nothing is sent, and none of it is shown."""
    if text is not None:
        _text(text)
    service = Service({})
    result = cli(command, "--store", "text", respond=service)

    assert 252 == result.code
    assert ("file can't be read" if text is None else "not a file that sign-in --store wrote") in result.err
    assert [] == service.sent
    assert "secret-token" not in result.err
    assert ([] if text is None else ["text"]) == files()


def test_no_refresh_token() -> None:
    """Without a refresh token there is nothing to refresh, and sign-out says what is left."""
    fake = fake_for()
    data = signed_in(fake)
    del data["RefreshToken"]
    _text(json.dumps(data))
    refreshed = cli("refresh", "--store", "text", respond=fake)
    signed_out = cli("sign-out", "--store", "text", respond=fake)

    assert 252 == refreshed.code
    assert "the file has no refresh token; sign in again" in refreshed.err
    assert "There was no refresh token to revoke" in signed_out.out
    assert [FILE] == files()


def test_sign_out() -> None:
    """The refresh token is revoked, and the file is gone."""
    fake = fake_for()
    before = signed_in(fake)
    result = cli("sign-out", *STORE, respond=fake)

    assert (0, "mary is signed out.\n") == result[:2]
    assert [] == files()
    assert ("RevokeToken", before["RefreshToken"]) == (fake.sent[-1][0], fake.sent[-1][1]["Token"])
    assert 252 == cli("sign-out", *STORE, respond=fake).code


@pytest.mark.parametrize("expired", [False, True])
def test_sign_out_everywhere(*, expired: bool) -> None:
    """`--everywhere` revokes all tokens of the user, with a new access token if the old one has expired."""
    fake = fake_for()
    data = signed_in(fake)
    if expired:
        Path(FILE).write_text(json.dumps({**data, "ExpiresAt": "2020-01-01T00:00:00+00:00"}), "utf-8")
    result = cli("sign-out", *STORE, "--everywhere", respond=fake)

    assert (0, "mary is signed out on all devices.\n") == result[:2]
    assert ["GetTokensFromRefreshToken"] * expired + ["GlobalSignOut"] == fake.operations[2:]
    assert [] == files()


def test_a_sign_out_that_is_refused() -> None:
    """If the service refuses, the file stays, so that one may try again."""
    fake = fake_for()
    before = signed_in(fake)
    refusal = Service({"__type": "TooManyRequestsException"}, status=400)
    result = cli("sign-out", *STORE, "--retry", "off", respond=refusal)

    assert 254 == result.code
    assert before == stored()


def with_claims(**more: Any) -> dict[str, str]:
    """Write a file whose tokens are real ones, and return what it holds."""
    now = int(time.time())
    good = {"exp": now + 3600, "iat": now - 60, "auth_time": now - 60, **more}
    data = {
        "UserPoolId": POOL_ID,
        "ClientId": CLIENT_ID,
        "Username": "mary@example.com",
        "AccessToken": token(claims(**good)),
        "RefreshToken": "a-refresh-token",
        "ExpiresAt": "2020-01-01T00:00:00+00:00",
    }
    Path(FILE).write_text(json.dumps(data), "utf-8")
    return data


def test_whoami() -> None:
    """It says who is signed in and until when, with the claims in words, asks nobody, and shows no token."""
    data = with_claims(**{"cognito:groups": ["admins"], "evil": "\x1b[31m[bold]"})
    service = Service({})
    result = cli("whoami", *STORE, respond=service)
    as_data = cli("whoami", *STORE, "--output", "json", respond=service)

    assert 0 == result.code
    assert f"mary@example.com, by app client {CLIENT_ID} of user pool {POOL_ID}.\nThe access token ended 2020" in (
        result.out
    )
    assert "There is a refresh token." in result.out
    for expected in ("admins", "UTC (in 1 hour)", "[bold]"):
        assert expected in result.out
    assert "\x1b" not in result.out
    assert ("mary@example.com", True, "mary") == (
        as_data.data["Username"],
        as_data.data["CanRefresh"],
        as_data.data["Claims"]["username"],
    )
    for shown in (result, as_data):
        assert data["AccessToken"].rpartition(".")[2] not in shown.out
        assert data["RefreshToken"] not in shown.out
    assert [] == service.sent


def test_whoami_without_claims() -> None:
    """Tokens that can't be read leave what the file itself says."""
    fake = fake_for()
    signed_in(fake)
    result = cli("whoami", *STORE, respond=fake)

    assert 0 == result.code
    assert "The access token ends " in result.out
    check_silent(fake, result)


@pytest.mark.slow
def test_a_user_at_a_terminal(serve: Serve, tmp_path: Path) -> None:
    """The four commands follow one another at a terminal."""
    server = serve(over_http(fake_for()))
    store = ("--store", str(tmp_path / FILE), "--endpoint-url", server.url)
    with Terminal(*SIGN_IN, *store) as terminal:
        terminal.answer("Password: ", PASSWORD)
        assert 0 == terminal.end()
    for command in ("whoami", "refresh", "sign-out"):
        with Terminal(command, *store) as terminal:
            assert 0 == terminal.end(), terminal.shown
            assert "mary" in terminal.shown
    assert [] == files()


@pytest.mark.slow
def test_against_a_server(server: CognitoServer) -> None:
    """A session of a real server is refreshed, explained, verified by that server's keys, and ended."""
    with server.client() as client:
        pool_id = client.call("CreateUserPool", {"PoolName": "p"})["UserPool"]["Id"]
        flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = client.call(
            "CreateUserPoolClient", {"UserPoolId": pool_id, "ClientName": "c", "ExplicitAuthFlows": flows}
        )
        client.admin_create_user(user_pool_id=pool_id, username="mary", message_action="SUPPRESS")
        client.admin_set_user_password(user_pool_id=pool_id, username="mary", password=PASSWORD, permanent=True)
    client_id = made["UserPoolClient"]["ClientId"]
    url = ("--endpoint-url", server.endpoint_url)
    app = ("--user-pool-id", pool_id, "--client-id", client_id)
    begun = cli("sign-in", *app, "--username", "mary", "--password", "-", *STORE, *url, given=f"{PASSWORD}\n".encode())
    old = stored()
    refreshed = cli("refresh", *STORE, *url)
    access_token = stored()["AccessToken"]
    who = cli("whoami", *STORE, "--query", 'Claims."cognito:username"', "--output", "text")
    verified = cli("verify", "-", *app, *url, given=access_token.encode())
    _text(stored()["RefreshToken"])
    ended = cli("sign-out", *STORE, *url)

    assert [0] * 5 == [result.code for result in (begun, refreshed, who, verified, ended)], refreshed.err
    assert old["AccessToken"] != access_token
    assert "mary\n" == who.out
    assert "The token would be accepted." in verified.out
    assert ["text"] == files()
    again = cli("get-tokens-from-refresh-token", "--client-id", client_id, "--refresh-token", "@text", *url)
    assert 254 == again.code
