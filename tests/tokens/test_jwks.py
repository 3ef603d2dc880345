"""The keys of one issuer: when they are fetched, what counts as one, and that good ones are never lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import ConnectError, InvalidResponseError
from cognito_idp._flow.effects import Hold
from cognito_idp._protocol.wire import HttpRequest, HttpResponse, Limits
from cognito_idp.errors import JwksError, TokenKeyError
from cognito_idp.tokens.jwks import JwksCache
from cognito_idp.tokens.rs256 import Rs256

from .issuing import NOW, REASON, Clock, jwk, jwks, private_key

if TYPE_CHECKING:
    from tests.support.kit import Kit

pytest.importorskip("jwt", reason=REASON)

URI = "https://keys.example/.well-known/jwks.json"
DAY = 24 * 3600
LIMITS = Limits(connect=1.0, read=2.0, write=3.0, total=4.0, max_response_bytes=5)
GARBAGE = {
    "no-json": b"<html>Service Unavailable</html>",
    "nothing": b"",
    "cut-off": b'{"keys": [{',
    "no-utf-8": b"\xff\xfe\xfd",
    "list": b"[]",
    "null": b"null",
    "no-keys": b"{}",
    "keys-null": b'{"keys": null}',
    "keys-empty": b'{"keys": []}',
    "keys-object": b'{"keys": {}}',
    "keys-numbers": b'{"keys": [1, null, "a", []]}',
    "nested-too-deep": b'{"keys":' + b"[" * 20_000,
    "none-that-fits": json.dumps({"keys": [jwk("first", use="enc")]}).encode(),
}


class Issuer:
    """Stands for the network: answers with the keys named in `kids`, or with `answer`, and keeps the requests."""

    def __init__(self, *kids: str) -> None:
        self.kids = kids
        self.answer: HttpResponse | Exception | None = None
        self.requests: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or HttpResponse(200, (), json.dumps(jwks(*self.kids)).encode())


class Bench:
    """A cache with an issuer, a clock, and a driver of one kind."""

    def __init__(self, kit: Kit, *kids: str, uri: str | None = URI, given: tuple[str, ...] = ()) -> None:
        self.kit = kit
        self.issuer = Issuer(*kids)
        self.clock = Clock()
        keys = Rs256().public_keys(jwks(*given)) if given else {}
        self.cache = JwksCache(uri, Rs256().public_keys, LIMITS, self.clock, keys=keys)

    def key(self, kid: str) -> Any:
        """Return a key as a verifier gets it."""
        ready = self.cache.ready(kid)
        return self.kit.flow(self.cache.key(kid), respond=self.issuer) if ready is None else ready

    def has(self, kid: str) -> bool:
        """Look whether a key is there, and is the right one."""
        try:
            found = self.key(kid)
        except TokenKeyError:
            return False
        assert private_key(kid).public_key() == found
        return True

    @property
    def fetches(self) -> int:
        """How often the keys were fetched."""
        return len(self.issuer.requests)


def test_keys_are_fetched_once_on_first_need(kit: Kit) -> None:
    """Nothing is fetched until a key is needed, then once, and all keys of the set are there."""
    bench = Bench(kit, "first", "second")
    assert 0 == bench.fetches
    assert [True] * 4 == [bench.has(kid) for kid in ("first", "second", "first", "second")]
    assert 1 == bench.fetches


def test_the_request(kit: Kit) -> None:
    """The request is a plain GET that asks for JSON, uncompressed, within the limits."""
    bench = Bench(kit, "first")
    bench.key("first")
    (request,) = bench.issuer.requests
    assert ("GET", URI, b"", LIMITS) == (request.method, request.url, request.body, request.limits)
    names = ("host", "accept", "accept-encoding")
    assert ["keys.example", "application/json", "identity"] == [dict(request.headers)[name] for name in names]


def test_a_rotation_is_noticed(kit: Kit) -> None:
    """A token with a new key makes the keys be fetched again; a key that the set has lost is gone then."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.issuer.kids = ("second", "third")
    bench.clock.now += 10
    assert [True, True, False] == [bench.has(kid) for kid in ("second", "third", "first")]
    assert 2 == bench.fetches


def test_unknown_keys_cost_one_fetch_in_ten_seconds(kit: Kit) -> None:
    """However many tokens name keys that nobody has, they cause one fetch in 10 s, counted from the last one."""
    bench = Bench(kit, "first")
    fetches = []
    for seconds in (0, 0, 9.9, 10, 10, 19.9, 20, 29.9, 30):
        bench.clock.now = NOW + seconds
        assert not bench.has(f"unknown-{seconds}")
        fetches.append(bench.fetches)
    assert [1, 1, 1, 2, 2, 2, 3, 3, 4] == fetches
    assert bench.has("first")


