from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import AppClient
from cognito_idp.sign_in.machine import TABLE
from tests.sign_in.fake_accounts import (
    CLIENT_ID,
    CLIENT_SECRET,
    CODE,
    CREDENTIAL,
    PASSWORD,
    POOL_ID,
    RefusedError,
    totp_now,
    user,
)
from tests.sign_in.fake_cognito import FakeCognito

from .support import Result, Terminal, cli, over_http

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve

SECRET_CODE = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NEW_PASSWORD = "Battery-Staple-2"
SIGN_IN = ("sign-in", "--user-pool-id", POOL_ID, "--client-id", CLIENT_ID, "--username", "mary")


def fake_for(*plan: str, secret: str | None = None, remembers: bool = False, **more: Any) -> FakeCognito:
    """Make a service for a user with a plan."""
    app = AppClient(POOL_ID, CLIENT_ID, secret)
    return FakeCognito(app, user(*plan, **more), remembers_devices=remembers)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let questions be asked; the runner of click answers them from standard input."""
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: True)
    monkeypatch.chdir(tmp_path)


def sign_in(fake: FakeCognito, *answers: str, args: tuple[str, ...] = ()) -> Result:
    """Sign in, giving answers to the questions in their order; nothing secret may be shown."""
    result = cli(*SIGN_IN, *args, respond=fake, given="".join(f"{answer}\n" for answer in answers).encode())
    shown = result.out + result.err
    if "--show-tokens" not in args and "--show-secrets" not in args:
        for secret in (PASSWORD, NEW_PASSWORD, CODE, SECRET_CODE, CLIENT_SECRET, *fake.secrets):
            assert secret not in shown
    return result


def check_signed_in(result: Result) -> None:
    """Check that it went well, and that no token was shown."""
    assert 0 == result.code, result.err
    assert "mary is signed in: access token, ID token, refresh token.\n" in result.out
    assert "The access token ends " in result.out
    assert "--store FILE keeps them" in result.out


def test_a_password_is_enough() -> None:
    """Without challenges the password signs a user in, proven by SRP; the summary shows no token."""
    fake = fake_for()
    result = sign_in(fake, PASSWORD)

    check_signed_in(result)
    assert ["InitiateAuth", "RespondToAuthChallenge PASSWORD_VERIFIER"] == fake.operations
    assert "Password:" in result.err


# The answers to each challenge, as a person types them.
TYPED = {
    "SMS_MFA": [CODE],
    "SMS_OTP": [CODE],
    "EMAIL_OTP": [CODE],
    "SOFTWARE_TOKEN_MFA": [CODE],
    "SELECT_MFA_TYPE": ["2", CODE],
    "SELECT_CHALLENGE": ["PASSWORD_SRP"],
    "MFA_SETUP": ["2", "mary@example.com", CODE],
    "NEW_PASSWORD_REQUIRED": [NEW_PASSWORD, NEW_PASSWORD],
    "CUSTOM_CHALLENGE": ["42"],
    "PASSWORD": [],
    "PASSWORD_SRP": [],
    "ADMIN_NO_SRP_AUTH": [],
    "WEB_AUTHN": ["passkey.json"],
}
FORCED = ("PASSWORD", "PASSWORD_SRP", "SELECT_CHALLENGE", "WEB_AUTHN", "SMS_OTP")


@pytest.mark.parametrize("challenge", TYPED)
def test_every_challenge_is_asked(challenge: str, tmp_path: Path) -> None:
    """Each challenge that a person can answer is asked and answered, and none of the secrets is shown."""
    (tmp_path / "passkey.json").write_text(json.dumps(CREDENTIAL))
    args: tuple[str, ...]
    if challenge in FORCED:
        fake, args = fake_for(), ("--flow", "USER_AUTH", "--password", "-")
        fake.forced = [challenge]
    elif challenge == "ADMIN_NO_SRP_AUTH":
        fake, args = fake_for(), ("--flow", "ADMIN_NO_SRP_AUTH")
        fake.forced = [challenge]
    else:
        fake, args = fake_for(challenge), ()

    check_signed_in(sign_in(fake, PASSWORD, *TYPED[challenge], args=args))
    assert any(operation.endswith(challenge) for operation in fake.operations)


def test_every_challenge_is_known_here() -> None:
    """The challenges that these tests answer are all that the library does not answer by itself."""
    assert {name.value for name, row in TABLE.items() if row.answer} - {"DEVICE_SRP_AUTH"} == set(TYPED)


def test_a_challenge_of_tomorrow() -> None:
    """A challenge that this version doesn't know is answered by the service's own names."""
    check_signed_in(sign_in(fake_for("PIGEON_POST"), PASSWORD, "FEATHER", CODE, ""))


def test_setting_up_an_authenticator_app() -> None:
    """A QR code is drawn for the app, a wrong code may be tried again, and the key itself is not shown."""
    fake = fake_for("MFA_SETUP")
    result = sign_in(fake, PASSWORD, "1", "000000", totp_now(SECRET_CODE))

    check_signed_in(result)
    assert "Scan this with an authenticator app:" in result.err
    assert "▀" in result.err
    assert "An error occurred (EnableSoftwareTokenMFAException)" in result.err
    assert 2 == fake.operations.count("VerifySoftwareToken")


def test_the_key_of_an_authenticator_app() -> None:
    """With --show-secrets the key is shown for typing it in."""
    result = sign_in(fake_for("MFA_SETUP"), PASSWORD, "1", totp_now(SECRET_CODE), args=("--show-secrets",))

    assert f"Or type this key into it: {SECRET_CODE}" in result.err


def test_a_new_password_with_attributes() -> None:
    """A new password is asked for twice, with the attributes that are required."""
    fake = fake_for("NEW_PASSWORD_REQUIRED", required_attributes=("given_name", "email"))
    result = sign_in(fake, PASSWORD, "Mary", "", NEW_PASSWORD, "typo", NEW_PASSWORD, NEW_PASSWORD)

    check_signed_in(result)
    answered = fake.sent[-1][1]["ChallengeResponses"]
    assert ("Mary", "mary@example.com") == (answered["userAttributes.given_name"], answered["userAttributes.email"])


def test_a_wrong_code_may_be_tried_again() -> None:
    """After a wrong code the question comes again, as often as the service takes it."""
    again = sign_in(fake_for("SMS_MFA"), PASSWORD, *["000000"] * 4, CODE)

    check_signed_in(again)
    assert 4 == again.err.count("An error occurred (CodeMismatchException)")


def test_a_new_password_that_was_used_before() -> None:
    """A new password that the service refuses, as too weak or used before, may be replaced by another."""
    fake = fake_for("NEW_PASSWORD_REQUIRED")
    codes = ("InvalidPasswordException", "PasswordHistoryPolicyViolationException")
    fake.scripted["NEW_PASSWORD_REQUIRED"] = [RefusedError(code, "no") for code in codes]
    again = sign_in(fake, PASSWORD, *[NEW_PASSWORD] * 6)

    check_signed_in(again)
    assert all(f"An error occurred ({code})" in again.err for code in codes)


WRONG = "(NotAuthorizedException) when calling the RespondToAuthChallenge operation: Incorrect username or password."


@pytest.mark.parametrize("args", [(), ("--password", "-"), ("--flow", "USER_PASSWORD_AUTH")])
def test_a_wrong_password_may_be_tried_again(args: tuple[str, ...]) -> None:
    """A password that was typed wrong is asked for again, three times in all; the last error ends it."""
    again = sign_in(fake_for(), "wrong-one", "wrong-two", PASSWORD, args=args)
    denied = sign_in(fake_for(), "wrong-one", "wrong-two", "wrong-three", PASSWORD, args=args)

    check_signed_in(again)
    assert 254 == denied.code
    for result, refusals in ((again, 2), (denied, 3)):
        assert refusals == result.err.count("Incorrect username or password.")
        assert 2 == result.err.count("Try again, or end it with Ctrl-C.")
        assert "wrong-" not in result.out + result.err


def test_a_wrong_password_among_the_challenges() -> None:
    """So is one that a challenge asked for, and the sign-in begins again."""
    result = sign_in(fake_for(), *("PASSWORD_SRP", "wrong-one", "PASSWORD", PASSWORD), args=("--flow", "USER_AUTH"))

    check_signed_in(result)
    assert WRONG in result.err


@pytest.mark.parametrize("message", ["User is disabled.", "Password attempts exceeded"])
def test_what_another_password_does_not_help(message: str) -> None:
    """Another refusal is not a wrong password, and ends the sign-in."""
    fake = fake_for()
    fake.scripted["InitiateAuth"] = [RefusedError("NotAuthorizedException", message)]
    result = sign_in(fake, PASSWORD, PASSWORD)

    assert 254 == result.code
    assert message in result.err
    assert ["InitiateAuth"] == fake.operations


def test_a_wrong_password_that_nobody_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password from a file or from standard input is sent once."""
    (tmp_path / "password").write_text("wrong-one")
    fake = fake_for()
    from_file = sign_in(fake, PASSWORD, args=("--password", f"@{tmp_path}/password"))
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: False)
    from_pipe = sign_in(fake, "wrong-two", args=("--password", "-"))

    assert [254, 254] == [from_file.code, from_pipe.code]
    assert 2 == fake.operations.count("InitiateAuth")


