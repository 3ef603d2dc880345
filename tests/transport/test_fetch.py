"""The engine over `fetch`, with a JavaScript of the test's own: what Node doesn't show (see `tests/pyodide`)."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import AsyncClient, Client, SignUpRequest, Timeout
from cognito_idp._transport import make_async_transport, make_transport
from cognito_idp._transport.fetch import AsyncFetchTransport
from cognito_idp.errors import (
    ClientClosedError,
    ConfigError,
    DeadlineExceededError,
    InvalidResponseError,
    ReadError,
    ReadTimeoutError,
)
from tests.support.kit import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class JsError(Exception):
    """An exception of JavaScript's."""

    def __init__(self, text: str, cause: object = None) -> None:
        super().__init__(text)
        self.js_error = SimpleNamespace(cause=cause)


class Controller:
    """An `AbortController`: it remembers whether it aborted."""

    made: list[Controller]

    def __init__(self) -> None:
        self.signal = object()
        self.aborted = False
        Controller.made.append(self)

    @classmethod
    def new(cls) -> Controller:
        """Make one."""
        return cls()

    def abort(self) -> None:
        """Abort."""
        self.aborted = True


@attrs.define
class Response:
    """An answer of `fetch`; `pieces` are those of its body."""

    status: int = 200
    headers: Any = attrs.field(factory=dict)
    pieces: tuple[bytes, ...] = (b"{}",)
    type: str = "basic"

    def __attrs_post_init__(self) -> None:
        pairs = list(self.headers.items())
        self.headers = SimpleNamespace(entries=lambda: pairs)

    @property
    def body(self) -> Any:
        """The stream, which is null for an answer without a body."""
        return SimpleNamespace(getReader=lambda: Reader(iter(self.pieces))) if self.pieces else None


class Reader:
    """Reads a stream."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces

    async def read(self) -> Any:
        """Return the next piece."""
        piece = next(self._pieces, None)
        return SimpleNamespace(done=piece is None, value=SimpleNamespace(to_bytes=lambda: piece))


class JavaScript:
    """What the engine needs of JavaScript; `fetched` are the requests."""

    def __init__(self, fetch: Callable[[], Awaitable[Any]]) -> None:
        self.fetched: list[Any] = []
        self.known = {"credentials", "cache"}
        self.can_wait = False
        self._fetch = fetch

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Make it Python's surroundings."""
        js: Any = ModuleType("js")
        js.AbortController = Controller
        js.Object = SimpleNamespace(new=SimpleNamespace)
        js.Request = SimpleNamespace(prototype=self.known)
        js.Reflect = SimpleNamespace(has=lambda prototype, name: name in prototype)
        js.fetch = self._fetched
        ffi: Any = ModuleType("pyodide.ffi")
        ffi.JsException = JsError
        ffi.to_js = lambda value: value
        ffi.can_run_sync = lambda: self.can_wait
        ffi.run_sync = asyncio.run
        Controller.made = []
        for name, module in {"js": js, "pyodide": ModuleType("pyodide"), "pyodide.ffi": ffi}.items():
            patch.setitem(sys.modules, name, module)
        patch.setattr(sys, "platform", "emscripten")

    async def _fetched(self, url: str, init: Any) -> Any:
        self.fetched.append((url, init))
        return await self._fetch()


async def answered() -> Any:
    """Answer."""
    return Response()


def call(**settings: Any) -> Any:
    """Make one call through the default engine."""

    async def main() -> Any:
        async with AsyncClient("us-east-1", credentials=CREDENTIALS, retry="off", **settings) as client:
            return await client.call("ListUsers", {"Limit": 1})

    return asyncio.run(main())


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[Any]]], JavaScript]:
    """Install a JavaScript whose `fetch` does what a function does."""

    def install(fetch: Callable[[], Awaitable[Any]]) -> JavaScript:
        made = JavaScript(fetch)
        made.install(monkeypatch)
        return made

    return install


@pytest.mark.parametrize("make", [make_transport, make_async_transport])
def test_it_needs_javascript(make: Callable[[Any], Any]) -> None:
    """Outside Pyodide the engine is refused, with those that may be used."""
    with pytest.raises(ConfigError, match=r"transport='fetch' needs JavaScript's fetch.*'httpx'.*'stdlib'"):
        make("fetch")


@pytest.mark.parametrize("make", [make_transport, make_async_transport])
def test_it_is_the_default_under_pyodide(make: Callable[[Any], Any], script: Any) -> None:
    """Under Pyodide it is the default, and what needs sockets is refused."""
    script(answered)
    assert "fetch" == make(None).name == make("fetch").name
    for name in ("httpx", "stdlib"):
        with pytest.raises(ConfigError, match="leave it out, and JavaScript's fetch is used"):
            make(name)


