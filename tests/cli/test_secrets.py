from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import from_wire
from cognito_idp._structs import shapes
from cognito_idp.cli.catalog import operation_names, request_of
from cognito_idp.cli.render import plain
from cognito_idp.cli.secrets import HIDDEN, is_secret, secrets_in
from tests.conformance.values import response_classes, struct_classes

from .support import Result, Service, cli

if TYPE_CHECKING:
    from pathlib import Path

    from cognito_idp._structs.struct import Response, Struct

MARK = "Zq7-"

# What the model calls sensitive and a terminal may show: names, addresses, and what a person types or reads anyway.
SHOWN = frozenset(
    {
        *("ClientId", "Username", "Value", "IpAddress", "LastIPAddress", "ServerName", "ServerPath", "EncodedData"),
        *("headerName", "CredentialCreationOptions", "Settings"),
    }
)


def filled(shape: shapes.Shape, text: str, *, everywhere: bool) -> Any:  # noqa: PLR0911 - one for each shape
    """Return JSON for a shape, legal and full of a text; nested secrets hold the mark."""
    match shape:
        case shapes.Text():
            least, most = shape.minimum or 0, shape.maximum or 100
            return (text * 100)[: max(least, min(len(text), most))]
        case shapes.Choice():
            return text
        case shapes.Integer():
            return shape.minimum or 0
        case shapes.Boolean():
            return True
        case shapes.Timestamp():
            return 0
        case shapes.Blob():
            return "AAAA"
        case shapes.ListOf():
            return [filled(shape.item, text, everywhere=everywhere)]
        case shapes.MapOf():
            return {"client_secret": filled(shape.value, text, everywhere=everywhere)}
        case shapes.Nested():
            return marked(shape.struct, everywhere=everywhere or text == MARK)
    return {"text": text}


def marked(cls: type[Struct], *, everywhere: bool = False) -> dict[str, Any]:
    """Return the wire form of a struct with every member, its secrets marked; `everywhere`: all of it is a secret."""
    return {
        member.wire_name: filled(
            member.shape,
            MARK if everywhere or (member.sensitive and member.wire_name not in SHOWN) else "open",
            everywhere=everywhere,
        )
        for member in cls._members
    }


def request(name: str) -> dict[str, Any]:
    """Return the wire form of an operation's request."""
    return marked(request_of(name))


def secrets_of(name: str) -> set[str]:
    """Return the wire names of the secrets in an operation's request."""
    return {path for path, _ in secrets_in(from_wire(request_of(name), request(name)))}


WITH_SECRETS = [name for name in operation_names() if secrets_of(name)]


def echo(asked: httpx.Request) -> httpx.Response:
    """Refuse a request with all of it in the message, as a careless service might."""
    body = json.dumps(json.loads(asked.content))
    return httpx.Response(400, json={"__type": "InvalidParameterException", "message": f"can't take {body}"})


def check_silent(result: Result) -> None:
    """Check that no secret was printed anywhere."""
    assert MARK not in result.out
    assert MARK not in result.err


def test_the_secrets_of_requests() -> None:
    """These members of requests are secrets, and no others."""
    found = {path.rpartition(".")[2] for name in WITH_SECRETS for path in secrets_of(name)}
    expected = {
        *("AccessToken", "ActorToken", "ClientSecret", "Code", "ConfirmationCode", "Credential", "FeedbackToken"),
        *("Password", "PreviousPassword", "ProposedPassword", "RefreshToken", "Secret", "SecretHash", "Session"),
        *("SubjectToken", "TemporaryPassword", "Token", "UserCode", "headerValue", "DeviceSecretVerifierConfig"),
        "client_secret",
    }

    assert expected == found


