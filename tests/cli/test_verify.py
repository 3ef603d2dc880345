from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    JwksError,
    TokenAudienceError,
    TokenError,
    TokenExpiredError,
    TokenFormatError,
    TokenNotYetValidError,
    TokenUseError,
)
from cognito_idp.cli.explain import CHECKS, OK, REFUSED, UNASKED, UNKNOWN, Demands, explain
from cognito_idp.cli.moments import in_words
from cognito_idp.tokens.checks import LEEWAY
from tests.support.answers import answer, html_503
from tests.tokens.issuing import CLIENT, ISSUER, MISSING, NOW, POOL, claims, jwks, offline, offline_pool, token
from tests.tokens.refused import REFUSED as TABLE

from .support import Result, cli, process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve

AFTER = (TokenAudienceError, TokenExpiredError, TokenFormatError, TokenNotYetValidError, TokenUseError)
STRINGS = {name: row for name, row in TABLE.items() if isinstance(row[0], str)}

NOTHING = Demands(
    offline_pool(), token_use=None, leeway=LEEWAY, scopes=frozenset(), groups=frozenset(), audience=frozenset()
)


def explained(text: str, *, now: float = NOW, **demands: Any) -> dict[str, str]:
    """Return the verdicts on a token, for a pool whose keys are at hand."""
    asked = NOTHING._replace(**demands)

    def verify(text: str) -> object:
        verifier = offline(
            token_use=asked.token_use, clock=lambda: now, required_groups=asked.groups, audience=asked.audience
        )
        return verifier.verify(text, required_scopes=asked.scopes)

    return {name: verdict for name, verdict, _ in explain(text, asked, now, verify).checks}


@pytest.mark.parametrize("name", STRINGS)
def test_every_refusal_is_explained(name: str) -> None:
    """Whatever the verifier refuses is refused here by the same error, under the name of a check, without a crash."""
    text, expected = STRINGS[name]
    found = explain(text, NOTHING, NOW, offline().verify)
    refused = [check for check in found.checks if check.verdict == REFUSED]

    assert expected is type(found.refusal)
    assert str(found.refusal) in [check.reason for check in refused]
    assert list(CHECKS) == [check.name for check in found.checks]
    assert OK not in [check.verdict for check in found.checks if check.name == "signature"] or expected in AFTER


def test_a_good_token_passes_every_check() -> None:
    """A token that would be accepted passes every check that is asked for."""
    asked: dict[str, Any] = {
        "token_use": "access",
        "scopes": frozenset({"orders/read"}),
        "groups": frozenset({"admins"}),
        "audience": frozenset({"https://api.example.com"}),
    }
    said: dict[str, Any] = {
        "aud": "https://api.example.com",
        "scope": "openid orders/read",
        "cognito:groups": ["admins"],
    }
    good = token(claims(**said))

    assert dict.fromkeys(CHECKS, OK) == explained(good, **asked)


@pytest.mark.parametrize("changes", [{}, {"exp": NOW - 5}, {"iss": "https://example.com/eu-west-1_other"}])
def test_what_nobody_asked_for_is_not_ok(changes: dict[str, Any]) -> None:
    """A check that has no demand says so, even below the check that refuses the token."""
    pool = attrs.evolve(offline_pool(), client_ids=None)
    found = explain(token(**changes), NOTHING._replace(pool=pool), NOW, offline().verify)
    verdicts = {name: verdict for name, verdict, _ in found.checks}

    unasked = [name for name, verdict in verdicts.items() if verdict == UNASKED]
    assert ["kind", "app client", "audience", "scopes", "groups"] == unasked
    assert (len(changes) > 0) == (REFUSED in verdicts.values())


def test_all_that_is_wrong_is_shown_at_once() -> None:
    """The checks after the first refusal are made as well, each for itself."""
    changes: dict[str, Any] = {"exp": NOW - 5, "client_id": "other", "scope": "openid", "cognito:groups": []}
    bad = token(claims(**changes))
    found = explained(bad, token_use="id", scopes=frozenset({"orders/read"}), groups=frozenset({"admins"}))

    wrong = {"expiry", "kind", "app client", "scopes", "groups"}
    assert wrong == {name for name, verdict in found.items() if verdict == REFUSED}
    assert UNASKED == found.pop("audience")
    assert {OK} == {verdict for name, verdict in found.items() if name not in wrong}


