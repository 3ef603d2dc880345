"""`--keep-others`: what no option changes stays, and what changes is shown before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._updates import WAYS
from cognito_idp.cli.catalog import operation_names, request_of
from cognito_idp.cli.keeping import KEEPS

from .support import Service, Terminal, cli, over_http

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer
    from tests.conftest import Serve

POOL_ID = "us-east-1_AbCdEfGhI"
POOL = ("--user-pool-id", POOL_ID)
DESCRIPTION = {
    "Id": POOL_ID,
    "Name": "people",
    "MfaConfiguration": "OFF",
    "DeletionProtection": "ACTIVE",
    "UserPoolTags": {"team": "people", "aws:stack": "s"},
    "EstimatedNumberOfUsers": 3,
}
KEPT = {"UserPoolId": POOL_ID, "PoolName": "people", "MfaConfiguration": "OFF", "DeletionProtection": "ACTIVE"}
UPDATE = ("update-user-pool", *POOL, "--keep-others")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def service() -> Service:
    """Return a service that describes the pool and takes the update."""
    return Service({"UserPool": DESCRIPTION}, {})


def test_every_update_that_resets_is_there() -> None:
    """The commands are those of the updates that the library makes out of descriptions, and describe the same."""
    by_request = {way.request: description for description, way in WAYS.items()}
    expected = {request_of(command).__name__: command for command in KEEPS}

    assert set(by_request) == set(expected)
    for name, command in expected.items():
        describes, holder = KEEPS[command]
        answer = request_of(describes).operation.response_type
        shapes: dict[str, Any] = {member.name: member.shape for member in answer._members}
        assert by_request[name] == (answer.__name__ if holder is None else shapes[holder].struct.__name__)
        assert "--keep-others" in cli(command, "--help").out
    assert "--keep-others" not in cli("create-user-pool", "--help").out
    assert set(KEEPS) <= set(operation_names())


def test_what_is_not_named_is_kept() -> None:
    """The request has the pool's settings, with the options over them, and what changes is shown."""
    aws = service()
    result = cli(*UPDATE, "--yes", "--deletion-protection", "INACTIVE", "--user-pool-tags", "team=us", respond=aws)

    assert 0 == result.code, result.err
    changes = {"DeletionProtection": "INACTIVE", "UserPoolTags": {"team": "us"}}
    assert [("DescribeUserPool", {"UserPoolId": POOL_ID}), ("UpdateUserPool", KEPT | changes)] == aws.sent
    assert (
        "What changes:\n  deletion_protection: 'ACTIVE' -> 'INACTIVE'\n  user_pool_tags['team']: 'people' -> 'us'\n"
    ) == result.err
    assert "" == result.out


def test_without_it_nothing_is_described() -> None:
    """Without the option the request is what the options say, as the service has it."""
    aws = Service({})
    cli("update-user-pool", *POOL, "--deletion-protection", "INACTIVE", respond=aws)

    assert [("UpdateUserPool", {"UserPoolId": POOL_ID, "DeletionProtection": "INACTIVE"})] == aws.sent


def test_a_part_in_json() -> None:
    """A whole request as JSON lies over the description as well."""
    aws = service()
    text = f'{{"UserPoolId": "{POOL_ID}", "MfaConfiguration": "OPTIONAL"}}'
    cli("update-user-pool", "--cli-input-json", text, "--keep-others", "--yes", respond=aws)

    assert ("UpdateUserPool", {**KEPT, "MfaConfiguration": "OPTIONAL", "UserPoolTags": {"team": "people"}}) == (
        aws.sent[-1]
    )


def test_nothing_to_change() -> None:
    """An update that would change nothing is not sent."""
    aws = service()
    result = cli(*UPDATE, "--mfa-configuration", "OFF", respond=aws)

    assert (0, "") == result[:2]
    assert "nothing is sent" in result.err
    assert ["DescribeUserPool"] == [operation for operation, _ in aws.sent]


