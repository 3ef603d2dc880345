from __future__ import annotations

import json
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import UnknownServiceError
from cognito_idp.cli.failures import exit_code_of, text_of

from .support import COMMAND, Service, Terminal, cli, environment, over_http, process

if TYPE_CHECKING:
    from pathlib import Path

    from cognito_idp.testing import CognitoServer
    from tests.conftest import Serve

GET = ("admin-get-user", "--user-pool-id", "us-east-1_a", "--username", "u")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def refusing(code: str, message: str) -> Any:
    """Return a service that answers with an error."""
    return lambda _: httpx.Response(400, json={"__type": code, "message": message}, headers={"x-amzn-requestid": "r1"})


def cut_off(request: httpx.Request) -> httpx.Response:
    """Answer with nothing."""
    reason = "gone"
    raise httpx.ReadError(reason, request=request)


@pytest.mark.parametrize(
    ("code", "args", "respond", "expected"),
    [
        (0, GET, Service({"Username": "u"}), ""),
        (0, ("--version",), None, ""),
        (252, (), None, "Usage: cognito-idp"),
        (252, ("no-such-command",), None, "No such command 'no-such-command'."),
        (252, ("list-user",), None, "No such command 'list-user'. Did you mean 'list-users'?"),
        (252, ("AdminGetUser",), None, "No such command 'AdminGetUser'. Did you mean 'admin-get-user'?"),
        (252, ("sign-ins",), None, "No such command 'sign-ins'. Did you mean 'sign-in'?"),
        (252, ("sing-in",), None, "No such command 'sing-in'. Did you mean 'sign-in'?"),
        (252, ("verfiy",), None, "No such command 'verfiy'. Did you mean 'verify'?"),
        (252, ("loca",), None, "No such command 'loca'. Did you mean 'local'?"),
        (252, ("sing-up",), None, "No such command 'sing-up'. Did you mean 'sign-up'?"),
        (252, ("list-users",), None, "the following options are required: --user-pool-id"),
        (252, ("whoami",), None, "the following options are required: --store\n"),
        (252, ("refresh",), None, "the following options are required: --store\n"),
        (252, ("sign-in",), None, "the following options are required: --user-pool-id, --client-id\n"),
        (252, ("sign-in", "--user-pool-id", "p"), None, "the following options are required: --client-id\n"),
        (252, (*GET, "--output", "xml"), None, "Invalid value for '--output'"),
        (252, (*GET, "--username", ""), None, "--username: must have between 1 and 128 characters, has 0"),
        (253, (*GET, "--endpoint-url", "ftp://x"), None, "ConfigError: "),
        (253, (*GET, "--profile", "no-such-profile"), None, "no-such-profile"),
        (
            254,
            GET,
            refusing("UserNotFoundException", "no\nbody"),
            "(UserNotFoundException) when calling the AdminGetUser operation: no body [request id r1]\n",
        ),
        (254, GET, refusing("NewException", ""), "An error occurred (NewException) when calling the AdminGetUser"),
        (255, GET, cut_off, "ReadError: "),
        (255, GET, lambda _: httpx.Response(200, text="<html>"), "InvalidResponseError: "),
    ],
)
def test_exit_codes(code: int, args: tuple[str, ...], respond: Any, expected: str) -> None:
    """Each kind of failure has its exit code and its text on standard error, and never a traceback."""
    result = cli(*args, respond=respond)

    assert code == result.code
    assert expected in result.err
    assert "Traceback" not in result.err
    assert code == 0 or result.out == ""


@pytest.mark.slow
def test_no_credentials() -> None:
    """Without credentials the exit code is 253, and the text says where they were looked for."""
    result = process(*GET)

    assert 253 == result.code
    assert "AWS_ACCESS_KEY_ID is not set" in result.err


def test_unforeseen_errors() -> None:
    """An error that nobody thought of is one line and exit code 255."""
    error = ValueError("secret-value\nline")

    assert 255 == exit_code_of(error)
    assert text_of(error, {"secret-value"}).startswith("ValueError: *** line\n")
    assert 254 == exit_code_of(UnknownServiceError("x", code="New"))