def test_claims_of_an_unsigned_token_are_checked_all_the_same() -> None:
    """A signature that does not fit leaves the other checks standing, and what needs the key is not checked."""
    head_and_payload, _, _ = token(exp=NOW - 5).rpartition(".")
    _, _, other_signature = token().rpartition(".")
    changed = explained(f"{head_and_payload}.{other_signature}")
    unknown_key = explained(token(kid="second", exp=NOW - 5))

    assert [REFUSED, REFUSED] == [changed["signature"], changed["expiry"]]
    assert [REFUSED, UNKNOWN, REFUSED] == [unknown_key[name] for name in ("key", "signature", "expiry")]


@pytest.mark.parametrize(
    ("changes", "refused"), [({"nbf": NOW + 6}, ["start"]), ({"nbf": NOW + 5}, []), ({"iat": NOW + 600}, [])]
)
def test_a_token_before_its_time(changes: dict[str, Any], refused: list[str]) -> None:
    """A token whose `nbf` has not come fails that check and no other, after some grace; `iat` fails nothing."""
    found = explained(token(**changes))

    assert refused == [name for name, verdict in found.items() if verdict == REFUSED]


def fresh(**changes: Any) -> str:
    """Issue a token that is good now."""
    now = int(time.time())
    return token(**{"exp": now + 3600, "iat": now - 60, "auth_time": now - 60, **changes})


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """A file with the pool's keys."""
    (tmp_path / "jwks.json").write_text(json.dumps(jwks()))
    return f"@{tmp_path}/jwks.json"


def check_no_signature(text: str, result: Result) -> None:
    """Check that nothing of the signature was printed."""
    signature = text.rpartition(".")[2]
    assert signature[:10] not in result.out + result.err
    assert signature[-10:] not in result.out + result.err


@pytest.mark.parametrize("form", ["literal", "file", "stdin", "nothing"])
def test_verify_explains_a_good_token(form: str, keys: str, tmp_path: Path) -> None:
    """A good token gives exit code 0, with header, claims, and times in words; the signature is not shown."""
    text = fresh()
    (tmp_path / "token").write_text(text + "\n")
    given = {"literal": [text], "file": [f"@{tmp_path}/token"], "stdin": ["-"], "nothing": []}[form]
    result = cli(
        "verify", *given, "--user-pool-id", POOL, "--client-id", CLIENT, "--jwks", keys, given=text.encode() + b"\n"
    )

    assert 0 == result.code
    assert "The token would be accepted." in result.out
    assert {"Header", "Claims", "Checks"} <= set(result.out.splitlines())
    for expected in (
        "RS256",
        "mary",
        "orders/read",
        "UTC (in 1 hour)",
        "UTC (1 minute ago)",
        "signature",
        "app client",
    ):
        assert expected in result.out
    check_no_signature(text, result)


@pytest.mark.parametrize(
    ("changes", "args", "expected"),
    [
        ({"exp": 1000}, [], "TokenExpiredError"),
        ({}, ["--client-id", "other"], "TokenAudienceError"),
        ({}, ["--token-use", "id"], "TokenUseError"),
        ({}, ["--token-use", "id", "--scope", "x"], "TokenUseError"),
        ({}, ["--scope", "orders/write"], "TokenScopeError"),
        ({}, ["--group", "owners"], "TokenGroupError"),
        ({}, ["--audience", "https://api.example.com"], "TokenResourceError"),
        ({"aud": "https://api.example.com"}, [], "TokenResourceError"),
        ({"kid": "second"}, [], "TokenKeyError"),
        ({"iss": "https://evil.example/eu-west-1_AbCdEfGhI"}, [], "TokenIssuerError"),
    ],
)
def test_verify_says_why_a_token_is_refused(changes: dict[str, Any], args: list[str], expected: str, keys: str) -> None:
    """A token that would be refused gives exit code 1 and the name of the error."""
    text = fresh(**changes)
    result = cli("verify", "-", "--user-pool-id", POOL, "--jwks", keys, *args, given=text.encode())

    assert 1 == result.code
    assert f"The token would be refused ({expected})" in " ".join(result.out.split())
    assert "refused" in result.out
    check_no_signature(text, result)


