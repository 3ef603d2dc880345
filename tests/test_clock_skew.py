"""What a client learns about its clock from the service's refusals, and what it does with that."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import Credentials, InitiateAuthRequest, ListUsersRequest
from cognito_idp._call.clock_skew import ClockSkew
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.errors import ReadError, ServiceError, service_error
from tests.support.kit import CREDENTIALS, options_of
from tests.support.responder import Responder, success

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")
INITIATE_AUTH = InitiateAuthRequest(auth_flow="USER_PASSWORD_AUTH", client_id="client")
# 2015-08-30, 12:36:00 UTC.
NOW = 1_440_938_160
HOUR = 3600
CODES = ("InvalidSignatureException", "RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch")


def http_date(seconds: float) -> str:
    """Return a time as a `Date` header says it."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def dated(date: str, *more: tuple[str, str]) -> HttpResponse:
    """Return a refusal with a `Date`."""
    return HttpResponse(403, (("date", date), *more), b"{}")


def refusal(code: str = "InvalidSignatureException", *, ahead: float = HOUR) -> httpx.Response:
    """Return a refusal by a service whose clock is ahead of ours."""
    return httpx.Response(403, json={"__type": code}, headers={"date": http_date(NOW + ahead)})


def clock() -> float:
    """Return the time here."""
    return float(NOW)


def learn(skew: ClockSkew, code: str, response: HttpResponse | None, sent: float = NOW, received: float = NOW) -> bool:
    """Let an offset be learned from a refusal."""
    return skew.learn(service_error(code, "no"), response, sent, received, skew.offset)


def amz_dates(service: Responder) -> list[str]:
    """Return when each request claims to be signed."""
    return [request.headers["x-amz-date"] for request in service.requests]


@pytest.mark.parametrize("code", [*CODES, "InvalidSignature"])
@pytest.mark.parametrize(
    ("sent", "received", "offset"), [(NOW, NOW, 3600.0), (NOW, NOW + 10, 3595.0), (NOW + 0.25, NOW + 0.75, 3599.5)]
)
def test_the_offset_is_the_date_minus_the_middle_of_the_exchange(
    code: str, sent: float, received: float, offset: float
) -> None:
    """The offset is `Date` minus the midpoint between sent and received, for each code that a wrong clock causes."""
    skew = ClockSkew()
    assert learn(skew, code, dated(http_date(NOW + HOUR)), sent, received)
    assert offset == skew.offset


@pytest.mark.parametrize("code", ["NotAuthorizedException", "ExpiredTokenException", "AccessDenied", "Strange"])
def test_other_codes_teach_nothing(code: str) -> None:
    """An error that a wrong clock does not cause leaves the offset alone, whatever its `Date`."""
    skew = ClockSkew()
    assert not learn(skew, code, dated(http_date(NOW + HOUR)))
    assert 0.0 == skew.offset


def test_an_error_that_is_no_answer_teaches_nothing() -> None:
    """Neither a failure without an answer nor one of another kind is looked at."""
    skew = ClockSkew()
    assert not skew.learn(ReadError("reset"), dated(http_date(NOW + HOUR)), NOW, NOW, 0.0)
    assert not learn(skew, CODES[0], None)
    assert 0.0 == skew.offset


@pytest.mark.parametrize(("ahead", "learned"), [(240, False), (241, True), (-240, False), (-241, True)])
@pytest.mark.parametrize("before", [0.0, 7200.0, -86400.0])
def test_four_minutes_are_tolerated(ahead: float, learned: bool, before: float) -> None:
    """Only a `Date` more than 4 minutes away from the clock as it is corrected so far changes the offset."""
    skew = ClockSkew()
    skew.offset = before
    assert learned == learn(skew, CODES[0], dated(http_date(NOW + before + ahead)))
    assert (before + ahead if learned else before) == skew.offset


