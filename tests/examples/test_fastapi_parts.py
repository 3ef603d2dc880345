"""The parts of the example app: settings, sealed cookies, sessions, and the table of errors."""

from __future__ import annotations

import gc
import json
import socket
from typing import Any

import anyio
import httpx
import pytest
from cryptography.fernet import Fernet
from examples.fastapi_app.__main__ import main
from examples.fastapi_app.cookies import CookieTooLargeError, SealedCookie, cookies_of
from examples.fastapi_app.problems import problem_of
from examples.fastapi_app.sessions import MemoryStore, Sessions
from examples.fastapi_app.settings import Settings
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from cognito_idp import AppClient, AsyncClient, Tokens, errors

APP = AppClient("eu-west-1_EXAMPLE", "1example23456789", "client-secret-of-the-tests")
KEYS = tuple(Fernet.generate_key().decode() for _ in range(2))
ENVIRON = {
    "COGNITO_USER_POOL_ID": APP.user_pool_id,
    "COGNITO_CLIENT_ID": APP.client_id,
    "COGNITO_CLIENT_SECRET": "client-secret-of-the-tests",
    "APP_ORIGIN": "https://app.example.com",
    "APP_COOKIE_KEYS": " ".join(KEYS),
}


def settings(**changes: Any) -> Settings:
    """Return settings that can be used, but for the changes."""
    return Settings(**{"app": APP, "origin": "https://app.example.com", "cookie_keys": KEYS, **changes})


SETTINGS = settings()


def carried(cookie: SealedCookie, *texts: str, to: SealedCookie | None = None) -> Request:
    """Return the request of a browser that was given cookies in turn, sent in the place of the cookie `to`."""
    kept: dict[str, str] = {}
    for text in texts:
        response = Response()
        cookie.write(response, text)
        for header in response.headers.getlist("set-cookie"):
            assert len(header.partition(";")[0]) <= 4096
            name, _, value = header.partition(";")[0].partition("=")
            kept[name.replace(cookie.name, (to or cookie).name)] = value
    return sent(kept)


def sent(kept: dict[str, str]) -> Request:
    """Return the request of a browser that keeps these cookies."""
    header = "; ".join(f"{name}={value}" for name, value in kept.items()).encode("latin-1")
    return Request({"type": "http", "headers": [(b"cookie", header)]})


def test_settings_from_the_environment() -> None:
    """The environment gives the settings, and neither the client's secret nor a cookie key shows in them."""
    made = Settings.from_environ(ENVIRON)
    assert settings() == made
    assert KEYS[0] not in repr(made)
    assert "client-secret-of-the-tests" not in repr(made)


@pytest.mark.parametrize("name", sorted(set(ENVIRON) - {"COGNITO_CLIENT_SECRET"}))
def test_a_setting_that_is_missing(name: str) -> None:
    """A variable that is missing is named."""
    with pytest.raises(ValueError, match=name):
        Settings.from_environ({**ENVIRON, name: ""})


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://app.example.com"},
        {"origin": "https://app.example.com/"},
        {"origin": "app.example.com"},
        {"cookie_keys": ()},
        {"cookie_keys": ("short",)},
    ],
    ids=str,
)
def test_settings_that_are_unsafe(changes: dict[str, Any]) -> None:
    """An origin without TLS, or with a path, and keys that are none are refused."""
    with pytest.raises(ValueError, match=r"origin|cookie_keys|Fernet key"):
        settings(**changes)


def test_a_cookie_comes_back() -> None:
    """What was sealed with any of the keys is read again, for as long as the cookie lasts and not longer."""
    now = [1000.0]
    old = cookies_of(settings(cookie_keys=KEYS[1:]), lambda: now[0]).challenge
    new = cookies_of(settings(), lambda: now[0]).challenge
    request = carried(old, "Größe")
    assert "Größe" == new.read(request)
    now[0] += 180
    assert "Größe" == new.read(request)
    now[0] += 1
    assert new.read(request) is None


def test_a_cookie_is_for_one_purpose() -> None:
    """A cookie's value in the place of another cookie is refused."""
    cookies = cookies_of(settings())
    assert cookies.session.read(carried(cookies.pending, "mary", to=cookies.session)) is None


