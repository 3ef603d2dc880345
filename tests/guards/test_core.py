"""The decision that all doors share: what is read, what is refused, and what a setting may be."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cognito_idp import AccessTokenClaims, ConfigError, errors
from cognito_idp.errors import JwksError
from cognito_idp.guards import Guard, Presented, Refusal
from cognito_idp.guards._core import _REASONS, Paths
from tests.tokens.issuing import REASON, token
from tests.tokens.refused import GOOD, REFUSED

from .asked import verifier
from .test_doors import CHALLENGE

if TYPE_CHECKING:
    from tests.support.kit import Kit

pytest.importorskip("jwt", reason=REASON)

VERIFIER = verifier(is_async=False)
GUARD = Guard(cookie="access_token")
# What a header may have, and what a peer may send all the same.
PIECES = st.sampled_from(
    ["Bearer", "bearer", " ", "\t", ",", ";", "=", '"', "\r\n", "\0", "é", "Basic", "access_token", GOOD, "x.y.z", ""]
)
VALUES = st.lists(PIECES, max_size=6).map("".join)


def outcome_of(authorization: list[str], cookies: list[str]) -> tuple[Any, ...]:
    """Return an outcome in a form that compares."""
    outcome = GUARD.check(VERIFIER, Presented(authorization, cookies))
    assert isinstance(outcome, Refusal | AccessTokenClaims)
    return (outcome.status, outcome.error) if isinstance(outcome, Refusal) else (200, outcome.username)


@given(st.lists(VALUES, max_size=3), VALUES)
@example([f"Bearer {GOOD}", f"Bearer {GOOD}"], "")
def test_headers_are_as_good_as_joined_ones(authorization: list[str], cookies: str) -> None:
    """A guard answers the same whether or not something before it joined `Authorization` headers with commas."""
    apart = outcome_of(authorization, [cookies])
    assert apart == outcome_of([",".join(authorization)], [cookies])


def test_cookies_that_were_joined_with_commas() -> None:
    """`Cookie` headers are joined with semicolons (RFC 9113, 8.2.3); a token among joined with commas is refused."""
    cookies = ["theme=dark", f"access_token={GOOD}"]
    assert (200, "mary") == outcome_of([], cookies)
    assert (401, "missing_token") == outcome_of([], [",".join(cookies)])
    assert (400, "invalid_request") == outcome_of([], [",".join(reversed(cookies))])


def test_a_string_is_one_header() -> None:
    """A header that is passed without a list counts as one, so that a forged token is not taken for none."""
    optional = Guard(required=False, cookie="access_token")
    forged: Any = optional.check(VERIFIER, Presented("Bearer x"))
    assert 401 == forged.status
    forged = optional.check(VERIFIER, Presented(cookies="access_token=x"))
    assert 401 == forged.status
    claims: Any = optional.check(VERIFIER, Presented(f"Bearer {GOOD}"))
    assert "mary" == claims.username


@pytest.mark.parametrize("values", [b"Bearer x", [b"Bearer x"], None, 5])
def test_headers_that_cannot_be_read(values: Any) -> None:
    """Headers are text: bytes would be read as numbers. The error shows no value."""
    with pytest.raises(ConfigError, match=r"^authorization= takes a string( or several)?, not (bytes|NoneType|int)$"):
        Presented(values)
    with pytest.raises(ConfigError, match=r"^cookies= takes a string( or several)?, not (bytes|NoneType|int)$"):
        Presented(cookies=values)


def test_the_public_classes() -> None:
    """The classes name the module that users import them from, and a refusal can be a member of a set."""
    assert {"cognito_idp.guards"} == {cls.__module__ for cls in (Guard, Presented, Refusal)}
    refusal: Any = GUARD.check(VERIFIER, Presented())
    assert {refusal} == {GUARD.check(VERIFIER, Presented()), refusal}


@given(st.lists(VALUES, max_size=3), st.lists(VALUES, max_size=3))
def test_nothing_of_a_request_comes_back(authorization: list[str], cookies: list[str]) -> None:
    """Every refusal has the fixed texts of its class: no header can be put into the answer."""
    outcome = GUARD.check(VERIFIER, Presented(authorization, cookies))
    if isinstance(outcome, Refusal):
        assert (outcome.status, outcome.error, outcome.description) in [tuple(reason) for reason in _REASONS.values()]
        challenge = outcome.headers.get("WWW-Authenticate")
        assert outcome.status == 503 if challenge is None else CHALLENGE.fullmatch(challenge)


def test_every_description_can_stand_in_a_header() -> None:
    """The texts have only characters that RFC 6750 allows in `error_description`."""
    for reason in _REASONS.values():
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", reason.description)


@pytest.mark.parametrize("case", list(REFUSED))
def test_every_refused_token(kit: Kit, case: str) -> None:
    """Whatever the verifier refuses as bad is 401 with `invalid_token`, for the sync and the async check."""
    text, error = REFUSED[case]
    assert not issubclass(error, JwksError)
    if isinstance(text, str) and not text.startswith(" "):  # more spaces are the header's
        assert 401 == checked(kit, Guard(), f"Bearer {text}").status


def plain(guard: Guard, *authorization: str, cookies: tuple[str, ...] = (), **settings: Any) -> Any:
    """Check a request with a sync verifier."""
    return guard.check(verifier(is_async=False, **settings), Presented(authorization, cookies))


def checked(kit: Kit, guard: Guard, *authorization: str, **settings: Any) -> Any:
    """Check a request with a verifier of the kit's kind."""
    is_async = kit.kind != "sync"
    check = guard.check_async if is_async else guard.check
    return kit.run(check, verifier(is_async=is_async, **settings), Presented(authorization))