def test_verify_as_json(keys: str) -> None:
    """The explanation is data as well, and takes a query."""
    text = fresh()
    result = cli("verify", "-", "--user-pool-id", POOL, "--jwks", keys, "--output", "json", given=text.encode())
    query = ("--query", "Checks[?Verdict=='refused'].Name", "--output", "text")
    refused = cli("verify", "-", "--user-pool-id", POOL, "--jwks", keys, *query, given=fresh(exp=1000).encode())

    assert result.data["Accepted"] is True
    assert {"kid": "first", "alg": "RS256"} == result.data["Header"]
    assert CLIENT == result.data["Claims"]["client_id"]
    assert list(CHECKS) == [check["Name"] for check in result.data["Checks"]]
    assert (1, "expiry\n") == refused[:2]
    check_no_signature(text, result)


def test_verify_takes_the_pool_from_the_token(keys: str) -> None:
    """Without a pool the token's own is taken, and the verdict says so."""
    result = cli("verify", "-", "--jwks", keys, given=fresh().encode())

    assert 0 == result.code
    assert "if you trust the pool that it names" in result.out


def test_verify_fetches_the_keys(serve: Serve) -> None:
    """The keys are fetched; if they can't be had, nothing is said about the token, and the exit code is 255."""
    good = serve(answer(json.dumps(jwks()).encode()))
    bad = serve(html_503())
    args = ("verify", "-", "--user-pool-id", POOL, "--jwks-uri")
    fetched = cli(*args, f"{good.url}/jwks.json", given=fresh().encode())
    failed = cli(*args, f"{bad.url}/jwks.json", given=fresh().encode())

    assert [0, 255] == [fetched.code, failed.code]
    assert 1 == len(good.requests)
    assert "Nothing can be said about the token (JwksError)" in failed.out
    assert issubclass(JwksError, TokenError)


