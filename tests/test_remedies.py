"""Credentials that the service refuses as expired: loaded anew, once a call."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from cognito_idp import Credentials, InitiateAuthRequest, ListUsersRequest
from cognito_idp.errors import (
    AccessDeniedException,
    CredentialsError,
    DeadlineExceededError,
    ExpiredTokenException,
    ReadError,
    ServiceError,
)
from tests.support.kit import FakeTime
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")
INITIATE_AUTH = InitiateAuthRequest(auth_flow="USER_PASSWORD_AUTH", client_id="client")
OLD = Credentials("AKIDOLD", "secret-old", "token-old")
NEW = Credentials("AKIDNEW", "secret-new", "token-new")
NEWER = Credentials("AKIDNEWER", "secret-newer", "token-newer")
DONE = success({"Users": []})


class Source:
    """Gives the same credentials until they are refused, then the next ones; remembers which were refused."""

    def __init__(self, *following: Credentials | Exception) -> None:
        self.current = OLD
        self.following = list(following)
        self.rejected: list[Credentials] = []

    def get(self) -> Flow[Credentials]:
        """Return those that there are."""
        return self.current
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Go on to the next ones."""
        self.rejected.append(rejected)
        found = self.following.pop(0)
        if isinstance(found, Exception):
            raise found
        self.current = found
        return found
        yield


def keys(service: Responder) -> list[tuple[str, str]]:
    """Return access key id and session token of each request."""
    return [
        (
            request.headers["authorization"].partition("Credential=")[2].partition("/")[0],
            request.headers["x-amz-security-token"],
        )
        for request in service.requests
    ]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "ExpiredToken"])
@pytest.mark.parametrize("retry", ["standard", "adaptive", "off"])
def test_expired_credentials(kit: Kit, code: str, retry: str) -> None:
    """The source is told once which credentials were refused, and the call is sent again with the new ones at once."""
    source = Source(NEW)
    time = FakeTime()
    service = Responder(error(code), DONE)
    client = kit.client(respond=service, time=time, credentials=source, retry=retry)
    assert 2 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert [OLD] == source.rejected
    assert [("AKIDOLD", "token-old"), ("AKIDNEW", "token-new")] == keys(service)
    assert [] == time.waits
    assert 1 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert ("AKIDNEW", "token-new") == keys(service)[2]


@pytest.mark.parametrize("same", [OLD, Credentials("AKIDOLD", "secret-old", "token-old")])
def test_there_are_no_others(kit: Kit, same: Credentials) -> None:
    """A source that has only equal credentials is asked once, and the refusal is raised after one attempt."""
    source = Source(same)
    service = Responder(error("ExpiredTokenException"), DONE)
    with pytest.raises(ExpiredTokenException) as caught:
        kit.run(kit.client(respond=service, credentials=source).send, LIST_USERS)
    assert 1 == caught.value.attempts == len(service.requests)
    assert [OLD] == source.rejected


def test_credentials_that_were_handed_over(kit: Kit) -> None:
    """Credentials that a client was made with can't be replaced: the refusal is raised after one attempt."""
    service = Responder(error("ExpiredTokenException"), DONE)
    with pytest.raises(ExpiredTokenException) as caught:
        kit.run(kit.client(respond=service, credentials=OLD).send, LIST_USERS)
    assert 1 == caught.value.attempts == len(service.requests)


def test_others_can_not_be_had(kit: Kit) -> None:
    """The error of loading others comes out, with the refusal as its context; nothing is sent any more."""
    source = Source(CredentialsError("the role is gone"))
    service = Responder(error("ExpiredTokenException"), DONE)
    with pytest.raises(CredentialsError, match="the role is gone") as caught:
        kit.run(kit.client(respond=service, credentials=source).send, LIST_USERS)
    assert isinstance(caught.value.__context__, ExpiredTokenException)
    assert 1 == len(service.requests)


def test_once_a_call(kit: Kit) -> None:
    """If the new credentials are refused, too, that is raised; the next call begins anew."""
    source = Source(NEW, NEWER)
    service = Responder(error("ExpiredTokenException"), error("ExpiredTokenException"), error("ExpiredToken"), DONE)
    client = kit.client(respond=service, credentials=source)
    with pytest.raises(ExpiredTokenException) as caught:
        kit.run(client.send, LIST_USERS)
    assert (2, [OLD]) == (caught.value.attempts, source.rejected)
    assert 2 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert [OLD, NEW] == source.rejected
    assert ["AKIDOLD", "AKIDNEW", "AKIDNEW", "AKIDNEWER"] == [key for key, _ in keys(service)]


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "AccessDeniedException", "InvalidClientTokenId"])
def test_other_refusals(kit: Kit, code: str) -> None:
    """Credentials that are wrong rather than expired are not replaced."""
    source = Source(NEW)
    service = Responder(error(code), DONE)
    with pytest.raises(ServiceError) as caught:
        kit.run(kit.client(respond=service, credentials=source).send, LIST_USERS)
    assert (code, 1, []) == (caught.value.code, caught.value.attempts, source.rejected)