@pytest.mark.parametrize(("seconds", "learned"), [(900.0, True), (901.0, False), (-901.0, False), (86400.0, False)])
def test_a_long_round_trip_teaches_nothing(seconds: float, learned: bool) -> None:
    """After more than 15 minutes between request and answer, by the clock, nothing is learned from its `Date`."""
    skew = ClockSkew()
    assert learned is learn(skew, CODES[0], dated(http_date(NOW + 10 * HOUR)), NOW, NOW + seconds)
    assert learned is (skew.offset != 0.0)


def test_a_machine_that_slept_during_a_call(kit: Kit) -> None:
    """A call that a sleeping machine held up for an hour is not repeated with an offset that is half an hour off."""
    times = iter([float(NOW), float(NOW + HOUR)])
    service = Responder(refusal(ahead=HOUR))
    client = kit.client(respond=service, clock=lambda: next(times))
    with pytest.raises(ServiceError):
        kit.run(client.send, LIST_USERS)
    assert 1 == len(service.requests)
    assert 0.0 == options_of(client).clock_skew.offset


@pytest.mark.parametrize("age", ["0", "3600", ""])
def test_an_answer_from_a_cache_teaches_nothing(age: str) -> None:
    """An answer with an `Age`, of whatever value, says nothing about the service's clock."""
    skew = ClockSkew()
    assert not learn(skew, CODES[0], dated(http_date(NOW + HOUR), ("age", age)))
    assert 0.0 == skew.offset


@pytest.mark.parametrize(
    "date",
    [
        "",
        "soon",
        "1440938160",
        "Mon, 32 Jan 2020 00:00:00 GMT",
        "Mon, 01 Jan 2020 25:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +9999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +99999999999999999999",
    ],
)
def test_a_date_that_can_not_be_read_teaches_nothing(date: str) -> None:
    """A `Date` that is no date leaves the offset alone, and raises nothing."""
    skew = ClockSkew()
    assert not learn(skew, CODES[0], dated(date))
    assert 0.0 == skew.offset


def test_no_date_teaches_nothing() -> None:
    """An answer without a `Date` leaves the offset alone."""
    skew = ClockSkew()
    assert not learn(skew, CODES[0], HttpResponse(403, (), b"{}"))
    assert 0.0 == skew.offset


_PARTS = st.sampled_from(
    ["Mon,", "01", "Jan", "2020", "00:00:00", "GMT", "+0100", "-0000", "9" * 25, "+" + "9" * 25, ":"]
)


@given(
    st.text() | st.lists(_PARTS).map(" ".join) | st.permutations(["Mon,", "01", "Jan", "9" * 25, "0:0"]).map(" ".join)
)
def test_no_date_raises(date: str) -> None:
    """Whatever a `Date` says, learning from it ends with yes or no."""
    skew = ClockSkew()
    assert learn(skew, CODES[0], dated(date)) == (skew.offset != 0.0)


@pytest.mark.parametrize(
    "date", ["Sun, 30 Aug 2015 13:36:00 GMT", "Sunday, 30-Aug-15 13:36:00 GMT", "Sun Aug 30 13:36:00 2015"]
)
def test_the_three_forms_of_a_date(date: str) -> None:
    """All the forms of a date that RFC 9110 knows are read, and are in UTC."""
    skew = ClockSkew()
    assert learn(skew, CODES[0], dated(date))
    assert 3600.0 == skew.offset


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("retry", ["standard", "off"])
def test_a_call_with_a_wrong_clock(kit: Kit, code: str, retry: str) -> None:
    """The refused call is sent once more by the service's clock, without a wait, and later calls are right at once."""
    service = Responder(refusal(code), success({"Users": []}))
    client = kit.client(respond=service, clock=clock, retry=retry)
    assert 2 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert ["20150830T123600Z", "20150830T133600Z"] == amz_dates(service)
    assert 1 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert ["20150830T133600Z"] == amz_dates(service)[2:]


def test_a_clock_that_is_ahead(kit: Kit) -> None:
    """The correction may go back in time."""
    service = Responder(refusal(ahead=-HOUR), success({"Users": []}))
    kit.run(kit.client(respond=service, clock=clock).send, LIST_USERS)
    assert ["20150830T123600Z", "20150830T113600Z"] == amz_dates(service)