def test_what_is_sent(script: Any) -> None:
    """A request has its own headers but those that the runtime sets, follows no redirect and sends no cookies."""
    made = script(answered)
    assert {} == call()
    ((url, init),) = made.fetched
    names = [name for name, _ in init.headers]
    assert "https://cognito-idp.us-east-1.amazonaws.com" == url.removesuffix("/")
    assert {"content-type", "x-amz-target", "authorization", "user-agent"} <= set(names)
    assert not {"host", "content-length", "accept-encoding"} & set(names)
    assert ("POST", b'{"Limit": 1}', "manual") == (init.method, init.body, init.redirect)
    assert ("omit", "no-store") == (init.credentials, init.cache)
    signed = dict(init.headers)["authorization"]
    assert "accept-encoding" not in signed
    assert "host;" in signed
    (controller,) = Controller.made
    assert init.signal is controller.signal
    assert not controller.aborted


def test_options_that_a_runtime_does_not_have(script: Any) -> None:
    """Cloudflare's runtime refuses options that it doesn't have, so only those that it knows are set."""
    made = script(answered)
    made.known.clear()
    call()
    assert {"credentials", "cache"} & set(vars(made.fetched[0][1])) == set()


def test_a_redirect_that_a_browser_hides(script: Any) -> None:
    """A redirect without a status, as browsers have it, is an answer that can't be read, and is aborted."""

    async def hidden() -> Any:
        return Response(status=0, pieces=(), type="opaqueredirect")

    script(hidden)
    with pytest.raises(InvalidResponseError, match="a redirect, which is not followed"):
        call()
    assert Controller.made[0].aborted


def test_an_answer_without_a_body(script: Any) -> None:
    """An answer whose body is null is empty."""

    async def empty() -> Any:
        return Response(pieces=())

    script(empty)
    assert {} == call()


def test_what_the_runtime_has_unpacked(script: Any) -> None:
    """Headers that describe the body on the wire are no reason to refuse the one that came out of it."""

    async def unpacked() -> Any:
        headers = {"Content-Encoding": "br", "content-length": "99999999", "x-amzn-RequestId": "1"}
        return Response(headers=headers, pieces=(b'{"A"', b": 1}"))

    script(unpacked)
    assert {"A": 1} == call()


def test_an_answer_that_is_too_large(script: Any) -> None:
    """The body is counted while it comes, and the rest is not waited for."""

    async def large() -> Any:
        return Response(pieces=(b"x" * 600, b"x" * 600))

    script(large)
    with pytest.raises(InvalidResponseError, match="limit of 1,000 bytes"):
        call(max_response_bytes=1000)
    assert Controller.made[0].aborted


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (None, "fetch failed"),
        (SimpleNamespace(code="ECONNREFUSED"), r"fetch failed \(ECONNREFUSED\)"),
        (SimpleNamespace(code="secret-token of the peer"), "fetch failed"),
    ],
)
def test_a_failure(cause: object, expected: str, script: Any) -> None:
    """Whatever fails may have been sent, and nothing of the peer's words is kept."""

    async def fails() -> Any:
        text = "secret-token of the peer"
        raise JsError(text, cause)

    script(fails)
    with pytest.raises(ReadError, match=rf"^cognito-idp.us-east-1.amazonaws.com: {expected}$") as caught:
        call()
    assert caught.value.sent
    assert type(caught.value) is ReadError
    assert "secret-token" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


async def hangs() -> Any:
    """Never answer."""
    await asyncio.get_running_loop().create_future()


def test_limits(script: Any) -> None:
    """The whole call has its limit; the head has those of all steps together, since none of them can be seen."""
    script(hangs)
    with pytest.raises(DeadlineExceededError):
        call(timeout=0.01)
    with pytest.raises(ReadTimeoutError, match=r"no answer came within 0\.006 s"):
        call(timeout=Timeout(connect=0.001, write=0.002, read=0.003))
    assert all(controller.aborted for controller in Controller.made)


def test_cancelling_and_closing(script: Any) -> None:
    """A cancelled call aborts its exchange, and so does closing the client."""

    async def aborted() -> Any:
        while not Controller.made[-1].aborted:  # noqa: ASYNC110 - JavaScript would set a flag, too
            await asyncio.sleep(0)
        text = "AbortError"
        raise JsError(text)

    async def main() -> None:
        engine = AsyncFetchTransport()
        client = AsyncClient("us-east-1", credentials=CREDENTIALS, retry="off")
        request = SignUpRequest(client_id="c", username="u", password="p")
        for end in ("cancel", "close"):
            task = asyncio.ensure_future(client.send(request))
            while len(Controller.made) < (1 if end == "cancel" else 2):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
            if end == "cancel":
                task.cancel()
            else:
                await client.aclose()
            with pytest.raises((asyncio.CancelledError, ClientClosedError)):
                await task
        await engine.close()

    script(aborted)
    asyncio.run(main())
    assert [True, True] == [controller.aborted for controller in Controller.made]


def test_a_sync_client(script: Any) -> None:
    """A sync client waits for promises where it can, and says what to do where it can't."""
    made = script(answered)
    with Client("us-east-1", credentials=CREDENTIALS) as client:
        with pytest.raises(ConfigError, match=r"has no JSPI.*use AsyncClient"):
            client.call("ListUsers")
        made.can_wait = True
        assert {} == client.call("ListUsers")
        assert "fetch" == client.transport_name
        client.renew()
    with pytest.raises(ClientClosedError):
        client.call("ListUsers")