def test_an_optional_token(kit: Kit) -> None:
    """Where no token is required, none gives None, and a bad one is refused all the same."""
    guard = Guard(required=False)
    assert checked(kit, guard) is None
    assert checked(kit, guard, "Basic bWFyeTpzZWNyZXQ=") is None
    assert 401 == checked(kit, guard, "Bearer x").status
    assert "mary" == checked(kit, guard, f"Bearer {GOOD}").username


def test_scopes_of_one_check(kit: Kit) -> None:
    """Scopes of one check count beside the guard's, and the challenge names all of them in order."""
    is_async = kit.kind != "sync"
    guard = Guard(scopes=["orders/read"])
    check = guard.check_async if is_async else guard.check
    refusal = kit.run(check, verifier(is_async=is_async), Presented([f"Bearer {GOOD}"]), ["admin", 'no "scope"\r\n'])
    assert 'scope="admin orders/read"' in refusal.headers["WWW-Authenticate"]


def test_scopes_of_one_check_in_a_string(kit: Kit) -> None:
    """A string has one scope or several, as for a guard."""
    is_async = kit.kind != "sync"
    check = Guard().check_async if is_async else Guard().check
    presented = Presented(f"Bearer {GOOD}")
    assert "mary" == kit.run(check, verifier(is_async=is_async), presented, "openid orders/read").username
    refusal = kit.run(check, verifier(is_async=is_async), presented, "openid orders/write")
    assert 'scope="openid orders/write"' in refusal.headers["WWW-Authenticate"]
    with pytest.raises(ConfigError, match=r"^scopes= takes a string or several, not int$"):
        kit.run(check, verifier(is_async=is_async), presented, 5)


def test_a_cookie_counts_only_where_it_is_named() -> None:
    """A guard without `cookie=` reads no cookie, not even beside a header."""
    cookies = (f"access_token={GOOD}",)
    assert 401 == plain(Guard(), cookies=cookies).status
    assert "mary" == plain(Guard(), f"Bearer {GOOD}", cookies=cookies).username


def test_the_verifier_bounds_the_size() -> None:
    """A token longer than the verifier's `max_token_bytes` is refused, and one within it is not."""
    assert 401 == plain(Guard(), f"Bearer {GOOD}", max_token_bytes=len(GOOD) - 1).status
    assert "mary" == plain(Guard(), f"Bearer {GOOD}", max_token_bytes=len(GOOD)).username


