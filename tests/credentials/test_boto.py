"""Credentials of boto3, botocore and aiobotocore, taken as they are."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.credentials
import botocore.session
import pytest

from cognito_idp import ConfigError, Credentials, CredentialsError, NoCredentialsError
from cognito_idp.credentials import CachedCredentials, ProviderChain
from tests.credentials.support import context_of
from tests.support.kit import options_of
from tests.support.responder import Responder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.kit import Kit

KEYS = Credentials("AKIDEXAMPLE", "secret", "token")
PLAIN = botocore.credentials.Credentials("AKIDEXAMPLE", "secret", "token")


class Keys:
    """Renews its keys each time that it is asked, and remembers in which threads."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.threads: list[threading.Thread] = []

    def __call__(self) -> dict[str, Any]:
        """Return the metadata of new keys."""
        self.threads.append(threading.current_thread())
        return {
            "access_key": f"AKID{len(self.threads)}",
            "secret_key": "secret",
            "token": None,
            "expiry_time": (datetime.now(UTC) + timedelta(seconds=self.seconds)).isoformat(),
        }


def session(credentials: Any) -> Any:
    """Return a session of botocore with these credentials."""
    made = botocore.session.Session()
    made.get_credentials = lambda: credentials
    return made


class Look(NamedTuple):
    """An object of another library that has the three parts."""

    access_key: str
    secret_key: str
    token: str | None


def used(kit: Kit, credentials: Any, calls: int = 1) -> list[str]:
    """Return the access keys with which a client signs so many calls."""
    service = Responder()
    client = kit.client(respond=service, credentials=credentials)
    for _ in range(calls):
        kit.run(client.list_user_pools, max_results=1)
    return [
        request.headers["authorization"].partition("Credential=")[2].partition("/")[0] for request in service.requests
    ]


@pytest.mark.parametrize(
    "given",
    [
        PLAIN,
        PLAIN.get_frozen_credentials(),
        session(PLAIN),
        lambda: PLAIN,
        ProviderChain([PLAIN]),
        CachedCredentials(session(PLAIN)),
        Look("AKIDEXAMPLE", "secret", None),
    ],
    ids=["Credentials", "ReadOnlyCredentials", "Session", "function", "chain", "cached", "by shape"],
)
def test_credentials_are_taken_as_they_are(kit: Kit, given: Any) -> None:
    """`credentials=`, a chain and a function take a session of botocore, and its credentials of any kind."""
    assert ["AKIDEXAMPLE"] == used(kit, given)


def test_the_session_of_boto3(kit: Kit) -> None:
    """boto3's own session is taken, too."""
    boto3 = pytest.importorskip("boto3")
    made = boto3.Session("AKIDEXAMPLE", "secret", "token")
    source = options_of(kit.client(credentials=made)).credentials
    assert KEYS == kit.flow(source.get())
    assert KEYS == kit.flow(source.replace(KEYS))


def test_refreshable_credentials_are_asked_each_time(kit: Kit) -> None:
    """Credentials that renew themselves are asked for each call, outside the event loop if they have to renew."""
    keys = Keys(seconds=1)  # always about to expire
    made = botocore.credentials.RefreshableCredentials.create_from_metadata(keys(), keys, "test")
    assert ["AKID2", "AKID3"] == used(kit, made, calls=2)
    if kit.kind != "sync":
        here = kit.run(current_thread)
        assert here not in keys.threads[1:]


async def current_thread() -> threading.Thread:
    """Return the thread of the event loop."""
    return threading.current_thread()


def test_fresh_ones_need_no_thread(kit: Kit) -> None:
    """While credentials are fresh, the same object comes back."""
    keys = Keys(seconds=86_400)
    made = botocore.credentials.DeferredRefreshableCredentials(keys, "test")
    source = options_of(kit.client(credentials=made)).credentials
    first = kit.flow(source.get())
    assert first is kit.flow(source.get())
    assert 1 == len(keys.threads)


def test_async_credentials(kit: Kit) -> None:
    """Credentials with a coroutine, as aiobotocore's, are awaited by an async client and refused by a sync one."""

    class Async:
        async def get_frozen_credentials(self) -> Any:
            await asyncio.sleep(0) if kit.kind == "asyncio" else None
            return PLAIN.get_frozen_credentials()

    if kit.kind == "sync":
        with pytest.raises(ConfigError, match="a sync client got an async function"):
            used(kit, Async())
    else:
        assert ["AKIDEXAMPLE"] == used(kit, Async())


def failing() -> Any:
    """Fail as a refresh does."""
    msg = "hunter2"
    raise OSError(msg)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (session(None), CredentialsError, "botocore.session.Session has no credentials"),
        (
            botocore.credentials.DeferredRefreshableCredentials(failing, "test"),
            CredentialsError,
            "DeferredRefreshableCredentials raised OSError",
        ),
        (Look("", "secret", None), CredentialsError, "Look: Credentials.access_key_id must be a string and not empty"),
        (ProviderChain([session(None)]), NoCredentialsError, "botocore.session.Session: has no credentials"),
    ],
    ids=["none", "failing", "empty", "chain"],
)
def test_what_goes_wrong(kit: Kit, given: Any, error: type[Exception], message: str) -> None:
    """What botocore can't give is a CredentialsError that says who was asked, without the text of a foreign error."""
    with pytest.raises(error, match=message) as caught:
        used(kit, given)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("given", [botocore.credentials.Credentials, botocore.session.Session])
def test_a_class_is_not_taken(kit: Kit, given: Callable[[], object]) -> None:
    """The class instead of an object is refused."""
    with pytest.raises(ConfigError, match=r"the class .* is not a credential provider"):
        kit.client(credentials=given)


def test_as_a_provider(kit: Kit, tmp_path: Path) -> None:
    """In a chain, botocore's credentials are a provider among others."""
    chain: Any = ProviderChain([session(None), PLAIN])
    assert KEYS == kit.flow(chain.load(context_of(tmp_path)))
