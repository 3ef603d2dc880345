"""The sync and the async verifier, from the constructor to the keys' address."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
import pytest

from cognito_idp import ClientClosedError, ConfigError, InvalidResponseError, TransportError
from cognito_idp._protocol.wire import Limits
from cognito_idp._transport.limits import Timeout
from cognito_idp.errors import (
    JwksError,
    TokenAudienceError,
    TokenError,
    TokenExpiredError,
    TokenIssuerError,
    TokenKeyError,
    TokenSignatureError,
)
from cognito_idp.tokens.async_verify import AsyncTokenVerifier
from cognito_idp.tokens.pools import TrustedPool
from cognito_idp.tokens.verify import TokenVerifier
from tests.support.answers import answer, close, drip, gated, html_503
from tests.support.marks import left_unread

from .issuing import CLIENT, ISSUER, NOW, POOL, REASON, SUB, Clock, jwks, offline_pool, token, verifier_of
from .refused import GOOD, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.tls import Authority

pytest.importorskip("jwt", reason=REASON)

CALLERS = 100
KEYS = answer(json.dumps(jwks("first", "second")).encode())


def served(uri: str, **settings: Any) -> TrustedPool:
    """Trust the pool, with its keys at an address on this machine."""
    return TrustedPool(POOL, **{"client_ids": CLIENT, "jwks_uri": uri, **settings})


def counting(requests: list[str], keys: Callable[[str], Any] = lambda _: jwks()) -> httpx.MockTransport:
    """Return a transport that answers with keys and notes the address of each request."""

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(str(request.url))
        return httpx.Response(200, json=keys(str(request.url)))

    return httpx.MockTransport(respond)


def test_keys_come_over_the_network_once(kit: Kit, serve: Serve) -> None:
    """Both verifiers fetch the keys from a server on first need, with one GET, and then verify without it."""
    server = serve(KEYS)
    verifier = verifier_of(kit, served(f"{server.url}/keys.json"))
    assert [SUB] * 3 == [kit.run(verifier.verify, GOOD).sub for _ in range(3)]
    assert SUB == kit.run(verifier.verify, token(kid="second")).sub
    assert ["GET /keys.json HTTP/1.1"] == [request.request_line for request in server.requests]
    kit.close(verifier)


def test_a_pool_by_its_id(kit: Kit) -> None:
    """With nothing but an id, keys come from below the token's own issuer, for each form of it once."""
    requests: list[str] = []
    updated = ISSUER.replace("cognito-idp", "issuer-cognito-idp")
    verifier = verifier_of(kit, POOL, client_ids=CLIENT, transport=counting(requests))
    for iss in (ISSUER, updated, ISSUER, updated):
        assert iss == kit.run(verifier.verify, token(iss=iss)).iss
    assert [f"{iss}/.well-known/jwks.json" for iss in (ISSUER, updated)] == requests


def test_several_pools(kit: Kit) -> None:
    """Tokens of several pools are accepted, each with its own keys and its own app clients."""
    other = "us-east-1_Other"
    other_iss = f"https://cognito-idp.us-east-1.amazonaws.com/{other}"
    requests: list[str] = []
    transport = counting(requests, lambda uri: jwks("second" if other in uri else "first"))
    pools = [TrustedPool(POOL, client_ids=CLIENT), TrustedPool(other, client_ids="other")]
    verifier = verifier_of(kit, pools, transport=transport)
    assert ISSUER == kit.run(verifier.verify, GOOD).iss
    assert other_iss == kit.run(verifier.verify, token(kid="second", iss=other_iss, client_id="other")).iss
    with pytest.raises(TokenAudienceError):
        kit.run(verifier.verify, token(kid="second", iss=other_iss))
    with pytest.raises(TokenKeyError):
        kit.run(verifier.verify, token(iss=other_iss, client_id="other"))
    assert 2 == len(requests)


def test_several_ids_share_their_app_clients(kit: Kit) -> None:
    """A list of ids takes the client ids and the region that stand beside it."""
    clients, transport = iter(["x", "y"]), counting([])
    verifier = verifier_of(kit, ["one_A", "two_B"], client_ids=clients, region="eu-west-1", transport=transport)
    for pool, client in (("one_A", "x"), ("two_B", "y")):
        iss = f"https://cognito-idp.eu-west-1.amazonaws.com/{pool}"
        assert client == kit.run(verifier.verify, token(iss=iss, client_id=client)).client_id