def test_nothing_is_shown() -> None:
    """The `repr` of what a request presents hides it, and a refusal holds nothing of it."""
    presented = Presented([f"Bearer {GOOD}"], [f"access_token={token(scope='x')}"])
    assert "'***'" == repr(presented)
    assert "ey" not in repr(GUARD.check(VERIFIER, presented))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"cookie": "a b"}, "cookie='a b' is not the name of a cookie (RFC 6265)"),
        ({"cookie": ""}, "cookie='' is not the name of a cookie (RFC 6265)"),
        ({"cookie": b"a"}, "cookie= takes a string, not bytes"),
        ({"scopes": ['a"b']}, "scopes= has 'a\"b', which is not a scope (RFC 6749, section 3.3)"),
        ({"scopes": ["a b"]}, "scopes= has 'a b', which is not a scope (RFC 6749, section 3.3)"),
        ({"scopes": 1}, "scopes= takes a string or several, not int"),
        ({"groups": [1]}, "groups= takes a string or several, not int"),
        ({"required": "no"}, "required= takes True or False, not str"),
        ({"log_level": "INFO"}, "log_level= takes a whole number, not str"),
    ],
)
def test_settings_that_cannot_be_used(settings: dict[str, Any], text: str) -> None:
    """A wrong setting is refused when the guard is made, by an error that names it."""
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}$"):
        Guard(**settings)


PATHS = Paths(["/health", "/static/*", "/"])


@pytest.mark.parametrize("path", ["/health", "/", "/static/a.css", "/static//a", "/static/a/b.c", "/static/100%.png"])
def test_exempt_paths(path: str) -> None:
    """A path is exempt by itself, or below one that ends with a star."""
    assert path in PATHS


@pytest.mark.parametrize(
    "path",
    [
        "/health/",
        "/healthy",
        "/Health",
        "//health",
        "/health/../orders",
        "/static",
        "/statics/a",
        "/static/../orders",
        "/static/./../orders",
        "/static/..\\orders",
        "/static/a/..",
        "/static/",
        "/static//",
        "/static/%2e%2e/orders",
        "/static/%2E./orders",
        "/static/a%2f..%2forders",
        "/static/..%5corders",
        "/static/%252e%252e/orders",
        "/orders",
        "",
        "/*",
    ],
)
def test_paths_that_are_not_exempt(path: str) -> None:
    """A path that only begins alike, or that may lead elsewhere, even if it is decoded again, needs a token."""
    assert path not in PATHS


def test_a_slash_at_the_end_is_exempt_by_name() -> None:
    """`/static/` is exempt where it is listed, and a star alone doesn't exempt the front page."""
    assert "/static/" in Paths(["/static/", "/static/*"])
    assert "/" not in Paths("/*")
    assert "/orders" in Paths("/*")


@pytest.mark.parametrize("exempt", ["health", "/a*b", "/a*", "*", "", 5])
def test_exempt_paths_that_cannot_be_used(exempt: Any) -> None:
    """A pattern that would be read in another way than it looks is refused."""
    with pytest.raises(ConfigError, match="exempt="):
        Paths(exempt)


class Refusing:
    """A verifier that raises an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def verify(self, _: str, **__: Any) -> Any:
        """Refuse."""
        raise self.error


STATUSES = {
    "TokenScopeError": 403,
    "TokenGroupError": 403,
    "TokenCheckError": 403,
    "JwksError": 503,
    "RevocationUnknownError": 503,
}
TOKEN_ERRORS = [name for name in errors.__all__ if name == "JwksError" or name.startswith(("Token", "Revocation"))]


@pytest.mark.parametrize("name", TOKEN_ERRORS)
def test_every_error_of_a_token(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each error of a token has its status; a log line names its class and, on one line, its text."""
    caplog.set_level("INFO", "cognito_idp.guards")
    error = getattr(errors, name)("it is\nso")
    refusal: Any = Guard().check(Refusing(error), Presented(["Bearer x.y.z"]))  # type: ignore[arg-type]
    assert STATUSES.get(name, 401) == refusal.status
    (record,) = caplog.records
    assert f"refused with {refusal.status}: {name}: it is so" == record.getMessage()
    assert ("WARNING" if refusal.status == 503 else "INFO") == record.levelname