FAILURES: dict[str, HttpResponse | Exception] = {
    "no-connection": ConnectError("keys.example: refused"),
    "too-large": InvalidResponseError("it is larger than the limit"),
    "status-500": HttpResponse(500, (), json.dumps(jwks("third")).encode()),
    "status-403": HttpResponse(403, (), b"{}"),
    "status-302": HttpResponse(302, (("location", "https://evil.example/"),), b""),
    "status-204": HttpResponse(204, (), b""),
    **{name: HttpResponse(200, (), body) for name, body in GARBAGE.items()},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_good_keys_outlive_every_failure(kit: Kit, failure: Any) -> None:
    """Whatever goes wrong in a fetch, the keys at hand stay; a token with a new key gets a JwksError, not a refusal."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.issuer.answer = failure
    bench.clock.now += 10
    for _ in range(3):
        with pytest.raises(JwksError, match=r"^the (keys|answer)"):
            bench.key("third")
        assert bench.has("first")
    assert 2 == bench.fetches
    bench.issuer.answer, bench.issuer.kids = None, ("third",)
    bench.clock.now += 10
    assert bench.has("third")


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_without_any_keys_the_fetch_is_repeated_soon(kit: Kit, failure: Any) -> None:
    """If the first fetch fails, the error says so to everybody for a second; then it is tried again."""
    bench = Bench(kit, "first")
    bench.issuer.answer = failure
    for seconds, fetches in ((0, 1), (0.9, 1), (1, 2), (1.9, 2)):
        bench.clock.now = NOW + seconds
        with pytest.raises(JwksError, match=URI):
            bench.key("first")
        assert fetches == bench.fetches
    bench.issuer.answer = None
    bench.clock.now = NOW + 2
    assert bench.has("first")


def test_a_failure_has_its_cause(kit: Kit) -> None:
    """The error of the connection is the cause, for the caller that fetched and for one that came after it."""
    bench = Bench(kit)
    bench.issuer.answer = FAILURES["no-connection"]
    for _ in range(2):
        with pytest.raises(JwksError, match=r"can't be fetched: keys\.example: refused") as caught:
            bench.key("first")
        assert FAILURES["no-connection"] is caught.value.__cause__


def test_old_keys_are_looked_at_again(kit: Kit) -> None:
    """After a day a known key causes a fetch, and is refused if the issuer has withdrawn it."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.clock.now += DAY - 1
    assert bench.has("first")
    assert 1 == bench.fetches
    bench.issuer.kids = ("second",)
    bench.clock.now += 1
    assert not bench.has("first")
    assert bench.has("second")
    assert 2 == bench.fetches


def test_a_clock_that_began_anew(kit: Kit) -> None:
    """Neither old keys nor a fetch that is just over last longer where the clock began anew, as after a restore."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.issuer.kids = ("second",)
    bench.clock.now -= DAY
    assert bench.has("second")
    assert 2 == bench.fetches
    bench.issuer.kids = ("third",)
    bench.clock.now -= DAY
    assert not bench.has("second")
    assert bench.has("third")
    assert 3 == bench.fetches


def test_renewed_keys_are_fetched_again(kit: Kit) -> None:
    """After `renew`, a known key and an unknown one cause a fetch at once; old keys stay in use if it fails."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.cache.renew()
    assert bench.has("first")
    assert bench.has("first")
    assert 2 == bench.fetches
    bench.cache.renew()
    bench.issuer.kids = ("second",)
    assert bench.has("second")
    assert 3 == bench.fetches
    bench.cache.renew()
    bench.issuer.answer = FAILURES["no-connection"]
    assert bench.has("second")
    assert 4 == bench.fetches


def test_old_keys_stay_in_use_while_their_issuer_is_away(kit: Kit) -> None:
    """If old keys can't be fetched again they work on, and it is tried every 5 minutes."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.issuer.answer = FAILURES["no-connection"]
    fetches = []
    for seconds in (0, 0, 299, 300, 300, 599, 600):
        bench.clock.now = NOW + DAY + seconds
        assert bench.has("first")
        fetches.append(bench.fetches)
    assert [2, 2, 2, 3, 3, 3, 4] == fetches


def test_nobody_waits_while_one_renews_old_keys(kit: Kit) -> None:
    """While one caller fetches old keys again, the others get them as they are."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.clock.now += DAY
    renewing = bench.cache.key("first")
    next(renewing)
    assert private_key("first").public_key() == bench.cache.ready("first")
    renewing.close()
    assert 1 == bench.fetches


def test_who_leaves_before_the_fetch_puts_nothing_off(kit: Kit) -> None:
    """A caller who is to look at old keys again, and leaves first, leaves that to the next one."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.clock.now += DAY
    bench.issuer.kids = ("second",)
    leaving = bench.cache.key("first")
    next(leaving)
    leaving.close()
    assert not bench.has("first")
    assert 2 == bench.fetches


def test_old_keys_outlive_any_error(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """If a transport fails in a way of its own, old keys stay in use, and the log names the error."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.clock.now += DAY
    bench.issuer.answer = ZeroDivisionError("secret")
    assert bench.has("first")
    assert [f"{URI} can't be fetched again: ZeroDivisionError"] == caplog.messages
    bench.clock.now += 10
    with pytest.raises(ZeroDivisionError):
        bench.has("second")


def test_an_issuer_that_is_out_of_reach(kit: Kit) -> None:
    """While one caller tries again to reach an issuer that has given no keys yet, the others are refused at once."""
    bench = Bench(kit)
    bench.issuer.answer = FAILURES["no-connection"]
    with pytest.raises(JwksError):
        bench.key("first")
    bench.clock.now += 1
    trying = bench.cache.key("first")
    next(trying)
    with pytest.raises(JwksError) as caught:
        bench.key("first")
    assert FAILURES["no-connection"] is caught.value.__cause__
    assert 1 == bench.fetches
    trying.close()


def test_a_fetch_from_before_a_renewal(kit: Kit) -> None:
    """Keys that were under way at a renewal serve those who waited for them, and are fetched again for others."""
    bench = Bench(kit, "first")
    before = bench.issuer

    def renewed_meanwhile(request: HttpRequest) -> HttpResponse:
        bench.cache.renew()
        return before(request)

    assert private_key("first").public_key() == kit.flow(bench.cache.key("first"), respond=renewed_meanwhile)
    before.kids = ("second",)
    assert not bench.has("first")
    assert bench.has("second")
    assert 2 == bench.fetches


def test_a_renewal_that_is_under_way_is_no_answer_about_other_keys(kit: Kit) -> None:
    """A caller with an unknown key fetches even if another one has only just begun to look at the old keys."""
    bench = Bench(kit, "first")
    assert bench.has("first")
    bench.clock.now += DAY
    unknown = bench.cache.key("second")
    held = next(unknown)
    assert isinstance(held, Hold)
    next(bench.cache.key("first"))
    bench.issuer.kids = ("first", "second")
    kit.flow(held.flow, respond=bench.issuer)
    with pytest.raises(StopIteration) as stop:
        unknown.send(None)
    assert private_key("second").public_key() == stop.value.value


def test_keys_at_hand_are_used_without_a_fetch(kit: Kit) -> None:
    """Keys that were given need no fetch; an unknown one causes one at once."""
    bench = Bench(kit, "second", given=("first",))
    assert bench.has("first")
    assert 0 == bench.fetches
    assert bench.has("second")
    assert 1 == bench.fetches


def test_offline_nothing_is_ever_fetched(kit: Kit) -> None:
    """Without an address, an unknown key is refused and old keys stay in use for ever, with no request."""
    bench = Bench(kit, uri=None, given=("first",))
    assert not bench.has("second")
    bench.clock.now += 1000 * DAY
    assert bench.has("first")
    assert 0 == bench.fetches


@pytest.mark.parametrize(
    "member",
    [
        None,
        "first",
        {},
        jwk("other", kid=None),
        jwk("other", kid=""),
        jwk("other", kid=5),
        jwk("other", kty=None),
        jwk("other", kty="EC", crv="P-256", x="AQAB", y="AQAB"),
        jwk("other", kty="oct", k="c2VjcmV0"),
        jwk("other", use="enc"),
        jwk("other", alg="RS512"),
        jwk("other", alg="PS256"),
        jwk("other", alg="HS256"),
        jwk("other", key_ops=["encrypt"]),
        jwk("other", key_ops="verify"),
        jwk("other", n=None),
        jwk("other", n=""),
        jwk("other", n=123),
        jwk("other", n="!"),
        jwk("other", n="A"),
        jwk("other", n="Ä"),
        jwk("other", e=None),
        jwk("other", e="Ag"),
        jwk("other", e="AQ"),
        jwk("other", e="AA"),
        jwk("other", bits=1024),
    ],
    # Without the values: keys are random, and names of tests must be the same in every process.
    ids=lambda member: "-".join(member) if isinstance(member, dict) else repr(member),
)
def test_one_bad_key_does_not_lose_the_good_ones(member: Any) -> None:
    """What is no RSA key for signatures of at least 2,048 bits with an id is passed over, whatever it looks like."""
    found = Rs256().public_keys({"keys": [member, jwk("first"), member]})
    assert {"first": private_key("first").public_key()} == found


@pytest.mark.parametrize(
    "changes", [{}, {"use": None}, {"alg": None}, {"key_ops": ["verify"]}, {"use": None, "alg": None}, {"x5c": ["MII"]}]
)
def test_keys_that_count(changes: dict[str, Any]) -> None:
    """A key counts with or without the members that the RFC makes optional, and with others."""
    assert ["first"] == list(Rs256().public_keys({"keys": [jwk("first", **changes)]}))


def test_a_private_key_is_read_as_a_public_one() -> None:
    """A set that gives a private key away yields its public part."""
    assert private_key("first").public_key() == Rs256().public_keys({"keys": [jwk("first", d="AQAB")]})["first"]


def test_of_two_keys_with_one_id_the_first_counts() -> None:
    """A second key can't take the place of the first."""
    found = Rs256().public_keys({"keys": [jwk("first"), jwk("second", kid="first")]})
    assert {"first": private_key("first").public_key()} == found