def test_one_pools_keys_do_not_sign_for_another(kit: Kit) -> None:
    """A token that pool A signed in the name of pool B is refused, even if both have a key of that name."""
    other = "us-east-1_Other"
    iss = f"https://cognito-idp.us-east-1.amazonaws.com/{other}"
    impostor = {"keys": [{**jwks("second")["keys"][0], "kid": "first"}]}
    pools = [offline_pool(), TrustedPool(other, client_ids=CLIENT, jwks=impostor)]
    verifier = verifier_of(kit, pools)
    assert SUB == kit.run(verifier.verify, GOOD).sub
    with pytest.raises(TokenSignatureError):
        kit.run(verifier.verify, token(iss=iss))


def test_replicas(kit: Kit) -> None:
    """A token of a replica is accepted once its region is named; its keys come from there."""
    requests: list[str] = []
    replica = ISSUER.replace("eu-west-1.", "eu-west-3.")
    trusted = TrustedPool(POOL, client_ids=CLIENT, replica_regions="eu-west-3")
    verifier = verifier_of(kit, trusted, transport=counting(requests))
    assert replica == kit.run(verifier.verify, token(iss=replica)).iss
    assert [f"{replica}/.well-known/jwks.json"] == requests


def test_a_key_address_that_was_given_serves_all_issuers(kit: Kit) -> None:
    """With `jwks_uri`, both forms of the issuer share one fetch."""
    requests: list[str] = []
    verifier = verifier_of(kit, served("https://keys.example/a"), transport=counting(requests))
    for iss in (ISSUER, ISSUER.replace("cognito-idp", "issuer-cognito-idp")):
        assert iss == kit.run(verifier.verify, token(iss=iss)).iss
    assert ["https://keys.example/a"] == requests


@pytest.mark.parametrize(
    "name",
    ["alg-none", "hs256-with-the-pem", "iss-another-pool", "payload-list", "kid-missing", "kid-empty", "kid-number"],
)
def test_tokens_that_can_not_be_good_cause_no_fetch(kit: Kit, name: str) -> None:
    """What is refused without a look at the keys doesn't cost a request."""
    requests: list[str] = []
    verifier = verifier_of(kit, served("https://keys.example/a"), transport=counting(requests))
    with pytest.raises(TokenError):
        kit.run(verifier.verify, REFUSED[name][0])
    assert [] == requests


@pytest.mark.parametrize("name", list(REFUSED))
def test_the_async_verifier_refuses_the_same(name: str) -> None:
    """The verifiers share one flow: what one refuses, so does the other, with the same error."""
    refused, error = REFUSED[name]
    verifier = AsyncTokenVerifier(offline_pool(), token_use=None, clock=Clock())
    with pytest.raises(TokenError) as caught:
        anyio.run(verifier.verify, refused)
    assert error is type(caught.value)