@pytest.mark.parametrize(("answer", "code", "sent"), [("y", 0, 2), ("n", 1, 1), ("", 1, 1)])
def test_a_person_is_asked(answer: str, code: int, sent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sees what changes and agrees or not; without an answer nothing is sent."""
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: True)
    aws = service()
    result = cli(*UPDATE, "--mfa-configuration", "OPTIONAL", respond=aws, given=f"{answer}\n".encode())

    assert (code, sent) == (result.code, len(aws.sent))
    assert "mfa_configuration: 'OFF' -> 'OPTIONAL'" in result.err
    assert ("Nothing was sent." in result.err) == (answer != "y")
    assert "Interrupted" not in result.err


def test_a_question_that_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the input at the question, or Ctrl-C, is an interruption and no answer."""
    monkeypatch.setattr("cognito_idp.cli.inputs.is_terminal", lambda: True)
    aws = service()
    result = cli(*UPDATE, "--mfa-configuration", "OPTIONAL", respond=aws, given=b"")

    assert (130, 1) == (result.code, len(aws.sent))
    assert "Interrupted." in result.err


def test_a_misspelt_value_is_seen_before_it_is_sent() -> None:
    """A value that is nearly a known one is pointed out beside the changes; what the pool has already is not."""
    described = DESCRIPTION | {"DeletionProtection": "ACTIV"}
    aws = Service({"UserPool": described}, {})
    result = cli(*UPDATE, "--mfa-configuration", "OPTIONNAL", respond=aws, given=b"")

    assert [
        "Warning: --mfa-configuration: 'OPTIONNAL' is not a value that this version knows; did you mean OPTIONAL?",
        "What changes:",
        "  mfa_configuration: 'OFF' -> 'OPTIONNAL'",
    ] == result.err.splitlines()[:3]
    assert 1 == len(aws.sent)


def test_nobody_to_ask() -> None:
    """Elsewhere the changes are shown, and it takes --yes to send them."""
    aws = service()
    result = cli(*UPDATE, "--mfa-configuration", "OPTIONAL", respond=aws, given=b"y\n")

    assert 252 == result.code
    assert "mfa_configuration: 'OFF' -> 'OPTIONAL'" in result.err
    assert "--yes sends without asking" in result.err
    assert 1 == len(aws.sent)


@pytest.mark.slow
def test_at_a_terminal(serve: Serve) -> None:
    """The question is asked at a terminal."""
    aws = service()
    args = (*UPDATE, "--mfa-configuration", "OPTIONAL", "--endpoint-url", serve(over_http(aws)).url)
    with Terminal(*args, **KEYS) as terminal:
        terminal.wait_for("mfa_configuration: 'OFF' -> 'OPTIONAL'")
        terminal.enter("y")
        code = terminal.end()

    assert 0 == code, terminal.shown
    assert 2 == len(aws.sent)


@pytest.mark.parametrize(
    ("args", "answer", "expected", "sent"),
    [
        (("--mfa-configuration", "ON"), {}, "the following options are required: --user-pool-id", 0),
        ((*POOL, "--mfa-configuration", "ON"), {}, "describe-user-pool answers with nothing to keep", 1),
        ((*POOL, "--sms-authentication-message", "x"), None, "--sms-authentication-message: must have between 6", 1),
    ],
)
def test_what_is_wrong(args: tuple[str, ...], answer: Any, expected: str, sent: int) -> None:
    """What keeps the update from being made is a usage error."""
    aws = service() if answer is None else Service(answer)
    result = cli("update-user-pool", "--keep-others", "--yes", *args, respond=aws)

    assert 252 == result.code
    assert expected in result.err
    assert sent == len(aws.sent)


EXAMPLES: dict[str, tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = {
    "update-user-pool-client": (
        (*POOL, "--client-id", "c", "--refresh-token-validity", "5"),
        {
            "UserPoolClient": {
                "UserPoolId": POOL_ID,
                "ClientId": "c",
                "ClientName": "web",
                "ClientSecret": "a-client-secret",
                "CallbackURLs": ["https://example.com"],
            }
        },
        {
            "UserPoolId": POOL_ID,
            "ClientId": "c",
            "ClientName": "web",
            "CallbackURLs": ["https://example.com"],
            "RefreshTokenValidity": 5,
        },
    ),
    "update-group": (
        (*POOL, "--group-name", "g", "--precedence", "1"),
        {"Group": {"UserPoolId": POOL_ID, "GroupName": "g", "Description": "d"}},
        {"UserPoolId": POOL_ID, "GroupName": "g", "Description": "d", "Precedence": 1},
    ),
    "set-user-pool-mfa-config": (
        (*POOL, "--mfa-configuration", "OPTIONAL"),
        {"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": {"Enabled": True}},
        {"UserPoolId": POOL_ID, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}},
    ),
    "update-resource-server": (
        (*POOL, "--identifier", "orders", "--name", "Orders"),
        {"ResourceServer": {"UserPoolId": POOL_ID, "Identifier": "orders", "Name": "old"}},
        {"UserPoolId": POOL_ID, "Identifier": "orders", "Name": "Orders"},
    ),
}


@pytest.mark.parametrize("command", EXAMPLES)
def test_other_updates(command: str) -> None:
    """The other updates that reset what they are not sent work in the same way; one change is one line."""
    args, described, expected = EXAMPLES[command]
    aws = Service(described, {})
    result = cli(command, *args, "--keep-others", "--yes", respond=aws)

    assert 0 == result.code, result.err
    assert expected == aws.sent[-1][1]
    assert 2 == len(result.err.splitlines())
    assert "a-client-secret" not in result.out + result.err


def test_against_a_server(server: CognitoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a server, what was set before an update is still set after it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.credentials.secret_access_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
    monkeypatch.setenv("AWS_REGION", server.region)
    made = cli(
        "create-user-pool", "--pool-name", "people", "--deletion-protection", "ACTIVE", "--user-pool-tags", "a=b"
    )
    pool = ("--user-pool-id", made.data["UserPool"]["Id"])
    updated = cli("update-user-pool", *pool, "--user-pool-tags", "a=c", "--keep-others", "--yes")
    after = cli("describe-user-pool", *pool, "--query", "UserPool.[DeletionProtection, UserPoolTags.a]")

    assert 0 == updated.code, updated.err
    assert ["ACTIVE", "c"] == after.data
    assert ["What changes:", "  user_pool_tags['a']: 'b' -> 'c'"] == updated.err.splitlines()
