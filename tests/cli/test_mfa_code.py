"""The code of an MFA device that a role needs: asked for at a terminal, and nowhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.credentials.fake_aws import FakeAws

from .support import Service, Terminal, over_http, process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Serve

pytestmark = pytest.mark.slow

SERIAL = "arn:aws:iam::111122223333:mfa/me"
PROMPT = f"Code of the MFA device {SERIAL}: "
CONFIG = f"""
[profile base]
aws_access_key_id = AKIAUSER
aws_secret_access_key = SECRETUSER

[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = base
mfa_serial = {SERIAL}
"""
LIST = ("list-users", "--user-pool-id", "us-east-1_a", "--profile", "dev")


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """A service that issues credentials."""
    with FakeAws(time.time) as aws:
        yield aws


@pytest.fixture
def home(tmp_path: Path, aws: FakeAws) -> dict[str, str]:
    """The environment of a person whose profile has a role with an MFA device."""
    (tmp_path / "config").write_text(CONFIG)
    return {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL_STS": aws.url}


def pages(serve: Serve) -> tuple[str, str]:
    """Return the option for a loopback server that lists users on two pages."""
    service = Service({"Users": [{"Username": "u0"}], "PaginationToken": "1"}, {"Users": [{"Username": "u1"}]})
    return ("--endpoint-url", serve(over_http(service)).url)


def test_at_a_terminal(home: dict[str, str], aws: FakeAws, serve: Serve) -> None:
    """The code is asked for once for all calls, with the device's name and without an echo; a typo is asked again."""
    with Terminal(*LIST, *pages(serve), **home) as terminal:
        terminal.answer(PROMPT, "42424")
        terminal.answer(PROMPT, "424242")
        code = terminal.end()

    assert 0 == code, terminal.shown
    assert "A code has six digits." in terminal.shown
    assert '"u1"' in terminal.shown
    assert "4242" not in terminal.shown
    assert [(SERIAL, "424242")] == [
        (seen.members["SerialNumber"], seen.members["TokenCode"]) for seen in aws.seen if seen.operation == "AssumeRole"
    ]


def test_ctrl_c_at_the_question(home: dict[str, str], aws: FakeAws, serve: Serve) -> None:
    """Ctrl-C at the question ends the command with 130, and no other source of credentials is tried."""
    with Terminal(*LIST, *pages(serve), **home) as terminal:
        terminal.answer(PROMPT, "\x03")
        code = terminal.end()

    assert 130 == code, terminal.shown
    assert [] == aws.received


def test_without_a_terminal(home: dict[str, str], aws: FakeAws) -> None:
    """Where nobody can be asked, the error says what is needed, and nothing is read from standard input."""
    result = process(*LIST, given="424242\n", **home)

    assert 253 == result.code
    assert f"needs a code from the MFA device '{SERIAL}': run the command in a terminal" in result.err
    assert [] == aws.received


def test_no_question_without_need(home: dict[str, str], aws: FakeAws, serve: Serve) -> None:
    """An operation that needs no credentials asks for no code."""
    url = ("--endpoint-url", serve(over_http(Service({}))).url)
    result = process("forgot-password", "--client-id", "c", "--username", "u", "--profile", "dev", *url, **home)

    assert 0 == result.code, result.err
    assert [] == aws.received
