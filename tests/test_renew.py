"""What a client forgets when it is renewed, beside its connections."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AdaptiveRetry, Credentials, ListUsersRequest, StandardRetry
from cognito_idp.errors import ServiceError
from tests.support.kit import CREDENTIALS, FakeTime, options_of
from tests.support.responder import Responder, error, success
from tests.test_clock_skew import HOUR, amz_dates, clock, refusal

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")
DONE = success({"Users": []})
EXPIRES = datetime(2100, 1, 1, tzinfo=UTC)


class Loads:
    """A function that loads credentials: good for long, numbered, or a failure."""

    def __init__(self) -> None:
        self.count = 0
        self.failure: Exception | None = None

    def __call__(self) -> Credentials:
        """Load."""
        self.count += 1
        if self.failure is not None:
            raise self.failure
        return Credentials(f"ASIA{self.count}", "secret", "token", expiration=EXPIRES)


def keys_used(service: Responder) -> list[str]:
    """Return the access keys that signed the requests."""
    return [request.headers["authorization"].partition("Credential=")[2][:5] for request in service.requests]


def test_credentials_are_asked_for_again(kit: Kit) -> None:
    """Credentials that are good for years by the clock are loaded again, once, when they are needed next."""
    service, loads = Responder(DONE), Loads()
    client = kit.client(respond=service, credentials=loads)
    for _ in range(2):
        kit.run(client.send, LIST_USERS)
    kit.run(client.renew)
    assert 1 == loads.count
    for _ in range(2):
        kit.run(client.send, LIST_USERS)
    assert ["ASIA1", "ASIA1", "ASIA2", "ASIA2"] == keys_used(service)


def test_old_credentials_stay_if_there_are_no_others(kit: Kit) -> None:
    """If the load after a restore fails, the old credentials sign while they are valid by the clock."""
    service, loads = Responder(DONE), Loads()
    client = kit.client(respond=service, credentials=loads)
    kit.run(client.send, LIST_USERS)
    loads.failure = OSError("not there")
    kit.run(client.renew)
    for _ in range(2):
        kit.run(client.send, LIST_USERS)
    assert (["ASIA1"] * 3, 2) == (keys_used(service), loads.count)


def test_the_same_credentials_are_good_again(kit: Kit) -> None:
    """Credentials that come unchanged after a restore are not asked for at every call."""
    loads: list[int] = []

    def load() -> Credentials:
        loads.append(1)
        return CREDENTIALS

    client = kit.client(respond=Responder(DONE), credentials=load)
    kit.run(client.send, LIST_USERS)
    kit.run(client.renew)
    for _ in range(3):
        kit.run(client.send, LIST_USERS)
    assert 2 == len(loads)


def test_what_was_learned_about_the_clock(kit: Kit) -> None:
    """A difference of the clocks that was learned before the snapshot is not added any more."""
    service = Responder(refusal(), DONE)
    client = kit.client(respond=service, clock=clock)
    kit.run(client.send, LIST_USERS)
    kit.run(client.renew)
    kit.run(client.send, LIST_USERS)
    dates = [datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for date in amz_dates(service)]
    assert [0, HOUR, 0] == [(date - dates[0]).total_seconds() for date in dates]


def test_the_retry_quota(kit: Kit) -> None:
    """A quota that was used up before the snapshot is full again."""
    service = Responder(error("InternalErrorException", 500))
    client = kit.client(respond=service, time=FakeTime(), retry=StandardRetry(2))

    def attempts() -> int:
        with pytest.raises(ServiceError) as caught:
            kit.run(client.send, LIST_USERS)
        return caught.value.attempts or 0

    while attempts() == 2:
        pass
    kit.run(client.renew)
    assert 2 == attempts()


def test_the_rate_of_the_service(kit: Kit) -> None:
    """An adaptive client that was slowed down before the snapshot isn't any more."""
    time = FakeTime()
    client = kit.client(respond=Responder(error("ThrottlingException"), DONE), time=time, retry=AdaptiveRetry(1))
    with pytest.raises(ServiceError):
        kit.run(client.send, LIST_USERS)
    kit.run(client.renew)
    for _ in range(10):
        kit.run(client.send, LIST_USERS)
    assert [] == time.waits


class Own:
    """Something of a user's that counts how often it is renewed."""

    def __init__(self) -> None:
        self.renewed = 0

    def renew(self) -> None:
        """Count."""
        self.renewed += 1


class OwnSource(Own):
    """A source of credentials."""

    def get(self) -> Flow[Credentials]:
        """Return credentials."""
        return CREDENTIALS
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Return the same."""
        return rejected
        yield


class OwnPolicy(Own, StandardRetry):
    """A retry policy."""

    def __init__(self) -> None:
        Own.__init__(self)
        StandardRetry.__init__(self)


class OwnTransport(Own, httpx.MockTransport):
    """A transport."""

    def __init__(self) -> None:
        Own.__init__(self)
        httpx.MockTransport.__init__(self, Responder(DONE))


class OwnAsyncTransport(OwnTransport):
    """A transport whose method is async."""

    async def renew(self) -> None:  # type: ignore[override]
        """Count."""
        self.renewed += 1


@pytest.mark.parametrize("transport", [OwnTransport, OwnAsyncTransport])
def test_what_a_user_brought_takes_part(kit: Kit, transport: type[OwnTransport]) -> None:
    """A transport, a source of credentials and a retry policy of a user's are renewed if they have a method for it."""
    if kit.kind == "sync" and transport is OwnAsyncTransport:
        transport = OwnTransport
    parts: Any = (transport(), OwnSource(), OwnPolicy())
    client = kit.client(transport=parts[0], credentials=parts[1], retry=parts[2])
    kit.run(client.send, LIST_USERS)
    kit.run(client.renew)
    assert [1, 1, 1] == [part.renewed for part in parts]


def test_what_a_user_brought_need_not(kit: Kit) -> None:
    """Without such a method they are left alone, and work on."""
    client = kit.client(respond=Responder(DONE))
    kit.run(client.send, LIST_USERS)
    kit.run(client.renew)
    kit.run(client.send, LIST_USERS)


def test_openssl_draws_anew(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL, whose state copies share, gets randomness from the system, at least the 256 bits that it takes."""
    added: list[tuple[bytes, float]] = []
    monkeypatch.setattr(ssl, "RAND_add", lambda data, entropy: added.append((data, entropy)))
    client = kit.client(respond=Responder(DONE))
    for _ in range(2):
        kit.run(client.renew)
    (first, bytes_of_entropy), (second, _) = added
    assert first != second
    assert 32 <= bytes_of_entropy <= len(first)


def test_a_client_without_correction(kit: Kit) -> None:
    """A client that never corrects its clock can be renewed, too."""
    client = kit.client(respond=Responder(DONE), correct_clock_skew=False)
    kit.run(client.renew)
    assert options_of(client).clock_skew is None