@pytest.mark.parametrize("error", [ValueError("x"), ConfigError("x"), errors.ClientClosedError("x")])
def test_other_errors_are_not_refusals(error: Exception) -> None:
    """Errors that aren't about the token propagate unchanged."""
    with pytest.raises(type(error)) as caught:
        Guard().check(Refusing(error), Presented(["Bearer x.y.z"]))  # type: ignore[arg-type]
    assert caught.value is error


class Wrapping:
    """A verifier around another one, as a user may write it."""

    def __init__(self, verify: Any) -> None:
        self.inner = verify

    def verify(self, *arguments: Any, **settings: Any) -> Any:
        """Return what the other one does."""
        return self.inner(*arguments, **settings)


class NeverAwaited:
    """What stands for a coroutine that nobody awaits, without the warning that a real one gives."""

    def __await__(self) -> Any:
        """Never called."""
        raise AssertionError


@pytest.mark.parametrize("returned", [NeverAwaited(), None, True, {"sub": "mary"}, "mary", AccessTokenClaims])
@pytest.mark.parametrize("is_required", [True, False])
def test_a_verifier_that_returns_no_claims(returned: Any, *, is_required: bool) -> None:
    """What is not claims lets nobody in, such as what a sync wrapper of an async verifier returns."""
    guard = Guard(required=is_required)
    wrapper: Any = Wrapping(lambda *_, **__: returned)
    with pytest.raises(ConfigError, match=r"^verify\(\) of verifier= must return claims, not "):
        guard.check(wrapper, Presented(["Bearer x.y.z"]))

    async def verify(*_: Any, **__: Any) -> Any:
        return returned

    wrapper = Wrapping(verify)
    with pytest.raises(ConfigError, match=r"^verify\(\) of verifier= must return claims, not "):
        asyncio.run(guard.check_async(wrapper, Presented(["Bearer x.y.z"])))


def test_an_async_verifier_in_a_sync_check() -> None:
    """`check` with an async verifier, or with a sync wrapper of one, lets nobody in, and leaves no open coroutine."""
    async_verifier = verifier(is_async=True)
    both: tuple[Any, ...] = (async_verifier, Wrapping(async_verifier.verify))
    for each in both:
        for text in ("forged", GOOD):
            with pytest.raises(ConfigError, match=r"must return claims, not coroutine$"):
                GUARD.check(each, Presented([f"Bearer {text}"]))


@pytest.mark.parametrize("text", ["forged", GOOD])
def test_a_sync_verifier_in_an_async_check(text: str) -> None:
    """`check_async` with a sync verifier lets nobody in, and says so with the first token, good or bad."""
    sync_verifier: Any = VERIFIER
    with pytest.raises(ConfigError, match=r"^verifier= takes an AsyncTokenVerifier, not TokenVerifier$"):
        asyncio.run(GUARD.check_async(sync_verifier, Presented(f"Bearer {text}")))


def test_a_wrapper_of_a_sync_verifier_in_an_async_check() -> None:
    """A wrapper whose `verify` returns claims at once is refused by name."""
    wrapper: Any = Wrapping(VERIFIER.verify)
    text = r"^verify\(\) of verifier= must return an awaitable for check_async, not AccessTokenClaims$"
    with pytest.raises(ConfigError, match=text):
        asyncio.run(GUARD.check_async(wrapper, Presented(f"Bearer {GOOD}")))


def test_a_verifier_around_another() -> None:
    """A wrapper that hands on the claims is as good as what it wraps."""
    wrapper: Any = Wrapping(VERIFIER.verify)
    claims: Any = GUARD.check(wrapper, Presented([f"Bearer {GOOD}"]))
    assert "mary" == claims.username