def test_the_clock_is_corrected_once_a_call(kit: Kit) -> None:
    """A second refusal of the same call is raised, even if it names yet another time."""
    service = Responder(refusal(), refusal(ahead=3 * HOUR), success({"Users": []}))
    client = kit.client(respond=service, clock=clock)
    with pytest.raises(ServiceError) as caught:
        kit.run(client.send, LIST_USERS)
    assert ("InvalidSignatureException", 2, 2) == (caught.value.code, caught.value.attempts, len(service.requests))


def test_a_wrong_key_is_told_at_once(kit: Kit) -> None:
    """A refused signature whose `Date` agrees with the clock is not sent again."""
    service = Responder(refusal(ahead=200), success({"Users": []}))
    with pytest.raises(ServiceError) as caught:
        kit.run(kit.client(respond=service, clock=clock).send, LIST_USERS)
    assert 1 == caught.value.attempts == len(service.requests)


def test_it_can_be_turned_off(kit: Kit) -> None:
    """With `correct_clock_skew=False` the refusal is raised, and later calls go by the same clock."""
    service = Responder(refusal(), success({"Users": []}))
    client = kit.client(respond=service, clock=clock, correct_clock_skew=False)
    with pytest.raises(ServiceError) as caught:
        kit.run(client.send, LIST_USERS)
    assert 1 == caught.value.attempts == len(service.requests)
    kit.run(client.send, LIST_USERS)
    assert ["20150830T123600Z"] * 2 == amz_dates(service)


def test_calls_without_a_signature_teach_nothing(kit: Kit) -> None:
    """A call that is not signed is not sent again for the clock's sake, nor changes it for those that are."""
    service = Responder(refusal(), success({"Users": []}))
    client = kit.client(respond=service, clock=clock)
    with pytest.raises(ServiceError) as caught:
        kit.run(client.send, INITIATE_AUTH)
    assert 1 == caught.value.attempts == len(service.requests)
    kit.run(client.send, LIST_USERS)
    assert "20150830T123600Z" == service.requests[1].headers["x-amz-date"]


def test_the_correction_is_the_clients_own(kit: Kit) -> None:
    """Two clients share no correction."""
    kit.run(kit.client(respond=Responder(refusal(), success({"Users": []})), clock=clock).send, LIST_USERS)
    service = Responder(success({"Users": []}))
    kit.run(kit.client(respond=service, clock=clock).send, LIST_USERS)
    assert ["20150830T123600Z"] == amz_dates(service)


class LearnsMeanwhile:
    """Stands for another call of the client, which is refused and learns while ours is on its way."""

    def __init__(self, other: Any, *answers: httpx.Response) -> None:
        self.other = other
        self.responder = Responder(*answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Let the other call end first."""
        self.other()
        return self.responder(request)


def test_calls_that_are_refused_together(kit: Kit) -> None:
    """A call that was signed before another one corrected the clock is sent again, too."""
    clients: list[Any] = []

    def other() -> None:
        options_of(clients[0]).clock_skew.offset = float(HOUR)

    service = LearnsMeanwhile(other, refusal(), success({"Users": []}))
    clients.append(kit.client(respond=service, clock=clock))
    assert 2 == kit.run(clients[0].send, LIST_USERS).metadata.attempts
    assert ["20150830T123600Z", "20150830T133600Z"] == amz_dates(service.responder)


class Counting:
    """Credentials that count how often they are asked for."""

    def __init__(self) -> None:
        self.replaced = 0

    def get(self) -> Flow[Credentials]:
        """Return the usual ones."""
        return CREDENTIALS
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Count."""
        self.replaced += 1
        return rejected
        yield


def test_a_wrong_clock_does_not_cost_the_credentials(kit: Kit) -> None:
    """Correcting the clock asks for no other credentials."""
    source = Counting()
    service = Responder(refusal(), success({"Users": []}))
    kit.run(kit.client(respond=service, clock=clock, credentials=source).send, LIST_USERS)
    assert 0 == source.replaced