@pytest.mark.parametrize("value", ["", "x", "é", "gAAAAA==", "1", "1gAAAAA==", "3gAAAAA==", "9", "²gAAAAA=="])
def test_a_cookie_that_is_none_of_ours(value: str) -> None:
    """Whatever stands in a cookie, it is read as none where the app did not write it."""
    cookie = cookies_of(settings()).session
    assert cookie.read(sent({cookie.name: value})) is None


@pytest.mark.slow
@given(texts=st.lists(st.integers(0, 8800).map("x".__mul__), min_size=1, max_size=3))
def test_a_text_of_any_length(texts: list[str]) -> None:
    """The last text comes back, in as many cookies as it needs, whatever an earlier one left in the browser."""
    cookie = cookies_of(SETTINGS).challenge
    assert texts[-1] == cookie.read(carried(cookie, *texts))


def test_a_part_that_the_browser_dropped() -> None:
    """A text is none where one of its cookies is missing."""
    cookie = cookies_of(SETTINGS).challenge
    kept = carried(cookie, "x" * 6000).cookies
    assert 3 == len(kept)
    for name in kept:
        assert cookie.read(sent({other: value for other, value in kept.items() if other != name})) is None


def test_all_parts_are_cleared() -> None:
    """Clearing a cookie takes each of its parts out of the browser."""
    cookie = cookies_of(SETTINGS).challenge
    request, response = carried(cookie, "x" * 6000), Response()
    cookie.clear(request, response)
    cleared = [header.partition("=")[0] for header in response.headers.getlist("set-cookie") if "Max-Age=0" in header]
    assert sorted(request.cookies) == sorted(cleared)


def test_a_text_that_is_too_large() -> None:
    """A text that needs more cookies than servers take is refused."""
    with pytest.raises(CookieTooLargeError, match="__Host-challenge"):
        cookies_of(SETTINGS).challenge.write(Response(), "x" * 9000)


@pytest.mark.anyio
async def test_sessions_end() -> None:
    """A session is found until its time is over; the entries of sessions that are over are dropped."""
    now = [0.0]
    store = MemoryStore(lambda: now[0])
    async with AsyncClient("eu-west-1") as client:
        sessions = Sessions(client, APP, store, seconds=10, margin=60)
        first = await sessions.begin(Tokens(access_token="a"))
        now[0] = 9.0
        found = await sessions.find(first)
        assert found is not None
        assert await sessions.find(first) is found
        now[0] = 10.0
        assert await sessions.find(first) is None
        second = await sessions.begin(Tokens(access_token="b"))
        assert [second] == list(store._entries)
        await sessions.end(second)
        await store.replace(second, Tokens(access_token="c"))
        assert await sessions.find(second) is None
    assert first != second
    assert 43 == len(first)


class SlowStore(MemoryStore):
    """A store whose answers are under way for a while: what it read may be old when it arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = anyio.Event()
        self.may_answer = anyio.Event()
        self.may_answer.set()

    async def get(self, session_id: str) -> Tokens | None:
        """Read at once, and answer when it is allowed."""
        tokens = await super().get(session_id)
        self.asked.set()
        await self.may_answer.wait()
        return tokens


@pytest.mark.slow
@pytest.mark.anyio
async def test_tokens_that_are_refreshed_while_the_store_answers() -> None:
    """A request whose tokens were refreshed by another one while the store answered goes on with the new ones."""
    answers = iter("bcd")
    shown = []

    def refreshed(request: httpx.Request) -> httpx.Response:
        shown.append(json.loads(request.content)["RefreshToken"])
        new = next(answers)
        result = {"AccessToken": new, "RefreshToken": new, "ExpiresIn": 0}
        return httpx.Response(200, json={"AuthenticationResult": result})

    store = SlowStore()
    async with AsyncClient("eu-west-1", transport=httpx.MockTransport(refreshed)) as client:
        sessions = Sessions(client, APP, store, seconds=10, margin=60)
        session_id = await sessions.begin(Tokens(access_token="a", refresh_token="a"))
        first = await sessions.find(session_id)
        assert first is not None
        store.may_answer, store.asked = anyio.Event(), anyio.Event()

        async def second_request() -> None:
            second = await sessions.find(session_id)
            assert second is not None
            await second.refresh()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(second_request)
            await store.asked.wait()
            await first.refresh()
            del first
            gc.collect()
            store.may_answer.set()
    assert ["a", "b"] == shown


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_request_that_is_given_up_during_a_refresh() -> None:
    """The next request waits for the refresh of one that was given up, and doesn't show its refresh token again."""
    shown = []
    asked, may_answer = anyio.Event(), anyio.Event()

    async def refreshed(request: httpx.Request) -> httpx.Response:
        shown.append(json.loads(request.content)["RefreshToken"])
        asked.set()
        await may_answer.wait()
        result = {"AccessToken": "b", "RefreshToken": "b", "ExpiresIn": 3600}
        return httpx.Response(200, json={"AuthenticationResult": result})

    store = MemoryStore()
    async with AsyncClient("eu-west-1", transport=httpx.MockTransport(refreshed)) as client:
        sessions = Sessions(client, APP, store, seconds=10, margin=60)
        session_id = await sessions.begin(Tokens(access_token="a", refresh_token="a"))

        async def request() -> None:
            session = await sessions.find(session_id)
            assert session is not None
            await session.refresh()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(request)
            await asked.wait()
            tasks.cancel_scope.cancel()
        gc.collect()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(request)
            await anyio.wait_all_tasks_blocked()
            may_answer.set()
    assert ["a"] == shown
    kept = await store.get(session_id)
    assert kept is not None
    assert "b" == kept.refresh_token


