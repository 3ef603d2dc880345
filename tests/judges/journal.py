"""What a client got from a server, step by step, in a form that two clients can be compared in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs
from botocore.exceptions import ClientError

from cognito_idp import ServiceError, to_wire
from cognito_idp.errors import InvalidResponseError
from tests.integration.ministack import as_wire, claims, through_boto

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cognito_idp._structs.struct import Request
    from tests.support.kit import Kit

    Script = Generator[tuple[str, Request[Any]], dict[str, Any], None]
    Send = Callable[[Request[Any]], dict[str, Any]]

_TOKENS: Final = ("AccessToken", "IdToken")
_MOMENTS: Final = ("CreationDate", "LastModifiedDate", "UserCreateDate", "UserLastModifiedDate")
_MOMENT_CLAIMS: Final = ("auth_time", "exp", "iat")
# Members whose values a server makes up: they stand for themselves wherever else they are seen.
_MADE_UP: Final = (
    "Id",
    "ClientId",
    "ClientSecret",
    "Session",
    "SecretCode",
    "UserSub",
    "RefreshToken",
    "CloudFrontDomain",
    "CloudFrontDistribution",
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH: Final = re.compile(r"[A-Za-z0-9+/]{43}=")


@attrs.define
class Journal:
    """The answers to a client, by the names of the steps, without what differs from run to run: ids, times, tokens."""

    answers: dict[str, Any] = attrs.field(factory=dict)
    _known: dict[str, str] = attrs.field(factory=dict)

    def note(self, step: str, answer: Any) -> None:
        """Write an answer down."""
        assert step not in self.answers, step
        self._learn(answer)
        self.answers[step] = self._settled(answer)

    def call(self, value: str, name: str) -> None:
        """Give a value that only this client uses a name that all use."""
        self._known[value] = f"<{name}>"

    def outcomes(self) -> dict[str, str]:
        """Return `ok` or the code of the error, by step."""
        return {step: answer.get("error", "ok") for step, answer in self.answers.items()}

    def _learn(self, value: Any) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if name in _MADE_UP and isinstance(item, str) and item:
                    self._known.setdefault(item, f"<{name}>")
                self._learn(item)
        if isinstance(value, list):
            for item in value:
                self._learn(item)

    def _settled(self, value: Any, name: str = "") -> Any:
        if name in _TOKENS and value.count(".") == 2:  # it is also the name of a unit
            return self._settled(claims(value))
        if name in (*_MOMENTS, *_MOMENT_CLAIMS):
            return "a moment" if isinstance(value, int | float) else value
        if isinstance(value, dict):
            return {key: self._settled(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._settled(item) for item in value]
        if isinstance(value, str):
            for text in sorted(self._known, key=len, reverse=True):
                value = value.replace(text, self._known[text])
            return _HASH.sub("<hash>", _UUID.sub("<uuid>", value))
        return value


def by_boto(boto: Any, request: Request[Any]) -> dict[str, Any]:
    """Send a request through boto3, and return its answer or its error."""
    try:
        answer: dict[str, Any] = as_wire(through_boto(boto, request))
    except ClientError as error:
        return boto_error(error)
    return answer


def by_ours(kit: Kit, client: Any, request: Request[Any]) -> dict[str, Any]:
    """Send a request through a client of ours, and return the answer or the error."""
    try:
        answer: dict[str, Any] = to_wire(kit.run(client.send, request))
    except (ServiceError, InvalidResponseError) as error:
        return our_error(error)
    return answer


def boto_error(error: ClientError) -> dict[str, Any]:
    """Return what boto3 says of a refusal."""
    status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    if code == str(status):
        return _unreadable(status)
    return {"error": code, "message": error.response["Error"]["Message"], "status": status}


def our_error(error: ServiceError | InvalidResponseError) -> dict[str, Any]:
    """Return what we say of a refusal."""
    if isinstance(error, InvalidResponseError):
        return _unreadable(error.status_code)
    return {"error": error.code, "message": error.message, "status": error.status_code}


def _unreadable(status: int | None) -> dict[str, Any]:
    """Return what stands for an error page, of which boto3 makes an error whose code is the status."""
    return {"error": f"HTTP {status}"}


def lived(script: Callable[[], Script], send: Send) -> Journal:
    """Send what a script asks for, and write down what comes of it."""
    journal = Journal()
    steps = script()
    step, request = next(steps)
    while True:
        answer = send(request)
        journal.note(step, answer)
        try:
            step, request = steps.send(answer)
        except StopIteration:
            return journal
