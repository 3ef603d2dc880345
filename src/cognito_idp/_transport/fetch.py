"""The engine over JavaScript's `fetch`, for Pyodide: in Cloudflare's Workers, in Node, in browsers.

The runtime connects, speaks TLS and keeps connections; nothing of that can be chosen or seen. `fetch` says neither
where it stands nor what was sent before it failed. So a wait has the limits of all steps that it may consist of, and
every failure may mean that the service has carried the request out: it is a `ReadError` or a timeout, never a
`ConnectError`.
"""

from __future__ import annotations

import asyncio
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from .._errors import (
    ClientClosedError,
    CognitoIdpError,
    ConfigError,
    DeadlineExceededError,
    InvalidResponseError,
    ReadError,
    ReadTimeoutError,
)
from .adapter import CLOSED
from .body import Incoming, check_outgoing
from .proxies import origin_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from .._protocol.wire import Headers, HttpRequest, HttpResponse, Limits

# The runtime sets these. Where they are signed, it sets the same values.
_RUNTIMES_OWN: Final = frozenset({"accept-encoding", "content-length", "host"})
# The runtime has unpacked the body already; these describe it as it was.
_OF_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
# Cookies and caches of browsers. Cloudflare's runtime refuses options that it doesn't have.
_OPTIONS_OF_BROWSERS: Final = {"credentials": "omit", "cache": "no-store"}
# The code of a system's or of Node's error, such as ECONNREFUSED; what else its errors say may be the peer's words.
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,40}")

NO_JSPI: Final = (
    "a sync client can't wait here: the JavaScript runtime has no JSPI, or Python was called by a sync function; use "
    "AsyncClient (for tokens, AsyncTokenVerifier), or have JavaScript await Python, as with runPythonAsync"
)


class AsyncFetchTransport:
    """Sends through `fetch`. Tasks may share it. A cancelled or failed call aborts its exchange."""

    name = "fetch"

    def __init__(self) -> None:
        self._js: Any = import_module("js")
        self._ffi: Any = import_module("pyodide.ffi")
        # By identity: a `JsProxy` has no hash.
        self._under_way: dict[int, Any] = {}
        self._options = {
            name: value
            for name, value in _OPTIONS_OF_BROWSERS.items()
            if self._js.Reflect.has(self._js.Request.prototype, name)
        }
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response.

        Raises:
            ReadError, ReadTimeoutError, DeadlineExceededError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or a redirect that a browser hides.
            ClientClosedError: `close` was called.
            ConfigError: a header can't be sent.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        check_outgoing(request.headers)
        host, limits = origin_of(request.url).shown, request.limits
        controller = self._js.AbortController.new()
        self._under_way[id(controller)] = controller
        answer: HttpResponse | None = None
        failure: CognitoIdpError
        try:
            async with asyncio.timeout(limits.total):
                answer = await self._exchange(request, controller, host)
                return answer
        except self._ffi.JsException as error:
            # Raised outside the handler: what is behind a JavaScript error may quote the peer.
            failure = ClientClosedError(CLOSED) if self._closed else ReadError(f"{host}: {_problem(error)}")
        except ReadTimeoutError:
            raise
        except TimeoutError:
            failure = DeadlineExceededError(f"{host}: no whole answer within {limits.total:g} s")
        finally:
            del self._under_way[id(controller)]
            if answer is None:
                controller.abort()
        raise failure

    async def _exchange(self, request: HttpRequest, controller: Any, host: str) -> HttpResponse:
        limits = request.limits
        fetched = self._js.fetch(request.url, self._init(request, controller))
        response = await _within(_seconds_for_head(limits), fetched, f"{host}: no answer came")
        if response.type == "opaqueredirect":
            msg = "it is a redirect, which is not followed"
            raise InvalidResponseError(msg)
        headers: Headers = tuple([(str(name).lower(), str(value)) for name, value in response.headers.entries()])
        answer = Incoming(response.status, _of_the_body(headers), limits.max_response_bytes)
        if response.body:
            reader, late = response.body.getReader(), f"{host}: nothing more of the answer came"
            while not (piece := await _within(limits.read, reader.read(), late)).done:
                answer.add(piece.value.to_bytes())
        return answer.finish()

    def _init(self, request: HttpRequest, controller: Any) -> Any:
        init = self._js.Object.new()
        init.method = request.method
        init.headers = self._ffi.to_js([pair for pair in request.headers if pair[0] not in _RUNTIMES_OWN])
        if request.body:
            init.body = self._ffi.to_js(request.body)
        init.redirect = "manual"
        init.signal = controller.signal
        for name, value in self._options.items():
            setattr(init, name, value)
        return init

    def abort(self) -> None:
        """End the exchanges that are being made, and make no more."""
        self._closed = True
        for controller in tuple(self._under_way.values()):
            controller.abort()

    async def renew(self) -> None:
        """Do nothing: the connections are the runtime's."""

    async def close(self) -> None:
        """End the exchanges that are being made, and make no more. The connections are the runtime's."""
        self.abort()


class FetchTransport:
    """Sends through `fetch` for sync clients, where JavaScript lets Python wait for a promise (JSPI)."""

    name = "fetch"

    def __init__(self) -> None:
        self._inner = AsyncFetchTransport()
        self._ffi: Any = import_module("pyodide.ffi")

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response; JavaScript and other stacks run meanwhile.

        Raises:
            ConfigError: Python can't wait here.
            CognitoIdpError: as for the async transport.
        """
        if not self._ffi.can_run_sync():
            raise ConfigError(NO_JSPI)
        response: HttpResponse = self._ffi.run_sync(self._inner.send(request))
        return response

    def renew(self) -> None:
        """Do nothing: the connections are the runtime's."""

    def close(self) -> None:
        """End the exchanges that are being made, and make no more."""
        self._inner.abort()


def _seconds_for_head(limits: Limits) -> float | None:
    # Until the head comes, `fetch` may be connecting, sending or waiting.
    steps = (limits.connect, limits.write, limits.read)
    return None if None in steps else sum(filter(None, steps))


async def _within(seconds: float | None, promise: Awaitable[Any], late: str) -> Any:
    try:
        async with asyncio.timeout(seconds):
            return await promise
    except TimeoutError:
        msg = f"{late} within {seconds:g} s"
    raise ReadTimeoutError(msg)


def _of_the_body(headers: Headers) -> Headers:
    return tuple([(name, value) for name, value in headers if name not in _OF_THE_WIRE])


def _problem(error: Any) -> str:
    cause = getattr(getattr(error, "js_error", error), "cause", None)
    code = str(getattr(cause, "code", "") or "")
    return f"fetch failed ({code})" if _CODE.fullmatch(code) else "fetch failed"
