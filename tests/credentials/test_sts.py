"""Calls to STS, with a fake one: what is repeated, what errors say, and answers that are not STS's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import Credentials
from cognito_idp._protocol.wire import HttpResponse, Limits
from cognito_idp.credentials.sts import assume_role
from cognito_idp.errors import CredentialsError

from ..support.kit import FakeTime
from .fake_aws import NOW, FakeAws, Key, fixed
from .remote import Home, failure, text_of
from .support import perform

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from cognito_idp._protocol.wire import HttpRequest

    from ..support.kit import Kit
    from ..support.server import Received

ROLE = "arn:aws:iam::111122223333:role/dev"
MFA = {"SerialNumber": "me", "TokenCode": "424242"}
SOURCE = Credentials("AKIAUSER", "SECRETUSER", "SECRETTOKEN")
ORIGIN = f"profile 'dev', role_arn '{ROLE}'"


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    """Give the user temporary keys."""
    aws.keys["AKIAUSER"] = Key("SECRETUSER", "SECRETTOKEN")
    return aws


def load(home: Home, parameters: dict[str, str] | None = None, **environ: str) -> Flow[Credentials]:
    """Return the flow of a signed call."""
    named = {"RoleArn": ROLE, "RoleSessionName": "me", **(parameters or {})}
    return assume_role(home.context(environ=environ), SOURCE, named, ORIGIN)


def test_mfa_code_is_not_sent_twice(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A request with an MFA code is not repeated after the service may have carried it out, but after a throttle."""
    aws.instead.append(fixed(500, _error("InternalFailure", "later")))
    error = failure(kit, load(home, MFA))
    assert "InternalFailure" in str(error)
    assert 1 == len(aws.received)
    aws.instead.append(fixed(400, _error("Throttling", "slow down")))
    perform(kit, load(home, MFA))
    assert 3 == len(aws.received)


def _error(code: str, message: str) -> bytes:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>".encode()