def test_the_model_marks_every_secret() -> None:
    """Every sensitive member of the model is a secret here, holds some, or is one of those that may be shown."""
    containers = {"AuthParameters", "ChallengeParameters", "ChallengeResponses", "ContextData", "HttpHeaders"}
    containers |= {"ProviderDetails", "UserContextData"}
    for cls in struct_classes():
        for member in cls._members:
            if member.sensitive and member.wire_name not in containers:
                assert is_secret(member) == (member.wire_name not in SHOWN), member.label


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_secrets_on_the_command_line_are_refused(name: str) -> None:
    """A secret in `--cli-input-json` on the command line is refused, not sent and not echoed, for every operation."""
    service = Service({})
    result = cli(name, "--cli-input-json", json.dumps(request(name)), "--debug", respond=service)

    assert 252 == result.code
    assert "secrets are not accepted on the command line" in result.err
    assert [] == service.sent
    check_silent(result)


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_no_error_shows_a_secret(name: str, tmp_path: Path) -> None:
    """A service's error that repeats the request is printed without its secrets, with --debug too."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request(name)))

    result = cli(name, "--cli-input-json", f"@{file}", "--debug", respond=echo)

    assert 254 == result.code
    assert "An error occurred (InvalidParameterException) when calling the" in result.err
    assert "***" in result.err
    check_silent(result)


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_secrets_may_be_allowed(name: str) -> None:
    """`--allow-secrets-on-command-line` takes them as they are."""
    service = Service({})
    args = ("--allow-secrets-on-command-line", name, "--cli-input-json", json.dumps(request(name)))
    cli(*args, respond=service)

    assert [request(name)] == [body for _, body in service.sent]


@pytest.mark.parametrize(
    "args",
    [
        ["change-password", "--previous-password", MARK],
        ["change-password", f"--previous-password={MARK}"],
        ["change-password", f"--pasword={MARK}"],
        ["change-password", "--access-token", "@@" + MARK],
        ["change-password", MARK],
        ["admin-initiate-auth", "--auth-parameters", "USERNAME=u", f"PASSWORD={MARK}"],
        ["admin-initiate-auth", "--auth-parameters", f'{{"PASSWORD": "{MARK}"}}'],
        ["admin-initiate-auth", "--auth-parameters", f"USERNAME=u,PASSWORD={MARK}"],
        ["admin-initiate-auth", "--auth-parameters", MARK],
        ["create-identity-provider", "--provider-details", f"client_secret={MARK}"],
        ["confirm-device", "--device-secret-verifier-config", f"PasswordVerifier={MARK}"],
        ["verify", MARK],
        ["verify", f"a.{MARK}.b"],
        ["sign-in", "--user-pool-id", "us-east-1_a", "--client-id", "c", "--username", "u", "--password", MARK],
        ["sign-in", "--user-pool-id", "us-east-1_a", "--client-id", "c", "--client-secret", MARK],
        ["sign-in", MARK],
        ["change-password", "--cli-input-json", f'{{"PreviousPassword": "{MARK}}}'],
        ["change-password", "--cli-input-json", f'["{MARK}"]'],
        ["change-password", "--cli-input-json", f'{{"{MARK}": 1}}'],
    ],
)
def test_usage_errors_echo_no_value(args: list[str]) -> None:
    """However a secret gets into a command line, the error that refuses it does not show it."""
    service = Service({})
    result = cli(*args, "--debug", respond=service)

    assert 252 == result.code
    assert [] == service.sent
    check_silent(result)


def test_secrets_come_from_files_and_standard_input(tmp_path: Path) -> None:
    """`@FILE` and `-` give a secret, without the line end that an editor put there; map entries take them as well."""
    (tmp_path / "password").write_text(f"{MARK}\n")
    service = Service({})
    common = ("admin-initiate-auth", "--user-pool-id", "p", "--client-id", "c", "--auth-flow", "A", "--auth-parameters")
    cli(*common, "USERNAME=u", f"PASSWORD=@{tmp_path}/password", respond=service)
    cli(*common, "USERNAME=u", "PASSWORD=-", given=f"{MARK}\r\n".encode(), respond=service)
    cli(*common, "-", given=json.dumps({"USERNAME": "u", "PASSWORD": MARK}).encode(), respond=service)

    assert [{"USERNAME": "u", "PASSWORD": MARK}] * 3 == [body["AuthParameters"] for _, body in service.sent]


def test_missing_secrets_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal a required secret that was not given is asked for; elsewhere it is an error."""
    args = ("change-password", "--previous-password", "-")
    missing = cli(*args)
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: True)
    service = Service({})
    asked = cli(*args, given=b"old-secret\nnew-secret\ntoken-secret\n", respond=service)

    assert 252 == missing.code
    assert "the following options are required: --proposed-password, --access-token" in missing.err
    assert 0 == asked.code
    assert [("ChangePassword", _changed("old-secret", "new-secret", "token-secret"))] == service.sent
    assert "Proposed password:" in asked.err
    assert "-secret" not in asked.out + asked.err


def _changed(old: str, new: str, token: str) -> dict[str, str]:
    return {"PreviousPassword": old, "ProposedPassword": new, "AccessToken": token}


@pytest.mark.parametrize("cls", response_classes(), ids=lambda cls: cls.__name__)
def test_answers_hide_their_secrets(cls: type[Response]) -> None:
    """The secrets of an answer are printed as `***`; what is no secret stays, and --show-secrets shows all."""
    response = from_wire(cls, marked(cls))
    hidden, shown = (json.dumps(plain(response, show_secrets=show)) for show in (False, True))

    assert MARK not in hidden
    assert HIDDEN not in shown
    assert hidden.count("open") == shown.count("open")
    assert bool(list(secrets_in(response))) == (HIDDEN in hidden) == (MARK in shown)


@pytest.mark.parametrize("output", ["json", "jsonl", "text", "table"])
def test_tokens_are_hidden_in_every_output(output: str) -> None:
    """Tokens show in no output, and a note says how to see them; with --show-secrets they do."""
    service = Service({"AuthenticationResult": {"AccessToken": MARK, "IdToken": MARK, "ExpiresIn": 3600}})
    args = ("initiate-auth", "--client-id", "c", "--auth-flow", "USER_AUTH", "--output", output)
    hidden = cli(*args, respond=service)
    shown = cli(*args, "--show-secrets", respond=service)

    check_silent(hidden)
    assert "***" in hidden.out
    assert "3600" in hidden.out
    assert "--show-secrets prints them" in hidden.err
    assert MARK in shown.out
    assert "" == shown.err


def test_maps_show_what_is_no_secret() -> None:
    """The parameters of a challenge are shown by their names: who and where, and no proof."""
    parameters = {"USER_ID_FOR_SRP": "mary", "CODE_DELIVERY_DESTINATION": "m***", "SECRET_BLOCK": MARK, "NEW": MARK}
    service = Service({"ChallengeParameters": parameters, "Session": MARK * 3})
    result = cli("initiate-auth", "--client-id", "c", "--auth-flow", "USER_AUTH", respond=service)

    expected = {"USER_ID_FOR_SRP": "mary", "CODE_DELIVERY_DESTINATION": "m***", "SECRET_BLOCK": "***", "NEW": "***"}
    assert {"ChallengeParameters": expected, "Session": "***"} == result.data