def test_debug_shows_attempts_and_where() -> None:
    """`--debug` prints the events of each call, and where an error was raised."""
    result = cli(*GET, "--debug", respond=refusing("UserNotFoundException", "nobody"))

    assert "debug: AttemptEnded operation=AdminGetUser" in result.err
    seconds = re.findall(r"seconds=(\S+)", result.err)
    assert seconds
    assert all(re.fullmatch(r"[0-9]+\.[0-9]{3}", number) for number in seconds)
    assert "error=UserNotFoundException" in result.err
    assert ", in send" in result.err
    assert "not-a-secret" not in result.err


def test_help_is_well_spelt() -> None:
    """The help says once that an option is required, and writes MFA in capitals."""
    own = cli("sign-in", "--help").out
    assert 2 == own.count("required")
    families = [line for line in cli("--help").out.splitlines() if line[:1].isalpha()]
    assert "MFA:" in families
    assert "Mfa:" not in families


def test_global_options_stand_on_both_sides() -> None:
    """A global option may stand before the command or after it; the one after it counts."""
    service = Service({"Username": "u", "Enabled": True})
    before = cli("--query", "Username", "--output", "text", *GET, respond=service)
    after = cli("--query", "Nothing", *GET, "--query", "Username", "--output", "text", respond=service)

    assert "u\n" == before.out == after.out


@pytest.mark.slow
def test_help_loads_no_structs_and_no_libraries() -> None:
    """The list of all commands defines no struct, and imports neither rich nor jmespath, segno, cattrs or httpx."""
    code = (
        "import sys\n"
        "from cognito_idp.cli.app import run\n"
        "assert run(['--help']) == 0\n"
        "unwanted = {'rich', 'jmespath', 'segno', 'cattrs', 'httpx', 'cryptography', 'cognito_idp.model.users'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)\n"
    )
    result = _python(code)

    assert (0, "") == (result.returncode, result.stderr)
    assert "admin-initiate-auth" in result.stdout
    assert "sign-in" in result.stdout


