from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import cognito_idp
from cognito_idp import (
    AdminInitiateAuthRequest,
    AuthFlowType,
    CognitoIdpError,
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    InvalidResponseError,
    NotAuthorizedException,
    ReadTimeoutError,
    RequestValidationError,
    ServiceError,
    TimeoutError_,
    TransportError,
    UnknownServiceError,
    errors,
)
from cognito_idp._body_summary import body_summary
from cognito_idp._errors import Fault
from cognito_idp._protocol import service_errors
from cognito_idp.errors import service_error
from cognito_idp.model import exceptions
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

MODELLED = exceptions.__all__
COMMON = service_errors.__all__

# What the AWS SDKs treat as "slow down", and what passes by itself (SDKs and Tools Reference Guide, "Retry behavior").
THROTTLES = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
TRANSIENT = {
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}
ALIASES = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InternalError": "InternalFailure",
    "InvalidSignature": "InvalidSignatureException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "UnrecognizedClient": "UnrecognizedClientException",
}


def test_modelled_and_common_codes_differ() -> None:
    """No common exception has the name of one that the model names."""
    assert MODELLED
    assert set() == set(MODELLED) & set(COMMON)


@for_each("code", [*MODELLED, *COMMON])
def test_a_code_gives_the_exception_of_its_name(code: str) -> None:
    """Each modelled and each common code is raised as the class of that name, importable from the package."""
    error = service_error(code, "text", status_code=400, request_id="id", operation="SignUp", members={"a": 1})
    assert type(error) is getattr(cognito_idp, code)
    assert (code, "text", 400, "id", "SignUp", {"a": 1}, 1) == (
        error.code,
        error.message,
        error.status_code,
        error.request_id,
        error.operation,
        error.members,
        error.attempts,
    )


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_keeps_the_code_that_was_sent(alias: str, name: str) -> None:
    """A code in another spelling is raised as the class that it means, and `code` says what came."""
    error = service_error(alias)
    assert (getattr(cognito_idp, name), alias) == (type(error), error.code)


def test_the_table_points_every_code_to_its_own_name_or_alias() -> None:
    """No entry raises a class of another name, but for the listed aliases, none of which is the name of a class."""
    assert not set(service_errors.ALIASES) & {*MODELLED, *COMMON}
    named = {code: fn.__name__ for code, fn in exceptions.EXCEPTION_FNS.items() if code != fn.__name__}
    assert service_errors.ALIASES == named
    assert ALIASES.items() <= named.items()


@pytest.mark.parametrize("code", ["BrandNewException", "notauthorizedexception", "Not Authorized", "ServiceError"])
def test_an_unknown_code_is_kept(code: str) -> None:
    """A code that this version doesn't know is an `UnknownServiceError` with that code."""
    error = service_error(code, "text")
    assert (UnknownServiceError, code, "text") == (type(error), error.code, error.message)


@for_each("code", [*MODELLED, *COMMON, *ALIASES, "BrandNewException"])
def test_which_codes_ask_to_slow_down_or_to_try_again(code: str) -> None:
    """Throttling codes and passing faults are those of the AWS SDKs; all others depend on the status alone."""
    error = service_error(code, status_code=400)
    meant = ALIASES.get(code, code)
    assert (meant in THROTTLES, meant in THROTTLES | TRANSIENT) == (error.is_throttle, error.is_retryable)


@pytest.mark.parametrize(
    ("status", "is_throttle", "is_retryable"),
    [
        (None, False, False),
        (400, False, False),
        (403, False, False),
        (404, False, False),
        (429, True, True),
        (500, False, True),
        (501, False, False),
        (502, False, True),
        (503, False, True),
        (504, False, True),
        (505, False, False),
    ],
)
def test_which_statuses_ask_to_slow_down_or_to_try_again(
    status: int | None, is_throttle: bool, is_retryable: bool
) -> None:
    """An error with a code that says nothing is judged by its status, and an unreadable answer likewise."""
    error = service_error("Strange", status_code=status)
    assert (is_throttle, is_retryable) == (error.is_throttle, error.is_retryable)
    unreadable = InvalidResponseError("x", status_code=status)
    assert (is_throttle, is_retryable) == (unreadable.is_throttle, unreadable.is_retryable)


