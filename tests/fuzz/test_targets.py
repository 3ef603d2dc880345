"""The laws of the fuzz targets hold for their seeds, for changed seeds, and for any bytes."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import CognitoIdpError, challenge_from_state, from_wire
from cognito_idp._protocol.endpoint import checked_url
from cognito_idp._protocol.response import parse
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp._settings.ini import parse_ini
from cognito_idp.errors import service_error
from cognito_idp.tokens.rs256 import Rs256
from cognito_idp.types import AdminGetUserResponse
from tests.tokens.issuing import REASON, offline, signed

from .mutators import mutated
from .seeds import seeds
from .targets import TARGETS, packed_state

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("jwt", reason=REASON)


@st.composite
def inputs(draw: st.DrawFn, name: str) -> bytes:
    """Draw a seed with up to four changes, or any bytes after the first byte of a seed."""
    seed = draw(st.sampled_from(seeds(name)))
    if draw(st.integers(0, 3)) == 0:
        return seed[:1] + draw(st.binary(max_size=200))
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 4))):
        seed = mutated(seed, chance)
    return seed


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_keep_the_law(name: str) -> None:
    """No known answer breaks the law of its target."""
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds_and_any_bytes_keep_the_law(name: str) -> None:
    """No change of a known answer, and no bytes at all, break the law of the target."""

    @settings(max_examples=250)
    @given(inputs(name))
    def keeps_the_law(data: bytes) -> None:
        TARGETS[name](data)

    keeps_the_law()


def _structs(body: bytes) -> None:
    from_wire(AdminGetUserResponse, parse(HttpResponse(200, (), body), "AdminGetUser", service_error))


def _tokens() -> Callable[[str], Any]:
    return offline(max_token_bytes=1 << 20).verify


# By what is repeated: the function, and its input for so many repetitions.
WORK: dict[str, tuple[Callable[[], Callable[[Any], Any]], Callable[[int], Any]]] = {
    "settings": (lambda: lambda text: parse_ini(text, "file"), lambda n: "[a]\n" + "b = c\n" * n),
    "sections": (lambda: lambda text: parse_ini(text, "file"), lambda n: "".join(f"[{at}]\n" for at in range(n))),
    "lines of a value": (lambda: lambda text: parse_ini(text, "file"), lambda n: "[a]\nb =\n" + "  c = d\n" * n),
    "empty lines": (lambda: lambda text: parse_ini(text, "file"), lambda n: "[a]\nb = c\n" + "\n" * n + "d = e\n"),
    "attributes": (
        lambda: _structs,
        lambda n: b'{"UserAttributes":[' + b",".join([b'{"Name":"a","Value":"b"}'] * n) + b"]}",
    ),
    "wrong attributes": (lambda: _structs, lambda n: b'{"UserAttributes":[' + b",".join([b"1"] * n) + b"]}"),
    "members of a claim": (
        _tokens,
        lambda n: signed(b'{"kid":"first","alg":"RS256"}', b'{"iss":[' + b",".join([b'{"a":1}'] * n) + b"]}"),
    ),
    "members of a header": (
        _tokens,
        lambda n: signed(b'{"alg":{' + b",".join(b'"%d":1' % at for at in range(n)) + b"}}", {}),
    ),
    "dots": (_tokens, lambda n: "." * n),
    "keys": (lambda: Rs256().public_keys, lambda n: {"keys": [{"kty": "RSA", "kid": "a", "n": "A", "e": "A"}] * n}),
    "challenges": (
        lambda: challenge_from_state,
        lambda n: packed_state(
            b'{"name":"SMS_MFA","client":"","user":"","session":null,"parameters":{},"admin":false,"dropped":false,'
            b'"available":[' + b",".join([b'"X"'] * n) + b"]}"
        ),
    ),
    "labels of a host": (lambda: checked_url, lambda n: "https://" + "a." * n + "example"),
}


def work(call: Callable[[Any], Any], given: Any) -> int:
    """Return how many calls, of Python's and of C's functions, a call leads to."""
    count = 0

    def profile(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call(given)
    except CognitoIdpError:
        pass
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("repeated", WORK)
def test_work_grows_with_the_input(repeated: str) -> None:
    """Eight times the input makes at most about eight times the calls."""
    make, input_of = WORK[repeated]
    call = make()
    few, many = input_of(100), input_of(800)
    work(call, few)
    assert work(call, many) <= 9 * work(call, few)


def test_thousands_of_blanks_in_a_setting() -> None:
    """A line with a million blanks before its equals sign is read at once (a search from each of them takes hours)."""
    assert {"a": {"b": "c"}} == parse_ini("[a]\nb" + " " * 1_000_000 + "= c\n", "file")
