"""Credentials that a program prints."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import Credentials, CredentialsError
from cognito_idp.credentials import NotConfigured, ProcessProvider

from .support import LATER, MARK, SECRET, TOKEN, assert_no_secret, context_of

if TYPE_CHECKING:
    from pathlib import Path

    from cognito_idp.credentials import Context
    from tests.support.kit import Kit

PRINTED: dict[str, Any] = {"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": SECRET}


def context_with(folder: Path, program: str, *arguments: str) -> Context:
    """Return a context whose profile runs a Python program, in a folder with a blank in its name."""
    script = folder / "a program.py"
    script.write_text(program, encoding="utf-8")
    command = shlex.join([sys.executable, str(script), *arguments])
    return context_of(
        folder, {"SEEN_BY_IT": "yes"}, config=f"[profile one]\ncredential_process = {command}\n", profile="one"
    )


def printing(folder: Path, printed: object) -> Context:
    """Return a context whose program prints this and ends well."""
    return context_with(folder, f"print({json.dumps(json.dumps(printed))})")


def test_what_the_program_prints_are_credentials(kit: Kit, tmp_path: Path) -> None:
    """The four members of version 1 become credentials."""
    context = printing(tmp_path, {**PRINTED, "SessionToken": TOKEN, "Expiration": LATER})
    expected = Credentials("AKIDPROC", SECRET, TOKEN, expiration=datetime(2027, 1, 15, 14, tzinfo=UTC))
    assert expected == kit.flow(ProcessProvider().load(context))


def test_token_and_expiration_may_be_missing(kit: Kit, tmp_path: Path) -> None:
    """Keys for good have neither token nor expiration."""
    assert Credentials("AKIDPROC", SECRET) == kit.flow(ProcessProvider().load(printing(tmp_path, PRINTED)))


def test_no_shell_sees_the_command(kit: Kit, tmp_path: Path) -> None:
    """What a shell would expand or run arrives at the program as it stands, and so do the client's variables."""
    program = (
        "import json, os, sys\n"
        "assert sys.argv[1:] == ['$HOME', '; echo no', '*'], sys.argv\n"
        "assert os.environ['SEEN_BY_IT'] == 'yes'\n"
        f"print(json.dumps({PRINTED!r}))\n"
    )
    context = context_with(tmp_path, program, "$HOME", "; echo no", "*")
    assert kit.flow(ProcessProvider().load(context)).access_key_id == "AKIDPROC"


def test_without_the_setting_it_does_not_apply(kit: Kit, tmp_path: Path) -> None:
    """A profile without `credential_process` leaves the chain to the next provider."""
    with pytest.raises(NotConfigured) as caught:
        kit.flow(ProcessProvider().load(context_of(tmp_path)))
    assert str(caught.value) == "profile 'default' has no credential_process"


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (f"print('{MARK} no JSON')", "the program's output is not a JSON object"),
        (f"print('[\"{MARK}\"]')", "the program's output is not a JSON object"),
        (f"import os; os.write(1, b'\\xff{MARK}')", "the program's output is not a JSON object"),
        ("", "the program's output is not a JSON object"),
        (f'print(\'{{"Version": 2, "Secret": "{MARK}"}}\')', "does not have Version 1"),
        (f'print(\'{{"Version": 1, "AccessKeyId": "{MARK}"}}\')', "lacks SecretAccessKey"),
        (f"print('{MARK}'); raise SystemExit(3)", "the program ended with exit status 3"),
    ],
)
def test_a_program_that_fails(kit: Kit, tmp_path: Path, program: str, text: str) -> None:
    """A program that ends with an error or prints something else is an error that names the setting alone."""
    with pytest.raises(CredentialsError, match=text) as caught:
        kit.flow(ProcessProvider().load(context_with(tmp_path, program)))
    assert f"credential_process of profile 'one' in {tmp_path / 'config'}" in str(caught.value)
    assert_no_secret(caught.value)


@pytest.mark.parametrize("member", ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"])
@pytest.mark.parametrize("value", [7, f"{MARK} with blanks", [MARK]])
def test_members_of_the_wrong_kind(kit: Kit, tmp_path: Path, member: str, value: object) -> None:
    """A member that is no usable text is an error that shows no secret."""
    if (member, value) == ("Expiration", 7):
        value = {}
    with pytest.raises(CredentialsError) as caught:
        kit.flow(ProcessProvider().load(printing(tmp_path, {**PRINTED, member: value})))
    assert_no_secret(caught.value)


@pytest.mark.slow
def test_a_program_that_hangs_is_ended(kit: Kit, tmp_path: Path) -> None:
    """A program that outlives its time limit is killed, even if a child of its own holds on to the output."""
    program = (
        "import subprocess, sys\n"
        f"print('{MARK}', flush=True)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'], stdin=subprocess.PIPE)\n"
        "child.wait()\n"
    )
    with pytest.raises(CredentialsError, match=r"the program did not end within 0\.5 s") as caught:
        kit.flow(ProcessProvider(timeout=0.5).load(context_with(tmp_path, program)))
    assert "credential_process of profile 'one'" in str(caught.value)
    assert_no_secret(caught.value)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/no/such/program", "the program can't be started: No such file or directory"),
        ("'unbalanced", "can't be split into words"),
        ("''", "the program can't be started"),
    ],
)
def test_a_program_that_cannot_be_started(kit: Kit, tmp_path: Path, command: str, text: str) -> None:
    """A command that names no program is an error that names the setting."""
    context = context_of(tmp_path, config=f"[default]\ncredential_process = {command}\n")
    with pytest.raises(CredentialsError, match=text) as caught:
        kit.flow(ProcessProvider().load(context))
    assert f"credential_process of profile 'default' in {tmp_path / 'config'}" in str(caught.value)
