from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cognito_idp.sign_in import srp_math
from cognito_idp.sign_in.srp_math import Done, G, Group, N, advance, reduced, run
from tests.sign_in.rfc5054_server import modulus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.sign_in.srp_math import Steps

residues = st.integers(0, N - 1)
exponents = st.integers(0, 2**600)
short_exponents = st.integers(0, 2**256 - 1)


@pytest.fixture(scope="module", params=["int", "gmpy2"])
def group(request: pytest.FixtureRequest) -> Group:
    """Return the group over Python's integers, and over gmpy2's where it is installed."""
    if request.param == "int":
        return Group(int, reduced)
    gmpy2: Any = pytest.importorskip("gmpy2")
    return Group(gmpy2.mpz, lambda product: product % N)


def test_the_modulus_is_that_of_its_definition() -> None:
    """N equals the number that RFC 3526 defines by pi."""
    assert modulus() == N


@given(left=residues, right=residues)
@example(left=N - 1, right=N - 1)
@example(left=0, right=N - 1)
def test_a_product_is_reduced_as_by_the_remainder(left: int, right: int) -> None:
    """Folding gives what the remainder operator gives, up to the largest product."""
    assert left * right % N == reduced(left * right)


@settings(deadline=None)
@given(base=st.integers(-(N**2), N**2), exponent=exponents)
@example(base=N - 1, exponent=2**3072)
@example(base=3, exponent=0b1000001_00000000000_11111_10001)
def test_a_power_in_steps_is_the_one_of_pow(group: Group, base: int, exponent: int) -> None:
    """For any base, negative ones too, and any exponent, the steps come to what `pow` gives, as a plain `int`."""
    power = run(group.power(base, exponent))
    assert (pow(base, exponent, N), int) == (power, type(power))


@settings(deadline=None)
@given(exponent=short_exponents | exponents)
@example(exponent=0)
@example(exponent=2**256 - 1)
@example(exponent=2**256)
@example(exponent=16**63)
def test_a_power_of_the_generator_is_the_one_of_pow(group: Group, exponent: int) -> None:
    """With the table, up to 256 bits, and without it, above, the generator's powers are those of `pow`."""
    power = run(group.power_of_g(exponent))
    assert (pow(G, exponent, N), int) == (power, type(power))


def test_the_table_serves_the_next_power() -> None:
    """The first power of the generator takes the steps of the table, too; the second one doesn't."""
    group = Group(int, reduced)
    first, second = (sum(1 for _ in group.power_of_g(2**200)) for _ in range(2))
    assert (first, second) == (63 + 15, 15)


class CountingInt(int):
    """An integer that counts how often any two are multiplied."""

    products = 0

    def __mul__(self, other: int) -> CountingInt:
        CountingInt.products += 1
        return CountingInt(super().__mul__(other))

    def __mod__(self, other: int) -> CountingInt:
        return CountingInt(super().__mod__(other))


@pytest.mark.slow
@settings(deadline=None)
@given(exponent=st.integers(2**511, 2**512 - 1), short=short_exponents)
def test_a_step_is_few_multiplications(exponent: int, short: int) -> None:
    """A step of a power multiplies at most 6 times; one of the generator's, once for each equal digit."""
    group = Group(CountingInt, lambda product: product % N)
    assert max(products_of_steps(group.power(7, exponent))) <= 6
    digits = f"{short:x}"
    bound = max(4, 1 + max(map(digits.count, digits)))
    assert max(products_of_steps(group.power_of_g(short))) <= bound


def products_of_steps(steps: Steps[int]) -> Iterator[int]:
    """Count the multiplications of each step."""
    CountingInt.products = 0
    for _ in steps:
        yield CountingInt.products
        CountingInt.products = 0


def test_a_computation_goes_on_where_it_was_left() -> None:
    """Steps of 0.1 s are advanced for 0.25 s each time: three, three, three, and the last one with the result."""
    now, taken = 0.0, 0

    def ten_steps() -> Steps[str]:
        nonlocal now, taken
        for _ in range(10):
            now, taken = now + 0.1, taken + 1
            yield
        return "result"

    steps, counts, done = ten_steps(), [], None
    while done is None:
        done = advance(steps, 0.25, clock=lambda: now)
        counts.append(taken)
    assert (counts, done) == ([3, 6, 9, 10], Done("result"))


def test_each_advance_takes_a_step_at_least() -> None:
    """However short the time, a computation comes to its end."""
    steps, advances = Group(int, reduced).power(3, 5), 1
    while (done := advance(steps, 0)) is None:
        advances += 1
    assert (advances, done.result) == (15 + 1 + 1, 3**5)


@pytest.fixture
def _forgotten_group() -> Iterator[None]:
    srp_math.group.cache_clear()
    yield
    srp_math.group.cache_clear()


@pytest.mark.usefixtures("_forgotten_group")
def test_gmpy2_is_used_where_it_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are gmpy2's where there is such a module, and the result is the same."""
    monkeypatch.setitem(sys.modules, "gmpy2", SimpleNamespace(mpz=CountingInt))
    CountingInt.products = 0
    assert pow(5, 2**100 + 1, N) == run(srp_math.group().power(5, 2**100 + 1))
    assert CountingInt.products > 100


@pytest.mark.usefixtures("_forgotten_group")
def test_python_integers_serve_where_gmpy2_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where gmpy2 can't be imported, Python's own integers compute the same, and the group is kept."""
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    assert pow(5, 2**100 + 1, N) == run(srp_math.group().power(5, 2**100 + 1))
    assert srp_math.group() is srp_math.group()


def test_gmpy2_is_not_looked_for_before_it_is_needed() -> None:
    """Importing the module of SRP computes nothing, and so does not import gmpy2."""
    program = "from cognito_idp.sign_in import srp; assert srp.group.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", program], check=True)
