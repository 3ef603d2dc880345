"""The law of a kept token, held against a model: none past its end, none late, and no request too many."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cognito_idp import CognitoIdpError
from cognito_idp._protocol.redaction import Opaque
from cognito_idp.tokens.machine_tokens import KeptToken
from tests.support.kit import Kit, options_of
from tests.support.responder import Responder

from .issuing import Clock

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from cognito_idp.tokens.machine_tokens import Answer

pytestmark = pytest.mark.slow

MARGIN = 60.0
PAUSE = 5.0
# Quarters of seconds, which floats hold exactly: the model may add in another order.
ISSUED_FOR = st.one_of(st.integers(0, 800).map(lambda halves: halves / 2), st.sampled_from([4.0, 8.0, 120.0, 3600.0]))
PASSES = st.one_of(
    st.integers(0, 800).map(lambda quarters: quarters / 4), st.sampled_from([0.0, 2.0, 4.75, 5.0, 30.0, 3540.0, 3600.0])
)
KIT = Kit("sync", None)
OPTIONS = options_of(KIT.client(respond=Responder()))


@attrs.frozen
class Issued:
    """A token of the model: when it was asked for, its life, and the end of what it was exchanged for."""

    at: float
    life: float
    until: float

    @property
    def end(self) -> float:
        """When it ends, by the time that has passed."""
        return min(self.at + self.life, self.until)

    @property
    def due(self) -> float:
        """From when on another one is wanted."""
        ends_early = self.until < self.at + self.life
        return self.until if ends_early else self.end - min(MARGIN, self.life / 2)


class KeptTokens(RuleBasedStateMachine):
    """A token that is asked for at any time, of a service that answers slowly or fails, and clocks that are wrong.

    Time passes by both clocks, or by one alone: the wall clock may be set, the other one may have stood still. Both go
    back where the date was wrong, by which the second clock goes, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wall, self.age = Clock(1000.0), Clock(50.0)
        self.kept = KeptToken(OPTIONS._replace(clock=self.wall), MARGIN, self.age)
        self.issued: list[Issued] = []
        self.walls: list[float] = []
        self.fetches = 0
        self.last_failure = -inf
        self.plan: tuple[float, float, float, bool] = (3600.0, 0.0, inf, True)

    def fetch(self) -> Flow[Answer]:
        """Answer as the plan says."""
        yield from ()
        life, takes, until, succeeds = self.plan
        self.fetches += 1
        began, wall = self.age.now, self.wall.now
        self.pass_time(takes)
        if not succeeds:
            self.last_failure = self.age.now
            msg = "refused"
            raise CognitoIdpError(msg)
        self.issued.append(Issued(began, life, began + until))
        self.walls.append(wall)
        self.last_failure = -inf
        return Opaque(str(len(self.issued))), life, wall + until

    def pass_time(self, seconds: float) -> None:
        """Let time pass by both clocks."""
        self.wall.now += seconds
        self.age.now += seconds

    @rule(seconds=PASSES)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.pass_time(seconds)

    @rule(seconds=PASSES)
    def stand_still(self, seconds: float) -> None:
        """The clock for ages stands still while the machine does."""
        self.wall.now += seconds

    @rule(seconds=PASSES)
    def set_back(self, seconds: float) -> None:
        """Somebody sets the clock back."""
        self.wall.now -= seconds

    @rule(seconds=PASSES)
    def correct(self, seconds: float) -> None:
        """Somebody corrects a clock that was ahead."""
        self.pass_time(-seconds)

    @rule(
        life=ISSUED_FOR,
        takes=st.sampled_from([0.0, 0.0, 0.5, 30.0, 500.0]),
        until=st.sampled_from([inf, inf, 0.0, 30.0, 300.0]),
        succeeds=st.booleans(),
    )
    def get(self, life: float, takes: float, until: float, *, succeeds: bool) -> None:
        """Somebody needs the token."""
        self.plan = (life, takes, until, succeeds)
        before = self.issued[-1] if self.issued else None
        remaining, until_due = self.left(before)
        fetches, pause = self.fetches, -1 <= self.age.now - self.last_failure < PAUSE
        try:
            number: int | None = int(KIT.flow(self.kept.fresh(self.fetch)))
        except CognitoIdpError:
            number = None
        asked = self.fetches - fetches
        # A request is made if and only if one is due, and no pause after a failure holds it back.
        assert asked == (1 if until_due <= 0 and not (remaining > 0 and pause) else 0)
        if number is None:
            # A failure is shown only where there is no good token.
            assert not succeeds
            assert self.left(before)[0] <= 0
            return
        assert len(self.issued) == number
        if asked == 0 or not succeeds:
            # A token that was not asked for just now has not ended.
            assert self.left(self.issued[-1])[0] > 0

    def left(self, token: Issued | None) -> tuple[float, float]:
        """Return how long a token is good, and how long no other is due, by whichever clock says less."""
        if token is None:
            return 0.0, 0.0
        lag = max(0.0, (self.wall.now - self.walls[-1]) - (self.age.now - token.at))
        now = self.age.now + lag
        if now < token.at - 1:
            # The clocks were ahead when it came: nobody knows how old it is.
            return 0.0, 0.0
        return token.end - now, token.due - now

    @invariant()
    def has_the_newest(self) -> None:
        """What is kept is the newest token."""
        kept = self.kept._kept
        assert (kept is None) == (not self.issued)
        assert kept is None or str(len(self.issued)) == kept.token.value


def test_the_law() -> None:
    """Whatever the times, failures and clocks: no token past its end, no request before its time, none too many."""
    run_state_machine_as_test(KeptTokens, settings=settings(max_examples=150, stateful_step_count=30, deadline=None))
