"""The clock of ages, and times that another clock told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cognito_idp._flow.clock import clock_of_ages, is_over

SECONDS = st.floats(0, 1e9)


class Machine:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.steady, self.wall = 50.0, 1_800_000_000.0
        self.clock = clock_of_ages(lambda: self.steady, lambda: self.wall)
        self.began = self.clock()

    @property
    def age(self) -> float:
        """How much time has passed, by the clock of ages."""
        return self.clock() - self.began


@given(SECONDS)
def test_both_clocks_run(seconds: float) -> None:
    """Where both clocks run, an age is what they say."""
    machine = Machine()
    machine.steady += seconds
    machine.wall += seconds
    assert abs(machine.age - seconds) < 1e-5


@given(SECONDS, SECONDS)
def test_a_clock_that_stood_still(frozen: float, later: float) -> None:
    """Time that passed in a snapshot, where the clock of the system's start stands still, counts by the wall clock."""
    machine = Machine()
    machine.wall += frozen + later
    machine.steady += later
    assert abs(machine.age - frozen - later) < 1e-5


@given(SECONDS, st.floats(0, 40))
def test_a_restore_on_a_machine_that_started_lately(frozen: float, uptime: float) -> None:
    """A clock of the system's start that begins anew takes nothing away from an age."""
    machine = Machine()
    machine.wall += frozen
    machine.steady = uptime
    assert machine.age >= frozen - 1e-5


@given(SECONDS, SECONDS)
def test_a_wall_clock_that_is_set_back(seconds: float, back: float) -> None:
    """A wall clock that is set back takes nothing away from an age."""
    machine = Machine()
    machine.steady += seconds
    machine.wall += seconds - back
    assert machine.age >= seconds - 1e-5


@given(now=SECONDS, pause=st.floats(0, 1e6), passed=SECONDS)
def test_a_pause_ends_in_time(now: float, pause: float, passed: float) -> None:
    """A pause is over after its seconds, and not before."""
    assert (now + passed >= now + pause) == is_over(now + pause, now + passed, pause)


@given(now=SECONDS, pause=st.floats(0, 1e6), back=st.floats(2, 1e9))
def test_a_pause_that_another_clock_began(now: float, pause: float, back: float) -> None:
    """A pause that would last longer than it may is over: the clock began anew since."""
    assert is_over(now + pause, now - back, pause)