@pytest.mark.parametrize("way", ["option", "variable", "variable of the service", "profile"])
def test_verify_fetches_the_keys_of_the_server_in_use(
    way: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where calls go to another server than AWS, such as a local one, the keys of its pools come from there."""
    server = serve(answer(json.dumps(jwks()).encode()))
    args: tuple[str, ...] = ()
    match way:
        case "option":
            args = ("--endpoint-url", f"{server.url}/")
        case "variable":
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        case "variable of the service":
            monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", server.url)
        case "profile":
            (tmp_path / "config").write_text(f"[profile local]\nendpoint_url = {server.url}\n")
            monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
            args = ("--profile", "local")
    result = cli("verify", "-", "--user-pool-id", POOL, *args, given=fresh().encode())

    assert 0 == result.code, result.err
    assert [f"/{POOL}/.well-known/jwks.json"] == [request.request_line.split()[1] for request in server.requests]


def test_what_says_more_about_the_keys(serve: Serve, keys: str) -> None:
    """Keys, their address or an issuer that are named count more than the server in use."""
    server, other = (serve(answer(json.dumps(jwks()).encode())) for _ in range(2))
    args = ("verify", "-", "--user-pool-id", POOL, "--endpoint-url", other.url)
    by_keys = cli(*args, "--jwks", keys, given=fresh().encode())
    by_address = cli(*args, "--jwks-uri", f"{server.url}/jwks", given=fresh().encode())
    by_issuer = cli(*args, "--issuer", server.url, given=fresh(iss=server.url).encode())

    assert [0, 0, 0] == [result.code for result in (by_keys, by_address, by_issuer)]
    assert (2, 0) == (len(server.requests), len(other.requests))


def test_the_keys_of_a_server_that_is_no_local_one() -> None:
    """Keys are fetched over plain http from this machine only, unless that is allowed."""
    result = cli("verify", "-", "--user-pool-id", POOL, "--endpoint-url", "http://example.com", given=fresh().encode())

    assert 252 == result.code
    assert "http" in result.err


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    [
        ("", [], "TOKEN: there is nothing to verify"),
        (" \n", ["--user-pool-id", POOL], "TOKEN: there is nothing to verify"),
        ("abc", [], "TOKEN: this is no access or ID token"),
        ("not.a.token", [], "TOKEN: this is no access or ID token"),
        ("an.encrypted.refresh.token.x", [], "TOKEN: this is no access or ID token"),
        (token(iss=MISSING), [], "--user-pool-id is needed"),
        (token(iss="https://x/y"), [], "user_pool_id 'y' is not the id of a user pool"),
        (token(), ["--jwks", "[]"], "--jwks: it must be a JSON object"),
        (token(), ["--issuer", ""], "issuer is empty"),
    ],
)
def test_verify_says_what_it_needs(text: str, args: list[str], expected: str) -> None:
    """What keeps a token from being explained is a usage error."""
    result = cli("verify", "-", *args, given=text.encode())

    assert 252 == result.code
    assert expected in result.err


def test_verify_with_an_issuer_of_its_own(keys: str) -> None:
    """A local server's issuer is accepted where it is named."""
    text = fresh(iss="http://127.0.0.1/pool")
    args = ("verify", "-", "--user-pool-id", POOL, "--issuer", "http://127.0.0.1/pool", "--jwks", keys)

    assert 0 == cli(*args, given=text.encode()).code
    assert ISSUER not in cli(*args, given=text.encode()).out


def test_verify_takes_no_orders_from_a_token(keys: str) -> None:
    """Control characters and markup in claims are shown as text."""
    text = fresh(username="\x1b[31m[bold]eve", **{"custom:\x07x": ["\x1b]0;title\x07"]})
    result = cli("verify", "-", "--user-pool-id", POOL, "--jwks", keys, given=text.encode())

    assert 0 == result.code
    assert "\x1b" not in result.out
    assert "\x07" not in result.out
    assert "[bold]eve" in result.out


@pytest.mark.slow
def test_verify_as_a_process() -> None:
    """The command works as a process, too, and reads the token from standard input."""
    result = process("verify", "-", "--user-pool-id", POOL, "--jwks", json.dumps(jwks()), given=fresh())

    assert (0, "") == (result.code, result.err)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1, "in 1 second"),
        (59.9, "in 1 minute"),
        (3600, "in 1 hour"),
        (3598.2, "in 1 hour"),
        (5 * 3600 - 0.3, "in 5 hours"),
        (30 * 86_400 - 2, "in 30 days"),
        (5400, "in 90 minutes"),
        (36 * 3600, "in 36 hours"),
        (-90, "90 seconds ago"),
        (-3661, "1 hour ago"),
        (0, "0 seconds ago"),
        (200 * 86_400, "in 200 days"),
    ],
)
def test_moments_in_words(seconds: float, expected: str) -> None:
    """A time is said in the largest unit in which it is nearly a whole number."""
    now = datetime(2025, 1, 31, 12, tzinfo=UTC)

    assert in_words(now + timedelta(seconds=seconds), now).endswith(f" UTC ({expected})")


@given(st.floats(1, 4e8))
def test_moments_are_never_far_off(seconds: float) -> None:
    """The words are at most a tenth away from the time, or half a second."""
    now = datetime(2025, 1, 31, 12, tzinfo=UTC)
    number, unit = in_words(now + timedelta(seconds=seconds), now).partition("(in ")[2].rstrip(")").split()
    size = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}[unit.removesuffix("s")]

    assert abs(int(number.replace(",", "")) * size - seconds) <= max(0.5, seconds / 10) + 1e-5


def test_claims_of_tests_are_good() -> None:
    """The token that these tests change is good to begin with."""
    assert offline().verify(token(claims())).sub