def test_a_limit_is_no_throttle() -> None:
    """`LimitExceededException` speaks of a limit of the user or pool, which waiting a moment does not lift."""
    error = service_error("LimitExceededException", status_code=400)
    assert (False, False) == (error.is_throttle, error.is_retryable)


def test_transport_errors_are_retryable_but_for_a_passed_deadline() -> None:
    """A broken connection may work the next time; a call whose time is up may not go on."""
    assert ConnectError("x").is_retryable
    assert ReadTimeoutError("x").is_retryable
    assert not DeadlineExceededError("x").is_retryable


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (RequestValidationError, (ValueError,)),
        (ConfigError, (ValueError,)),
        (cognito_idp.NoRegionError, (ConfigError,)),
        (cognito_idp.NoCredentialsError, (cognito_idp.CredentialsError,)),
        (cognito_idp.ClientClosedError, (RuntimeError,)),
        (TimeoutError_, (TransportError, TimeoutError)),
        (ConnectTimeoutError, (TimeoutError_, ConnectError)),
        (ReadTimeoutError, (TimeoutError_,)),
        (DeadlineExceededError, (TimeoutError_,)),
        (NotAuthorizedException, (ServiceError,)),
        (UnknownServiceError, (ServiceError,)),
    ],
)
def test_what_an_error_can_be_caught_as(error: type[Exception], bases: tuple[type[Exception], ...]) -> None:
    """Each error is a `CognitoIdpError`, and those that Python has a notion for are of that type, too."""
    assert issubclass(error, CognitoIdpError)
    for base in bases:
        assert issubclass(error, base)


def test_everything_offered_is_an_error_of_ours() -> None:
    """All names that `errors` offers are subclasses of `CognitoIdpError`, but for the factory."""
    classes = [getattr(errors, name) for name in errors.__all__ if name != "service_error"]
    assert all(issubclass(found, CognitoIdpError) for found in classes)
    assert len(set(errors.__all__)) == len(errors.__all__)


def test_a_service_error_says_everything_in_one_line() -> None:
    """The text has code, status, operation, message and request id, each where it is known."""
    full = service_error("SlowDown", "wait", status_code=429, request_id="r-1", operation="ListUsers")
    assert str(full) == "SlowDown (HTTP status 429) from ListUsers: wait [request id r-1]"
    assert str(NotAuthorizedException()) == "NotAuthorizedException"


def raised(make: Callable[[], object]) -> Exception:
    """Return what a call raises."""
    try:
        make()
    except CognitoIdpError as error:
        return error
    msg = "nothing was raised"
    raise AssertionError(msg)


def samples() -> dict[str, Any]:
    """Return one error of every class, made as the library makes them."""
    special = {"RequestValidationError", "InvalidResponseError", "service_error"}
    plain = [name for name in errors.__all__ if name not in special]
    made = [getattr(errors, name)(f"text of {name}") for name in plain]
    made += [
        service_error(code, "m", status_code=400, request_id="r", operation="SignUp", members={"reasonCode": "x"})
        for code in (*MODELLED, *COMMON, *ALIASES, "BrandNewException")
    ]
    made.append(raised(lambda: AdminInitiateAuthRequest(user_pool_id="", client_id="", auth_flow=AuthFlowType(""))))
    made.append(InvalidResponseError("p", status_code=502, body=b"<html>", request_id="r", operation="SignUp"))
    made.append(CognitoIdpError("text"))
    for error in made:
        error.attempts = 3
    return {f"{type(error).__name__}-{index}": error for index, error in enumerate(made)}


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@for_each("error", samples())
def test_every_error_pickles_and_copies(error: CognitoIdpError, clone: Callable[[CognitoIdpError], Any]) -> None:
    """An error keeps its class, text and facts through `copy`, `deepcopy` and `pickle`."""
    again = clone(error)
    assert again is not error
    assert (type(error), str(error), repr(error)) == (type(again), str(again), repr(again))
    assert (error.args, error.__dict__) == (again.args, again.__dict__)