def test_the_end_of_input_ends_the_sign_in() -> None:
    """Whoever closes the input, or presses Ctrl-C, at a question leaves with exit code 130."""
    assert 130 == sign_in(fake_for("SMS_MFA"), PASSWORD).code


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal, a question is an error that says what was asked for."""
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: False)
    no_password = sign_in(fake_for())
    challenged = sign_in(fake_for("SMS_MFA"), PASSWORD, args=("--password", "-"))
    fine = sign_in(fake_for(), PASSWORD, args=("--password", "-"))

    assert [252, 252] == [no_password.code, challenged.code]
    assert "can't ask for Password: standard input is not a terminal" in no_password.err
    assert "Code that was sent by SMS to " in challenged.err
    check_signed_in(fine)


def test_tokens_are_printed_when_asked_for() -> None:
    """`--show-tokens` prints the tokens as JSON; `--output` without it prints `***`."""
    fake = fake_for()
    shown = sign_in(fake, PASSWORD, args=("--show-tokens",))
    hidden = sign_in(fake_for(), PASSWORD, args=("--output", "json"))
    one = sign_in(fake_for(), PASSWORD, args=("--show-tokens", "--query", "AccessToken", "--output", "text"))

    assert {"AccessToken", "IdToken", "RefreshToken"} == {k for k, v in shown.data.items() if v in fake.secrets}
    assert ["***"] * 3 == [hidden.data[name] for name in ("AccessToken", "IdToken", "RefreshToken")]
    assert one.out.strip().startswith("access-token-")


def test_tokens_are_stored_for_the_owner_alone(tmp_path: Path) -> None:
    """`--store` writes the tokens to a file of mode 0600, in place of what was there."""
    file = tmp_path / "tokens.json"
    file.write_text("old")
    file.chmod(0o644)
    fake = fake_for()
    result = sign_in(fake, PASSWORD, args=("--store", str(file)))

    assert 0 == result.code
    assert f"The tokens are in {file}, which only you can read." in result.out
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert json.loads(file.read_text())["AccessToken"] in fake.secrets
    assert [file] == list(tmp_path.iterdir())


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """A file that can't be written is an error with exit code 255, and shows no token."""
    result = sign_in(fake_for(), PASSWORD, args=("--store", str(tmp_path / "no" / "file")))

    assert 255 == result.code
    assert "No such file or directory" in result.err