def _python(code: str) -> Any:
    import subprocess

    return subprocess.run(
        (sys.executable, "-W", "error", "-c", code), env=environment(), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_a_missing_extra_is_named(missing: str) -> None:
    """Without the extra, the command says how to install it, and exits with 1."""
    code = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "from cognito_idp.cli import main\n"
        "sys.argv = ['cognito-idp', 'verify', 'a.b.c', '--user-pool-id', 'us-east-1_a', '--output', 'table']\n"
        "main()\n"
    )
    result = _python(code)

    assert 1 == result.returncode
    assert "pip install '.[cli]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cognito-idp admin-in", "plain,admin-initiate-auth"),
        ("cognito-idp ver", "plain,verify"),
        ("cognito-idp admin-initiate-auth --auth-flow USER_S", "plain,USER_SRP_AUTH"),
        ("cognito-idp admin-initiate-auth --auth-fl", "plain,--auth-flow"),
        ("cognito-idp admin-create-user --desired-delivery-mediums SM", "plain,SMS"),
        ("cognito-idp list-users --filter @x", "file,@x"),
        ("cognito-idp list-users --outp", "plain,--output"),
    ],
)
def test_shell_completion(words: str, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Commands, options, the known values of enums and files are completed."""
    monkeypatch.setenv("_COGNITO_IDP_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    from cognito_idp.cli.app import run

    with pytest.raises(SystemExit):
        run([])

    assert expected in capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_ctrl_c_ends_with_130(serve: Serve) -> None:
    """Ctrl-C in the middle of a call ends the process with exit code 130 and no traceback."""
    import subprocess

    from tests.support.answers import hang

    server = serve(hang)
    with subprocess.Popen(
        (*COMMAND, *GET, "--endpoint-url", server.url),
        env=environment(**KEYS),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            server.wait_for(lambda: bool(server.requests))
            running.send_signal(signal.SIGINT)
            _, err = running.communicate()
        finally:
            running.kill()

    assert 130 == running.returncode
    assert "Interrupted." in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_hidden_prompts_at_a_terminal(serve: Serve) -> None:
    """At a terminal a secret is asked for, and what is typed does not show."""
    service = Service({})
    server = serve(over_http(service))
    args = ("admin-set-user-password", "--user-pool-id", "us-east-1_a", "--username", "u", "--endpoint-url", server.url)
    with Terminal(*args, **KEYS) as terminal:
        terminal.answer("Password: ", "Correct-Horse-1")
        code = terminal.end()

    assert 0 == code
    assert "Correct-Horse-1" == service.sent[0][1]["Password"]
    assert "Horse" not in terminal.shown


@pytest.mark.slow
def test_against_a_server(server: CognitoServer) -> None:
    """A pool is made, filled, listed and deleted by commands alone, against a server that checks signatures."""
    keys = server.credentials
    settings = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_ENDPOINT_URL": server.endpoint_url,
        "AWS_REGION": server.region,
    }
    made = process("create-user-pool", "--pool-name", "p", "--query", "UserPool.Id", "--output", "text", **settings)
    pool = ("--user-pool-id", made.out.strip())
    attributes = ("--user-attributes", "Name=email,Value=ann@example.com")
    created = process("admin-create-user", *pool, "--username", "ann", *attributes, **settings)
    listed = process("list-users", *pool, "--query", "Users[].Username", "--output", "text", **settings)
    gone = process("admin-get-user", *pool, "--username", "bob", **settings)
    deleted = process("delete-user-pool", *pool, **settings)

    assert [0, 0, 0, 254, 0] == [result.code for result in (made, created, listed, gone, deleted)]
    assert "ann" == created.data["User"]["Username"]
    assert "ann\n" == listed.out
    assert "(UserNotFoundException) when calling the AdminGetUser operation" in gone.err


@pytest.mark.slow
def test_a_sign_in_against_a_server(server: CognitoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user is made, given a password, signed in by SRP, and the tokens that were stored are found good."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.credentials.secret_access_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
    monkeypatch.setenv("AWS_REGION", server.region)
    text = ("--output", "text")
    pool_id = cli("create-user-pool", "--pool-name", "p", "--query", "UserPool.Id", *text).out.strip()
    pool = ("--user-pool-id", pool_id)
    flows = ("--explicit-auth-flows", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
    made = cli(
        "create-user-pool-client", *pool, "--client-name", "c", *flows, "--query", "UserPoolClient.ClientId", *text
    )
    client = ("--client-id", made.out.strip())
    cli("admin-create-user", *pool, "--username", "ann", "--message-action", "SUPPRESS")
    user = (*pool, "--username", "ann")
    permanent = cli("admin-set-user-password", *user, "--permanent", "--password", "-", given=b"Correct-Horse-1\n")
    tokens = tmp_path / "tokens.json"
    sign_in = ("sign-in", *user, *client, "--password", "-", "--store", str(tokens))
    signed_in = cli(*sign_in, given=b"Correct-Horse-1\n")
    wrong = cli(*sign_in, given=b"Battery-Staple-2\n")
    token = json.loads(tokens.read_text())["AccessToken"]
    keys = ("--jwks-uri", f"{server.endpoint_url}/{pool_id}/.well-known/jwks.json")
    good = cli("verify", "-", *pool, *client, *keys, "--token-use", "access", given=token.encode())
    bad = cli("verify", "-", *pool, *client, *keys, "--token-use", "id", given=token.encode())

    assert (0, "", "") == permanent
    assert [0, 254] == [signed_in.code, wrong.code], signed_in.err
    assert "ann is signed in" in signed_in.out
    assert [0, 1] == [good.code, bad.code], good.out
    assert "The token would be refused (TokenUseError)" in bad.out
    for result in (signed_in, wrong, good, bad):
        assert "Horse" not in result.out + result.err
        assert token.rpartition(".")[2] not in result.out + result.err