@pytest.mark.anyio
async def test_many_requests_at_once() -> None:
    """Requests that begin together share one session, whoever is answered first."""
    store = SlowStore()
    found = []
    async with AsyncClient("eu-west-1") as client:
        sessions = Sessions(client, APP, store, seconds=10, margin=60)
        session_id = await sessions.begin(Tokens(access_token="a"))
        store.may_answer = anyio.Event()

        async def one_request() -> None:
            found.append(await sessions.find(session_id))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(one_request)
            await store.asked.wait()
            store.may_answer.set()
    assert 5 == len(found)
    assert all(each is found[0] is not None for each in found)


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (errors.NotAuthorizedException(), 401, None),
        (errors.UserNotFoundException(), 401, None),
        (errors.TokenExpiredError(), 401, None),
        (errors.TokenGroupError(), 403, None),
        (errors.CodeMismatchException(), 400, None),
        (errors.SignInAnswerError(), 400, None),
        (errors.ThrottlingException(), 429, 5),
        (errors.TooManyFailedAttemptsException(), 429, 900),
        (errors.UnknownServiceError(code="Odd", status_code=400), 502, None),
        (errors.UnknownServiceError(code="Odd", status_code=503), 503, 5),
        (errors.UnknownServiceError(code="Odd", status_code=429), 429, 5),
        (errors.InternalErrorException(status_code=500), 503, 5),
        (errors.ConnectError(), 503, 5),
        (errors.ReadTimeoutError(), 504, 5),
        (errors.ConnectTimeoutError(), 504, 5),
        (errors.JwksError(), 503, 5),
        (errors.InvalidResponseError("no JSON"), 502, None),
        (errors.NoRegionError(), 500, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_problems(error: errors.CognitoIdpError, status: int, retry_after: int | None) -> None:
    """An exception gives the status of its class, or of its nearest base, and never an empty text."""
    problem = problem_of(error)
    assert (status, retry_after) == (problem.status, problem.retry_after)


def test_texts_of_the_service() -> None:
    """The service's own text is shown where it tells what to do better, and nowhere else."""
    assert "too short" == problem_of(errors.InvalidPasswordException("too short")).text
    unknown = problem_of(errors.UserNotFoundException("User mary does not exist."))
    assert unknown == problem_of(errors.NotAuthorizedException("User mary is disabled."))
    assert "mary" not in unknown.text


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"service_error"}))
def test_every_error_has_an_answer(name: str) -> None:
    """Each exception of the library finds a row of the table."""
    cls = getattr(errors, name)
    error = cls.__new__(cls)
    error.__dict__.update(code=name, message="why", status_code=400)
    problem = problem_of(error)
    assert 400 <= problem.status < 600
    assert problem.text


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """The command that runs the app says that its port is taken, and sends nobody there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert 1 == main([str(port)])
    shown = capsys.readouterr()
    assert "" == shown.out
    assert shown.err.startswith(f"port {port} can't be used: ")