def test_a_hundred_threads_make_one_fetch(serve: Serve) -> None:
    """Of 100 threads that need the keys at once, one fetches; all get its answer."""
    gate, start = threading.Event(), threading.Barrier(CALLERS)
    server = serve(gated(gate, KEYS))
    verifier = TokenVerifier(served(server.url), token_use="access", clock=Clock())
    subjects: list[str] = []

    def work() -> None:
        start.wait()
        subjects.append(verifier.verify(GOOD).sub)

    threads = [threading.Thread(target=work) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    server.wait_for(lambda: bool(server.requests))
    gate.set()
    for thread in threads:
        thread.join()
    verifier.close()
    assert ([SUB] * CALLERS, 1) == (subjects, len(server.requests))


@pytest.mark.anyio
async def test_a_hundred_tasks_make_one_fetch(serve: Serve) -> None:
    """Of 100 tasks that need the keys at once, one fetches; all get its answer."""
    gate = threading.Event()
    server = serve(gated(gate, KEYS))
    subjects: list[str] = []
    async with AsyncTokenVerifier(served(server.url), token_use="access", clock=Clock()) as verifier:

        async def work() -> None:
            subjects.append((await verifier.verify(GOOD)).sub)

        async with anyio.create_task_group() as tasks:
            for _ in range(CALLERS):
                tasks.start_soon(work)
            await anyio.to_thread.run_sync(server.wait_for, lambda: bool(server.requests))
            gate.set()
    assert ([SUB] * CALLERS, 1) == (subjects, len(server.requests))


def test_those_who_waited_share_a_failure(serve: Serve) -> None:
    """If the fetch that 100 threads wait for fails, each gets the error, and there is no second fetch."""
    gate, start = threading.Event(), threading.Barrier(CALLERS)
    server = serve(gated(gate, html_503()))
    verifier = TokenVerifier(served(server.url), token_use="access", clock=Clock())
    failures: list[str] = []

    def work() -> None:
        start.wait()
        with pytest.raises(JwksError, match="HTTP status 503") as caught:
            verifier.verify(GOOD)
        failures.append(str(caught.value))

    threads = [threading.Thread(target=work) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    server.wait_for(lambda: bool(server.requests))
    gate.set()
    for thread in threads:
        thread.join()
    verifier.close()
    assert (CALLERS, 1) == (len(failures), len(server.requests))


@pytest.mark.anyio
async def test_a_fetch_goes_on_without_its_caller(serve: Serve) -> None:
    """However many callers begin to fetch and leave, the keys are fetched once, and who waits gets them."""
    gate = threading.Event()
    server = serve(gated(gate, KEYS))
    subjects: list[str] = []
    async with AsyncTokenVerifier(served(server.url), token_use="access", clock=Clock()) as verifier:

        async def work() -> None:
            subjects.append((await verifier.verify(GOOD)).sub)

        for _ in range(5):
            async with anyio.create_task_group() as leaving:
                leaving.start_soon(work)
                await anyio.to_thread.run_sync(server.wait_for, lambda: bool(server.requests))
                await anyio.wait_all_tasks_blocked()
                leaving.cancel_scope.cancel()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            await anyio.wait_all_tasks_blocked()
            gate.set()
    assert ([SUB], 1) == (subjects, len(server.requests))


@pytest.fixture
def age(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that measures how old keys are."""
    clock = Clock()
    monkeypatch.setattr("cognito_idp.tokens.core.age_clock", clock)
    return clock


@pytest.mark.parametrize("years", [5, -5])
def test_a_wrong_date_does_not_prolong_the_trust_in_keys(kit: Kit, age: Clock, years: int) -> None:
    """Keys that were fetched while the date was years off are a day old after a day: a withdrawn one is refused."""
    requests: list[str] = []
    transport = counting(requests, lambda _: jwks("second" if len(requests) > 1 else "first"))
    clock = Clock(NOW + years * 365 * 86400)
    verifier = verifier_of(kit, served("https://keys.example/a"), clock=clock, transport=transport)
    then = int(clock.now)
    assert SUB == kit.run(verifier.verify, token(kid="first", iat=then, exp=then + 3600)).sub
    clock.now = NOW
    age.now += 86400
    with pytest.raises(TokenKeyError):
        kit.run(verifier.verify, GOOD)
    assert 2 == len(requests)


def test_a_renewed_verifier(kit: Kit, serve: Serve) -> None:
    """After `renew` the keys are fetched again, over a new connection; before the first fetch, it does nothing."""
    server = serve(KEYS)
    verifier = verifier_of(kit, served(f"{server.url}/keys"), transport="httpx")
    kit.run(verifier.renew)
    for _ in range(2):
        kit.run(verifier.verify, GOOD)
    assert (1, 1) == (len(server.requests), server.accepted)
    kit.run(verifier.renew)
    server.wait_for(lambda: server.open == 0)
    for _ in range(2):
        kit.run(verifier.verify, GOOD)
    assert (2, 2) == (len(server.requests), server.accepted)
    kit.run(verifier.close if kit.kind == "sync" else verifier.aclose)
    kit.run(verifier.renew)


def test_an_async_verifier_serves_one_event_loop_after_the_other(age: Clock) -> None:
    """A verifier that outlives its event loop verifies on the next one, and fetches there."""
    requests: list[str] = []
    transport = counting(requests, lambda _: jwks("second" if len(requests) > 1 else "first"))
    verifier = AsyncTokenVerifier(
        served("https://keys.example/a"), token_use="access", clock=Clock(), transport=transport
    )
    for backend, kid in (("asyncio", "first"), ("trio", "first"), ("asyncio", "second")):
        age.now += 5
        assert SUB == anyio.run(verifier.verify, token(kid=kid), backend=backend).sub
    assert 2 == len(requests)


@left_unread
@pytest.mark.parametrize("handler", [close, html_503(), answer(b" " * 70_000)], ids=["close", "page", "too-much"])
def test_what_a_server_does_wrong_is_a_jwks_error(kit: Kit, serve: Serve, handler: Any) -> None:
    """A server that breaks off, or sends a page or too much: each is a JwksError, after one try."""
    server = serve(handler)
    verifier = verifier_of(kit, served(server.url))
    with pytest.raises(JwksError, match=server.url) as caught:
        kit.run(verifier.verify, GOOD)
    assert isinstance(caught.value.__cause__, TransportError | InvalidResponseError | None)
    assert 1 == len(server.requests)
    kit.close(verifier)


@pytest.mark.slow
@left_unread
def test_an_answer_that_never_ends_is_given_up(kit: Kit, serve: Serve) -> None:
    """`timeout` bounds the whole fetch, even if a byte comes now and then."""
    server = serve(drip(b"HTTP/1.1 200 OK\r\n\r\n{"))
    verifier = verifier_of(kit, served(server.url), timeout=0.2)
    with pytest.raises(JwksError) as caught:
        kit.run(verifier.verify, GOOD)
    assert isinstance(caught.value.__cause__, TimeoutError)
    kit.close(verifier)


@pytest.mark.parametrize(
    ("timeout", "limits"),
    [
        (None, (3.0, 5.0, 5.0, 10.0)),
        (2, (2, 2, 2, 2)),
        (Timeout(connect=1.0, read=None), (1.0, 120.0, 30.0, 120.0)),
        (Timeout(total=None, connect=1.0, read=None), (1.0, None, 30.0, None)),
        (Timeout(total=9.0, connect=1.0, read=None), (1.0, 9.0, 9.0, 9.0)),
    ],
)
def test_limits_of_a_fetch(timeout: Any, limits: tuple[float | None, float | None, float | None, float | None]) -> None:
    """No single wait may take longer than the whole; the answer may have 64 KiB."""
    verifier = TokenVerifier(offline_pool(), token_use="access", timeout=timeout)
    assert Limits(*limits, 64 * 1024) == verifier._verification._limits


def test_keys_come_from_a_host_that_the_profile_trusts(
    kit: Kit, serve: Serve, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verifier trusts the `ca_bundle` of the profile in use, as a client does; `AWS_CA_BUNDLE` comes before it."""
    server = serve(KEYS, tls=authority.server_context("127.0.0.1"))
    (tmp_path / "config").write_text(f"[profile one]\nca_bundle = {authority.bundle}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "one")
    verifier = verifier_of(kit, served(f"{server.url}/keys.json"))
    assert SUB == kit.run(verifier.verify, GOOD).sub
    kit.close(verifier)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    verifier = verifier_of(kit, served(f"{server.url}/keys.json"))
    with pytest.raises(ConfigError, match="AWS_CA_BUNDLE "):
        kit.run(verifier.verify, GOOD)
    kit.close(verifier)


def test_no_file_is_read_without_need(
    kit: Kit, serve: Serve, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared file that can't be understood does a verifier no harm that needs nothing of it."""
    (tmp_path / "config").write_text("this is no section")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    plain, encrypted = serve(KEYS), serve(KEYS, tls=authority.server_context("127.0.0.1"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    for server in (plain, encrypted):
        verifier = verifier_of(kit, served(f"{server.url}/keys.json"))
        assert SUB == kit.run(verifier.verify, GOOD).sub
        kit.close(verifier)
    monkeypatch.delenv("AWS_CA_BUNDLE")
    verifier = verifier_of(kit, served(f"{plain.url}/keys.json"))
    assert SUB == kit.run(verifier.verify, GOOD).sub
    kit.close(verifier)


def test_no_redirect_is_followed(kit: Kit, serve: Serve) -> None:
    """A redirect is no JWK set: keys come from the address that was trusted, or not at all."""
    elsewhere = serve(KEYS)
    server = serve(answer(b"", status=302, headers=(("location", f"{elsewhere.url}/"),)))
    verifier = verifier_of(kit, served(server.url))
    with pytest.raises(JwksError, match="HTTP status 302"):
        kit.run(verifier.verify, GOOD)
    assert [] == elsewhere.requests
    kit.close(verifier)


def test_a_closed_verifier_works_with_the_keys_it_has(kit: Kit, age: Clock) -> None:
    """After close, tokens whose key is at hand are verified; a fetch is refused. Closing twice does no harm."""
    verifier = verifier_of(kit, served("https://keys.example/a"), transport=counting([]))
    kit.run(verifier.verify, GOOD)
    kit.close(verifier)
    kit.close(verifier)
    assert SUB == kit.run(verifier.verify, GOOD).sub
    age.now += 10
    with pytest.raises(JwksError, match="this verifier is closed") as caught:
        kit.run(verifier.verify, token(kid="second"))
    assert isinstance(caught.value.__cause__, ClientClosedError)
    age.now += 24 * 3600
    assert SUB == kit.run(verifier.verify, GOOD).sub


class Closing(httpx.MockTransport):
    """A transport that counts how often it was closed."""

    closed = 0

    def close(self) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


@pytest.mark.anyio
async def test_the_end_of_the_block_closes_the_transport() -> None:
    """Both verifiers close the transport that they fetched through at the end of their block."""
    transports = [Closing(lambda _: httpx.Response(200, json=jwks())) for _ in range(2)]
    pool, clock = served("https://keys.example/a"), Clock()
    with TokenVerifier(pool, token_use="access", clock=clock, transport=transports[0]) as verifier:
        verifier.verify(GOOD)
    async with AsyncTokenVerifier(pool, token_use="access", clock=clock, transport=transports[1]) as async_verifier:
        await async_verifier.verify(GOOD)
    assert [1, 1] == [transport.closed for transport in transports]


@pytest.mark.anyio
async def test_a_transport_of_the_users_is_closed_unused() -> None:
    """A verifier that never had to fetch keys closes the transport that it was given, as a client does, and once."""
    transports = [Closing(lambda _: httpx.Response(200, json=jwks())) for _ in range(2)]
    verifier = TokenVerifier(offline_pool(), token_use="access", transport=transports[0])
    verifier.close()
    verifier.close()
    async with AsyncTokenVerifier(offline_pool(), token_use="access", transport=transports[1]):
        pass
    assert [1, 1] == [transport.closed for transport in transports]


def test_the_clock_is_this_machines_unless_given() -> None:
    """Without a clock the time is now, so a token that expired long ago is refused and one of the future, too."""
    verifier = TokenVerifier(offline_pool(), token_use="access")
    with pytest.raises(TokenError, match="expired at 1970"):
        verifier.verify(token(exp=1))
    with pytest.raises(TokenError, match="not valid before"):
        verifier.verify(token(exp=NOW * 3, nbf=NOW * 2))


def test_time_that_a_fetch_takes_counts(kit: Kit) -> None:
    """A token that expires while its keys are fetched is refused."""
    clock = Clock()

    def respond(_: httpx.Request) -> httpx.Response:
        clock.now += 5
        return httpx.Response(200, json=jwks())

    transport = httpx.MockTransport(respond)
    verifier = verifier_of(kit, served("https://keys.example/a"), clock=clock, transport=transport)
    with pytest.raises(TokenExpiredError):
        kit.run(verifier.verify, token(exp=NOW))


def test_all_fetches_share_one_transport(kit: Kit, serve: Serve) -> None:
    """The keys of two pools on one server come over one connection."""
    server = serve(KEYS)
    other = "us-east-1_Other"
    iss = f"https://cognito-idp.us-east-1.amazonaws.com/{other}"
    pools = [served(f"{server.url}/a"), TrustedPool(other, client_ids=CLIENT, jwks_uri=f"{server.url}/b")]
    verifier = verifier_of(kit, pools)
    assert [ISSUER, iss] == [kit.run(verifier.verify, token(iss=each)).iss for each in (ISSUER, iss)]
    assert (2, 1) == (len(server.requests), server.accepted)
    kit.close(verifier)


def test_foreign_issuers_are_named() -> None:
    """The error of a foreign token names its issuer, cut to a line, and those that are accepted."""
    verifier = TokenVerifier(offline_pool(), token_use="access", clock=Clock())
    with pytest.raises(TokenIssuerError) as caught:
        verifier.verify(token(iss="https://evil.example/\n" + "x" * 500))
    assert r"iss is 'https://evil.example/\nxxxx" in str(caught.value)
    assert f"must be {ISSUER} or https://issuer-cognito-idp" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_setting_that_does_not_exist_is_refused() -> None:
    """A misspelled setting is a TypeError, not ignored."""
    with pytest.raises(TypeError, match="leway"):
        TokenVerifier(offline_pool(), token_use="access", leway=5)  # type: ignore[call-overload]
    with pytest.raises(ConfigError):
        TokenVerifier(POOL, token_use="access")