def test_notes_survive_pickling() -> None:
    """What `add_note` put on an error travels along."""
    error = NotAuthorizedException("m")
    error.add_note("while signing in")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while signing in"]


@for_each("name", MODELLED)
def test_members_of_modelled_exceptions_are_readable(name: str) -> None:
    """A modelled exception's own members are properties: the string that came, or None for anything else."""
    cls = getattr(exceptions, name)
    own = [key for key, value in vars(cls).items() if isinstance(value, property)]
    for member in own:
        error = cls("m", members={})
        assert getattr(error, member) is None


def test_the_reason_of_an_invalid_parameter_is_readable() -> None:
    """`InvalidParameterException` has its `reason_code` from the wire's `reasonCode`."""
    error = service_error("InvalidParameterException", members={"reasonCode": "R"})
    assert isinstance(error, cognito_idp.InvalidParameterException)
    assert error.reason_code == "R"
    assert cognito_idp.InvalidParameterException(members={"reasonCode": 5}).reason_code is None


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (b"", None, ""),
        (b"", "text/html; charset=utf-8", "text/html"),
        (b"x", "text/plain;charset=utf-8", "text/plain, 1 byte"),
        (b"<html>502 Bad Gateway</html>", "Text/HTML", "text/html, 28 bytes, <html>"),
        (b"\xef\xbb\xbf <!-- a --><!DOCTYPE html>\n<HTML lang=en>", None, "44 bytes, <html>"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "application/xml", None),
        (
            b"<ErrorResponse xmlns='x'><Error>\n<Type>Sender</Type>\n<Code>MissingAuthenticationTokenException</Code>",
            None,
            "101 bytes, <errorresponse>, code MissingAuthenticationTokenException",
        ),
        (b"<Error><Code>hunter2</Code>", None, "27 bytes, <error>"),
        (b"<Error><Code>hunter</Code>", None, "26 bytes, <error>"),
        (b"<Error><Code>" + b"HunterTwo" * 20 + b"</Code>", None, "200 bytes, <error>"),
        (b"<Request><Code>HunterTwo</Code>", None, "31 bytes"),
        (b"<hunter2>", None, "9 bytes"),
        (b"<!--" * 1000, None, "4,000 bytes"),
        (b"<!-- -->" * 500 + b"x", None, "4,001 bytes"),
        (b'{"AccessToken": "abc"}', "application/x-amz-json-1.1", "application/x-amz-json-1.1, 22 bytes"),
        (b"x", "hunter2", "1 byte"),
        (b"x", "hunter2/html", "1 byte"),
        (b"x", "text/hunter2", "1 byte"),
        (b"x", "text/html hunter2", "1 byte"),
        (b"x", "text/" + "x" * 100, "1 byte"),
    ],
)
def test_what_is_shown_of_an_answer(body: bytes, content_type: str | None, shown: str | None) -> None:
    """Content type, size, a usual first tag and an AWS error code are shown, each in a known form; nothing else is."""
    shown = "application/xml, 61 bytes, <error>, code AccessDenied" if shown is None else shown
    assert shown == body_summary(body, content_type)


def test_faults_are_compared_by_what_they_say() -> None:
    """Equal faults are one in a set, another path makes another fault, and a copy from another process is equal."""
    fault = Fault("AttributeType.name", "user_attributes[1].name", "is required")
    same, other = Fault(fault.member, fault.path, fault.problem), Fault(fault.member, "name", fault.problem)
    assert {fault, other} == {fault, same, other}
    assert fault != str(fault)
    assert fault == pickle.loads(pickle.dumps(fault))
    assert "AttributeType.name: is required (at user_attributes[1].name)" == str(fault)
    expected = "Fault(member='AttributeType.name', path='user_attributes[1].name', problem='is required')"
    assert expected == repr(fault)
