"""A session's access token for your own httpx requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .._errors import ConfigError
from .._protocol.endpoint import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator


class SessionAuth(httpx.Auth):
    """Gets an access token before each request of an `httpx.Client`."""

    def __init__(self, access_token: Callable[[], str], session: str) -> None:
        """Take the function that returns a fresh access token, and the name of the session's class."""
        self._access_token = access_token
        self._session = session

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on the request.

        Raises:
            ConfigError: the request would carry the token unencrypted to another machine.
        """
        check_encrypted(request.url)
        request.headers["authorization"] = f"Bearer {self._access_token()}"
        yield request

    def async_auth_flow(
        self,
        request: httpx.Request,  # noqa: ARG002 - httpx's parameter
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Refuse an `httpx.AsyncClient`, which would otherwise send without a token."""
        msg = f"a {self._session}'s auth is for httpx.Client; with httpx.AsyncClient use an Async{self._session}"
        raise TypeError(msg)


class AsyncSessionAuth(httpx.Auth):
    """Gets an access token before each request of an `httpx.AsyncClient`."""

    def __init__(self, access_token: Callable[[], Awaitable[str]], session: str) -> None:
        """Take the function that returns a fresh access token, and the name of the session's class."""
        self._access_token = access_token
        self._session = session

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Put the token on the request.

        Raises:
            ConfigError: the request would carry the token unencrypted to another machine.
        """
        check_encrypted(request.url)
        request.headers["authorization"] = f"Bearer {await self._access_token()}"
        yield request

    def sync_auth_flow(
        self,
        request: httpx.Request,  # noqa: ARG002 - httpx's parameter
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Refuse an `httpx.Client`, which would otherwise send without a token."""
        other = self._session.removeprefix("Async")
        msg = f"an {self._session}'s auth is for httpx.AsyncClient; with httpx.Client use a {other}"
        raise TypeError(msg)


def check_encrypted(url: httpx.URL) -> None:
    """Refuse to send a token where others can read it in transit.

    Raises:
        ConfigError: the URL leads to another machine over plain http.
    """
    if url.scheme != "https" and not is_loopback(url.host):
        msg = f"an access token is not sent to {url.host!r} over plain {url.scheme}"
        raise ConfigError(msg)