def test_refusal(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A refusal is an error with the profile, the role, and STS's code and message; it is not repeated."""
    aws.instead.append(fixed(403, _error("AccessDenied", "not authorized to perform sts:AssumeRole")))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for part in (ORIGIN, "AccessDenied", "HTTP status 403", "sts:AssumeRole"):
        assert part in str(error)
    assert 1 == len(aws.received)


@pytest.mark.parametrize(
    ("status", "code", "waits"),
    [
        (500, "InternalFailure", [0.025, 0.05]),
        (503, "ServiceUnavailable", [0.025, 0.05]),
        (400, "Throttling", [0.5, 1.0]),
        (400, "IDPCommunicationError", [0.025, 0.05]),
    ],
)
def test_passing_faults_are_repeated(
    kit: Kit, home: Home, aws: FakeAws, status: int, code: str, waits: list[float]
) -> None:
    """A fault that passes by itself is overcome by up to two more attempts, with jittered waits."""
    aws.instead += [fixed(status, _error(code, "later"))] * 2
    time = FakeTime()
    perform(kit, load(home), time)
    assert waits == time.waits
    aws.instead += [fixed(status, _error(code, "later"))] * 3
    error = failure(kit, load(home))
    assert code in str(error)
    assert 6 == len(aws.received)


def test_no_answer(kit: Kit, home: Home) -> None:
    """Where STS can't be reached, the error names profile, role and host after three attempts."""
    time = FakeTime()
    error = failure(kit, load(home, AWS_ENDPOINT_URL_STS="http://127.0.0.1:1"), time)
    for part in (ORIGIN, "127.0.0.1"):
        assert part in str(error)
    assert 2 == len(time.waits)


def _echo(request: Received) -> Any:
    """Answer with an error that quotes the whole request."""
    quoted = " ".join([request.body.decode(), *(f"{name}={value}" for name, value in request.headers)])
    return 403, (), _error("SignatureDoesNotMatch", quoted.replace("&", "&amp;"))


def test_quoted_secrets_are_masked(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Secrets don't show even where STS quotes the request, as it does for a wrong signature."""
    aws.instead.append(_echo)
    error = failure(kit, load(home, MFA))
    assert "SignatureDoesNotMatch" in str(error)
    for name in ("x-amz-security-token=***", "TokenCode=***"):
        assert name in str(error)


def _answer(members: str) -> bytes:
    result = f"<AssumeRoleResult><Credentials>{members}</Credentials></AssumeRoleResult>"
    return f"<AssumeRoleResponse>{result}</AssumeRoleResponse>".encode()


SECRETS = "<SecretAccessKey>SECRETX</SecretAccessKey><SessionToken>SECRETT</SessionToken>"
BAD_ANSWERS = {
    "html": (b"<html><body>502 Bad Gateway<br></body></html>", "the body is not XML"),
    "cut": (b"<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>SECRETX", "the body is not XML"),
    "json": (b'{"SecretAccessKey": "SECRETX"}', "the body is not XML"),
    "empty": (b"", "the body is not XML"),
    "utf-16": ("<a>SECRETX</a>".encode("utf-16"), "the body is not UTF-8"),
    "entities": (
        b'<!DOCTYPE a [<!ENTITY x "SECRETX"><!ENTITY y "&x;&x;&x;&x;&x;">]><a>&y;</a>',
        "the body has a document type, which is not allowed",
    ),
    "no credentials": (b"<AssumeRoleResponse/>", "the answer of STS lacks AccessKeyId"),
    "no secret": (
        _answer("<AccessKeyId>A</AccessKeyId>"),
        "the answer of STS lacks SecretAccessKey",
    ),
    "is not a time": (
        _answer(f"<AccessKeyId>A</AccessKeyId>{SECRETS}<Expiration>soon</Expiration>"),
        "the expiration is not a time",
    ),
    "key with a line break": (
        _answer(f"<AccessKeyId>A\nB</AccessKeyId>{SECRETS}<Expiration>{text_of(NOW)}</Expiration>"),
        "the answer of STS: Credentials.access_key_id contains white space",
    ),
    "deep": (b"<a>" * 30_000 + b"</a>" * 30_000, "lacks AccessKeyId"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_bad_answers(kit: Kit, home: Home, aws: FakeAws, name: str) -> None:
    """An answer that is not STS's is an error that shows nothing of it; entities are never expanded."""
    body, part = BAD_ANSWERS[name]
    aws.instead.append(fixed(200, body))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    assert part in str(error)
    assert ORIGIN in str(error)


def test_error_without_code(kit: Kit, home: Home, aws: FakeAws) -> None:
    """An error status with a body that has no code is an error with the status."""
    aws.instead.append(fixed(404, b"<a/>"))
    error = failure(kit, load(home))
    assert "HTTP status 404" in str(error)


def test_compressed_answer(kit: Kit, home: Home, aws: FakeAws) -> None:
    """An answer that the transport refuses is an error with the profile and the role."""
    aws.instead.append(fixed(200, b"SECRET", ("Content-Encoding", "gzip")))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    assert "it is compressed ('gzip')" in str(error)
    assert ORIGIN in str(error)


@pytest.mark.parametrize(("parameters", "max_idle"), [(None, 60.0), (MFA, 5.0)])
def test_limits(kit: Kit, home: Home, parameters: dict[str, str] | None, max_idle: float) -> None:
    """A call waits 30 seconds in all, and reads at most 256 KiB; a code that works once takes a fresh connection."""
    limits = []

    def respond(request: HttpRequest) -> HttpResponse:
        limits.append(request.limits)
        return HttpResponse(403, (), _error("AccessDenied", "no"))

    with pytest.raises(CredentialsError):
        kit.flow(load(home, parameters), respond=respond)
    assert [Limits(5.0, 20.0, 20.0, 30.0, 262_144, max_idle)] == limits