def test_an_app_client_with_a_secret(tmp_path: Path) -> None:
    """The secret comes from a file, and the admin flow is signed."""
    (tmp_path / "secret").write_text(CLIENT_SECRET + "\n")
    secret = ("--client-secret", f"@{tmp_path}/secret")
    fake = fake_for(secret=CLIENT_SECRET)
    admin = fake_for(secret=CLIENT_SECRET)

    check_signed_in(sign_in(fake, PASSWORD, args=secret))
    check_signed_in(sign_in(admin, PASSWORD, args=(*secret, "--flow", "ADMIN_USER_PASSWORD_AUTH")))
    assert ["AdminInitiateAuth"] == admin.operations


def test_a_device_is_remembered(tmp_path: Path) -> None:
    """`--device-file` has a new device remembered, and answers for it the next time, so that MFA is not asked."""
    file = tmp_path / "device.json"
    args = ("--device-file", str(file))
    fake = fake_for("SMS_MFA", remembers=True)
    first = sign_in(fake, PASSWORD, CODE, args=args)
    second = sign_in(fake, PASSWORD, args=args)
    without = sign_in(fake_for(remembers=True), PASSWORD)

    assert [0, 0] == [first.code, second.code], second.err
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert {"DeviceKey", "DeviceGroupKey", "DevicePassword"} == set(json.loads(file.read_text()))
    assert json.loads(file.read_text())["DevicePassword"] not in first.out + first.err + second.out + second.err
    assert "RespondToAuthChallenge DEVICE_PASSWORD_VERIFIER" in fake.operations
    assert "--device-file FILE has this one remembered" in without.out


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--user-pool-id", "nothing"), "is not the id of a user pool"),
        (("--flow", "REFRESH_TOKEN"), "Invalid value for '--flow'"),
        (("--client-metadata", "nothing"), "--client-metadata: use KEY=VALUE"),
        (("--preferred-challenge", "SMS_OTP"), "takes no preferred_challenge="),
        (("--flow", "USER_PASSWORD_AUTH", "--admin"), "can't begin an admin sign-in"),
        (("--device-file", "broken.json"), "--device-file: this is not a device"),
        (("--device-file", "deep.json"), "--device-file: this is not a device"),
    ],
)
def test_what_does_not_fit(args: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    """What can't be used for a sign-in is a usage error, and nothing is sent."""
    (tmp_path / "broken.json").write_text("[]")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    fake = fake_for()
    result = sign_in(fake, PASSWORD, args=args)

    assert 252 == result.code
    assert expected in result.err
    assert [] == fake.sent


@pytest.mark.slow
def test_at_a_terminal(serve: Serve) -> None:
    """A person at a terminal goes through several challenges; nothing that is typed in secret shows on the screen."""
    fake = fake_for("NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE", "CUSTOM_CHALLENGE", "MFA_SETUP")
    fake.user = attrs.evolve(fake.user, required_attributes=("given_name",))
    server = serve(over_http(fake))
    with Terminal(*SIGN_IN, "--endpoint-url", server.url) as terminal:
        terminal.answer("Password: ", "wrong-one")
        terminal.answer("Password: ", PASSWORD)
        terminal.answer("given_name: ", "Mary")
        terminal.answer("New password: ", NEW_PASSWORD)
        terminal.answer("Repeat for confirmation: ", NEW_PASSWORD)
        terminal.answer("Second factor: ", "SOFTWARE_TOKEN_MFA")
        terminal.answer("Code of the authenticator app (phone): ", "000000")
        terminal.answer("Code of the authenticator app (phone): ", CODE)
        terminal.answer("Answer: ", "42")
        terminal.answer("Set up: ", "1")
        terminal.answer("Code that the app shows: ", totp_now(SECRET_CODE))
        code = terminal.end()

    assert 0 == code, terminal.shown
    assert "mary is signed in" in terminal.shown
    assert "question: How many roads?" in terminal.shown
    for secret in (PASSWORD, NEW_PASSWORD, CODE, SECRET_CODE, "000000", *fake.secrets):
        assert secret not in terminal.shown


def test_ctrl_c_at_a_question(serve: Serve) -> None:
    """Ctrl-C at a hidden prompt ends with exit code 130."""
    server = serve(over_http(fake_for()))
    with Terminal(*SIGN_IN, "--endpoint-url", server.url) as terminal:
        terminal.answer("Password: ", "\x03")
        code = terminal.end()

    assert 130 == code
    assert "Traceback" not in terminal.shown
