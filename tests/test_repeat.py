"""Which requests are sent again when their answer is lost, where the members decide: a second code ends the first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AppClient, AttributeType
from cognito_idp._call.invoke import exchange
from cognito_idp._call.watch import UNWATCHED
from cognito_idp._protocol.repeat import NOT_REPEATABLE, If, why_once
from cognito_idp._protocol.wire import FRESH_SECONDS, KEEPALIVE_SECONDS, HttpResponse
from cognito_idp.errors import InternalErrorException, ReadError
from tests.support.kit import FakeTime, options_of
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._protocol.wire import HttpRequest
    from tests.support.kit import Kit

SIGN_INS = ("AdminInitiateAuth", "InitiateAuth")
UPDATES = ("AdminUpdateUserAttributes", "UpdateUserAttributes")
PASSWORD = {"USERNAME": "u", "PASSWORD": "p"}


def sign_in(flow: str, **parameters: str) -> dict[str, Any]:
    """Return the members of a sign-in by wire name."""
    return {"ClientId": "c", "AuthFlow": flow, "AuthParameters": {"USERNAME": "u", **parameters}}


def update(**attributes: str) -> dict[str, Any]:
    """Return the members of an update by wire name."""
    return {"UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()]}


ONCE: dict[str, dict[str, Any]] = {
    "a password": sign_in("USER_PASSWORD_AUTH", PASSWORD="p"),
    "a password, by an administrator": sign_in("ADMIN_USER_PASSWORD_AUTH", PASSWORD="p"),
    "a password, by the old name": sign_in("ADMIN_NO_SRP_AUTH", PASSWORD="p"),
    "a code by email": sign_in("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP"),
    "a code by SMS": sign_in("USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP"),
    "a password that is preferred": sign_in("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD"),
    "a challenge that is new": sign_in("USER_AUTH", PREFERRED_CHALLENGE="FAX_OTP"),
    "a step-up": sign_in("USER_AUTH", TARGET_ACR_VALUES="urn:two-factors"),
    "a session": {**sign_in("USER_AUTH"), "Session": "s"},
    "triggers": sign_in("CUSTOM_AUTH"),
    "a flow that is new": sign_in("USER_FAX_AUTH"),
    "no parameters": {"AuthFlow": "USER_AUTH"},
    "no flow": {},
}
REPEATED: dict[str, dict[str, Any]] = {
    "SRP": sign_in("USER_SRP_AUTH", SRP_A="a"),
    "a refresh": {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": "r"}},
    "a refresh, by the old name": {"AuthFlow": "REFRESH_TOKEN", "AuthParameters": {"REFRESH_TOKEN": "r"}},
    "the list of factors": sign_in("USER_AUTH"),
    "a passkey": sign_in("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN"),
    "SRP that is preferred": sign_in("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A="a"),
    "SRP before triggers": sign_in("CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A="a"),
}
UPDATED_ONCE: dict[str, dict[str, Any]] = {
    "an address": update(email="a@example.com"),
    "a number": update(given_name="M", phone_number="+491"),
    "an address that is not verified": update(email="a@example.com", email_verified="false"),
    "a number beside a verified address": update(email="a@example.com", email_verified="true", phone_number="+491"),
}
UPDATED_AGAIN: dict[str, dict[str, Any]] = {
    "a name": update(given_name="M", **{"custom:email": "a@example.com"}),
    "a verified address": update(email="a@example.com", email_verified="true"),
    "an address that goes": update(email=""),
    "nothing": {},
}
CASES = [
    *((operation, members, 1) for operation in SIGN_INS for members in ONCE.values()),
    *((operation, members, 3) for operation in SIGN_INS for members in REPEATED.values()),
    *((operation, members, 1) for operation in UPDATES for members in UPDATED_ONCE.values()),
    *((operation, members, 3) for operation in UPDATES for members in UPDATED_AGAIN.values()),
]
IDS = [
    f"{operation}, {name}"
    for operations, names in ((SIGN_INS, ONCE), (SIGN_INS, REPEATED), (UPDATES, UPDATED_ONCE), (UPDATES, UPDATED_AGAIN))
    for operation in operations
    for name in names
]


@pytest.mark.parametrize(("operation", "members", "times"), CASES, ids=IDS)
def test_a_lost_answer(kit: Kit, operation: str, members: dict[str, Any], times: int) -> None:
    """A request that may make the service send a code is not sent again when its answer is lost; others are."""
    for failure in (httpx.ReadError("lost"), error("InternalErrorException", 500)):
        service = Responder(failure)
        with pytest.raises((ReadError, InternalErrorException)) as caught:
            kit.run(kit.client(respond=service, time=FakeTime()).call, operation, members)
        raised: Any = caught.value
        assert times == len(service.requests) == raised.attempts
        assert (times > 1) is raised.is_repeatable


@pytest.mark.parametrize(("operation", "members"), [case[:2] for case in CASES if case[2] == 1])
def test_what_was_not_carried_out(kit: Kit, operation: str, members: dict[str, Any]) -> None:
    """Such a request is sent again after a throttle, and where no connection was made."""
    service = Responder(error("TooManyRequestsException"), httpx.ConnectError("refused"), success())
    kit.run(kit.client(respond=service, time=FakeTime()).call, operation, members)
    assert 3 == len(service.requests)


@pytest.mark.parametrize(("operation", "members", "times"), CASES, ids=IDS)
def test_the_connection_of_a_request_that_goes_out_once(
    kit: Kit, operation: str, members: dict[str, Any], times: int
) -> None:
    """A request that is sent once takes no connection that was idle for long."""
    idle = []

    def respond(request: HttpRequest) -> HttpResponse:
        idle.append(request.limits.max_idle)
        return HttpResponse(200, (), b"{}")

    options = options_of(kit.client())
    kit.flow(exchange(operation, members, options, UNWATCHED, signed=False), respond=respond)
    assert [FRESH_SECONDS if times == 1 else KEEPALIVE_SECONDS] == idle


METHODS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "initiate_auth": (
        lambda client: partial(
            client.initiate_auth, client_id="c", auth_flow="USER_PASSWORD_AUTH", auth_parameters=PASSWORD
        ),
        1,
    ),
    "admin_initiate_auth": (
        lambda client: partial(
            client.admin_initiate_auth,
            user_pool_id="us-east-1_a",
            client_id="c",
            auth_flow="USER_AUTH",
            auth_parameters={"USERNAME": "u", "PREFERRED_CHALLENGE": "WEB_AUTHN"},
        ),
        3,
    ),
    "sign_in with a password": (
        lambda client: partial(
            client.sign_in,
            AppClient("us-east-1_a", "c"),
            flow="USER_PASSWORD_AUTH",
            username="u",
            password="p",
        ),
        1,
    ),
    "sign_in with SRP": (
        lambda client: partial(
            client.sign_in,
            AppClient("us-east-1_a", "c"),
            username="u",
            password="p",
        ),
        3,
    ),
    "update_user_attributes": (
        lambda client: partial(
            client.update_user_attributes,
            access_token="t",
            user_attributes=[AttributeType(name="email", value="a@example.com")],
        ),
        1,
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_go_by_the_members_too(kit: Kit, name: str) -> None:
    """The typed methods and `sign_in` decide by the members, as `call` does."""
    method, times = METHODS[name]
    service = Responder(httpx.ReadError("lost"))
    with pytest.raises(ReadError):
        kit.run(method(kit.client(respond=service, time=FakeTime())))
    assert times == len(service.requests)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Name", "Value", "x"]), inner),
    max_leaves=6,
)


@pytest.mark.slow
@given(
    operation=st.sampled_from(sorted(NOT_REPEATABLE)),
    members=st.dictionaries(st.sampled_from(["AuthFlow", "AuthParameters", "UserAttributes", "Session"]), JSON),
)
def test_any_members(operation: str, members: dict[str, Any]) -> None:
    """Whatever JSON `call` is given, the rule answers: with the table's reason, or that the request may be repeated."""
    rule = NOT_REPEATABLE[operation]
    why = why_once(operation, members)
    assert why in ((rule.reason, None) if isinstance(rule, If) else (rule,))
