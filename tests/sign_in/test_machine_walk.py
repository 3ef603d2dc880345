"""Random walks through the tables: sign-ins whose course the service chooses, against a model of what must happen.

The service asks for whatever the table lets follow, or for what it doesn't; answers are right, wrong, or don't fit;
challenges are stored and restored, and old ones tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from cognito_idp import (
    NotAuthorizedException,
    SignedIn,
    SignInAnswerError,
    UnexpectedChallengeError,
    UnknownChallenge,
    challenge_from_state,
)
from cognito_idp.sign_in.machine import AUTOMATIC, STARTS, TABLE
from cognito_idp.types import ChallengeNameType as Name
from tests.support.kit import Kit

from .fake_accounts import CODE, TOKENS
from .party import DEVICE, RIGHT, SECRET_APP, given_for, party_with_device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cognito_idp import AuthFlowType

UNKNOWN = Name("PIGEON_POST")
# What answers a challenge of a flow's first half, and leaves an exchange behind that the same call can prove.
PROVABLE = {"PASSWORD_SRP", "SELECT_CHALLENGE"}
MISFITS: list[dict[str, Any]] = [
    {},
    {"code": CODE, "answer": "42"},
    {"choice": "SMS_MFA", "new_password": "Battery-Staple-2"},
]


def routes(leads_to: Iterable[Name]) -> st.SearchStrategy[tuple[Name | str, ...]]:
    """Draw what the service asks next: a challenge, after those that the library answers by itself; or tokens."""

    def onwards(name: Name | str) -> st.SearchStrategy[tuple[Name | str, ...]]:
        if name not in AUTOMATIC:
            return st.just((name,))
        return routes(TABLE[Name(name)].leads_to).map(lambda rest: (name, *rest))

    return st.sampled_from([*sorted(leads_to), UNKNOWN, TOKENS]).flatmap(onwards)


class Walk(RuleBasedStateMachine):
    """Sign-ins of one user, with a device, through an app client with a secret."""

    challenges = Bundle("challenges")

    def __init__(self) -> None:
        super().__init__()
        self.party = party_with_device(Kit("sync", None), app=SECRET_APP)
        self.outcomes: list[Any] = []

    def expect(self, outcome: Any, route: tuple[Name | str, ...], *, can_prove: bool) -> Any:
        """Check that an outcome is what the route leads to, and return the challenge if it is one."""
        self.outcomes.append(outcome)
        if route[0] == Name.PASSWORD_VERIFIER and not can_prove:
            assert TABLE[Name.PASSWORD_VERIFIER].challenge is type(outcome)
            with pytest.raises(SignInAnswerError):
                self.party.respond(outcome)
            self.party.fake.forced.clear()
            return multiple()
        assert [] == self.party.fake.forced
        if route[-1] == TOKENS:
            assert isinstance(outcome, SignedIn)
            return multiple()
        assert (route[-1], "mary") == (outcome.name, outcome.username)
        assert (UnknownChallenge if route[-1] == UNKNOWN else TABLE[Name(route[-1])].challenge) is type(outcome)
        return outcome

    @rule(
        target=challenges,
        flow=st.sampled_from([flow for flow, start in STARTS.items() if start.leads_to]),
        admin=st.booleans(),
        data=st.data(),
    )
    def begin(self, flow: AuthFlowType, admin: bool, data: st.DataObject) -> Any:
        """Begin a sign-in, which goes where the table says."""
        given = given_for(flow)
        if STARTS[flow].public and STARTS[flow].admin:
            given["admin"] = admin
        route = data.draw(routes(STARTS[flow].leads_to))
        self.party.fake.forced = [str(name) for name in route]
        return self.expect(self.party.sign_in(**given), route, can_prove=True)

    @rule(target=challenges, challenge=consumes(challenges), stored=st.booleans(), data=st.data())
    def answer(self, challenge: Any, stored: bool, data: st.DataObject) -> Any:
        """Answer rightly, perhaps in another process; the session is good no more then."""
        if stored:
            challenge = challenge_from_state(challenge.to_state(), SECRET_APP)
        row = TABLE.get(Name(challenge.name))
        # After an unknown challenge anything may follow, but no exchange is under way.
        leads_to = TABLE[Name.SMS_MFA].leads_to if row is None else row.leads_to
        route = data.draw(routes(leads_to))
        self.party.fake.forced = [str(name) for name in route]
        outcome = self.party.respond(challenge, **RIGHT[challenge.name], device=DEVICE)
        expected = self.expect(outcome, route, can_prove=challenge.name in PROVABLE)
        sent = len(self.party.fake.sent)
        with pytest.raises(NotAuthorizedException, match="Invalid session for the user"):
            self.party.respond(challenge, **RIGHT[challenge.name])
        assert sent + 1 == len(self.party.fake.sent)
        return expected

    @rule(challenge=challenges, misfit=st.sampled_from(MISFITS))
    def answer_something_else(self, challenge: Any, misfit: dict[str, Any]) -> None:
        """Give an answer that doesn't fit: nothing is sent, and the challenge stays."""
        sent = len(self.party.fake.sent)
        with pytest.raises(SignInAnswerError):
            self.party.respond(challenge, **misfit)
        assert sent == len(self.party.fake.sent)

    @rule(challenge=challenges)
    def answer_wrongly(self, challenge: Any) -> None:
        """Give a wrong answer: the service refuses, and the challenge stays."""
        wrong: dict[str, Any] = {"code": "000000", "answer": "43", "password": "wrong", "credential": "{}"}
        given = {key: wrong[key] for key in RIGHT[challenge.name] if key in wrong and challenge.name not in PROVABLE}
        if given:
            with pytest.raises(Exception, match=r"CodeMismatchException|NotAuthorizedException"):
                self.party.respond(challenge, **given)

    @rule(challenge=consumes(challenges), data=st.data())
    def be_asked_out_of_turn(self, challenge: Any, data: st.DataObject) -> None:
        """Answer rightly, and be asked for a proof that can't follow: none is sent."""
        row = TABLE.get(Name(challenge.name))
        proofs = sorted(AUTOMATIC - (frozenset(AUTOMATIC) if row is None else row.leads_to))
        if proofs:
            self.party.fake.forced = [str(data.draw(st.sampled_from(proofs)))]
            sent = len(self.party.fake.sent)
            with pytest.raises(UnexpectedChallengeError, match="no proof was sent"):
                self.party.respond(challenge, **RIGHT[challenge.name], device=DEVICE)
            assert sent + 1 == len(self.party.fake.sent)

    @invariant()
    def nothing_is_shown(self) -> None:
        """No outcome shows a secret, whatever led to it."""
        for outcome in self.outcomes:
            assert not any(secret in repr(outcome) for secret in self.party.fake.secrets)
        self.outcomes.clear()


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