def test_calls_without_a_signature(kit: Kit) -> None:
    """A call that is not signed loads and replaces no credentials."""
    source = Source(NEW)
    service = Responder(error("ExpiredTokenException"), DONE)
    with pytest.raises(ExpiredTokenException) as caught:
        kit.run(kit.client(respond=service, credentials=source).send, INITIATE_AUTH)
    assert (1, []) == (caught.value.attempts, source.rejected)


def test_the_policy_goes_on_afterwards(kit: Kit) -> None:
    """Other failures of the call are repeated before and after, and the new credentials stay in use."""
    source = Source(NEW)
    time = FakeTime()
    service = Responder(error("ExpiredTokenException"), httpx.ReadError("reset"), DONE)
    client = kit.client(respond=service, time=time, credentials=source, options={"random": lambda: 0.5})
    assert 3 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert ["AKIDOLD", "AKIDNEW", "AKIDNEW"] == [key for key, _ in keys(service)]
    # It was the second attempt that failed, so the delay is that after two: half of 0.05 s x 2.
    assert [0.05] == time.waits


def test_an_attempt_counts_once(kit: Kit) -> None:
    """The attempt that was refused counts as one: the policy gives up after three in all."""
    source = Source(NEW)
    service = Responder(error("ExpiredTokenException"), httpx.ReadError("reset"))
    with pytest.raises(ReadError) as caught:
        kit.run(kit.client(respond=service, time=FakeTime(), credentials=source).send, LIST_USERS)
    assert 3 == caught.value.attempts == len(service.requests)


def test_both_remedies_in_one_call(kit: Kit) -> None:
    """A wrong clock and expired credentials are both cured in one call."""
    ahead = format_datetime(datetime.fromtimestamp(3600, UTC), usegmt=True)
    source = Source(NEW)
    service = Responder(
        error("RequestTimeTooSkewed", 403, headers={"date": ahead}), error("ExpiredTokenException"), DONE
    )
    client = kit.client(respond=service, credentials=source, clock=lambda: 0.0)
    assert 3 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert [
        ("19700101T000000Z", "AKIDOLD"),
        ("19700101T010000Z", "AKIDOLD"),
        ("19700101T010000Z", "AKIDNEW"),
    ] == [
        (request.headers["x-amz-date"], key) for request, (key, _) in zip(service.requests, keys(service), strict=True)
    ]


def test_a_provider_is_asked_again(kit: Kit) -> None:
    """A plain function that gives credentials is called again after a refusal."""
    given = [OLD, NEW]
    service = Responder(error("ExpiredTokenException"), DONE)
    client = kit.client(respond=service, credentials=lambda: given.pop(0))
    assert 2 == kit.run(client.send, LIST_USERS).metadata.attempts
    assert ["AKIDOLD", "AKIDNEW"] == [key for key, _ in keys(service)]


def test_the_error_is_another_one_afterwards(kit: Kit) -> None:
    """A final error of the second attempt is raised as it is, with two attempts."""
    service = Responder(error("ExpiredTokenException"), error("AccessDeniedException"))
    with pytest.raises(AccessDeniedException) as caught:
        kit.run(kit.client(respond=service, credentials=Source(NEW)).send, LIST_USERS)
    assert 2 == caught.value.attempts


def test_no_time_for_a_remedy(kit: Kit) -> None:
    """After the call's time limit neither credentials are replaced nor anything is sent."""
    time = FakeTime()
    source = Source(NEW)
    answers = Responder(error("ExpiredTokenException"), DONE)

    def late(request: httpx.Request) -> httpx.Response:
        time.now += 3.0
        return answers(request)

    client = kit.client(respond=late, time=time, credentials=source, timeout=2.0)
    with pytest.raises((DeadlineExceededError, ExpiredTokenException)):
        kit.run(client.send, LIST_USERS)
    assert (1, []) == (len(answers.requests), source.rejected)
