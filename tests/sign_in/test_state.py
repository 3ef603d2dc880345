"""Challenges that go on in another process."""

from __future__ import annotations

import json
import random
import string
import zlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AppClient,
    Challenge,
    ChallengeNameType,
    ChallengeState,
    MfaSetup,
    SignedIn,
    SignInStateError,
    SmsMfa,
    TotpSetup,
    UnknownChallenge,
    WebAuthn,
    challenge_from_state,
)
from cognito_idp.sign_in.machine import AUTOMATIC, TABLE
from tests.support.loop import for_each

from .fake_accounts import CLIENT_ID, POOL_ID, totp_now
from .party import PUBLIC_APP, RIGHT, SECRET_APP, party_of

if TYPE_CHECKING:
    from tests.support.kit import Kit

COOKIE_BYTES = 4096
STORABLE = sorted(set(TABLE) - AUTOMATIC)
BASE: dict[str, Any] = {
    "name": "SMS_MFA",
    "client": CLIENT_ID,
    "user": "mary",
    "session": "s" * 20,
    "parameters": {},
    "available": [],
    "admin": False,
    "dropped": False,
}


def challenges() -> st.SearchStrategy[Challenge]:
    """Draw any challenge that can be stored, with any text in its members."""
    common: dict[str, st.SearchStrategy[Any]] = {
        "client_id": st.text(),
        "username": st.text(),
        "session": st.none() | st.text(),
        "parameters": st.dictionaries(st.text(), st.text(), max_size=5),
        "available": st.lists(st.sampled_from(ChallengeNameType) | st.text().map(ChallengeNameType)).map(tuple),
        "admin": st.booleans(),
        "device_dropped": st.booleans(),
    }
    unknown = st.text().filter(lambda name: name not in TABLE)
    return st.one_of(
        st.sampled_from(STORABLE).flatmap(lambda name: st.builds(TABLE[name].challenge, **common)),
        st.builds(UnknownChallenge, unknown_name=unknown, **common),
        st.builds(TotpSetup, secret_code=st.text(), **common),
    )


def state_of(fields: Any) -> str:
    """Pack fields as a state is packed."""
    return packed(json.dumps(fields).encode())


def packed(data: bytes) -> str:
    """Pack any bytes as a state is packed."""
    return "c1." + urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")


@given(challenge=challenges())
def test_a_state_holds_everything(challenge: Challenge) -> None:
    """A challenge comes back from its state equal in every member and of the same class."""
    state = challenge.to_state()
    restored = challenge_from_state(str(state))
    assert challenge == restored
    assert type(challenge) is type(restored)
    assert set(state) <= set(string.ascii_letters + string.digits + "-_.")


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
@pytest.mark.parametrize("name", RIGHT)
def test_another_process_goes_on(sync_kit: Kit, name: str, admin: bool) -> None:
    """What one client was asked, another one answers that has nothing but the state."""
    first = party_of(sync_kit, app=SECRET_APP)
    first.fake.forced = [name]
    state = first.sign_in(username="mary@example.com", flow="CUSTOM_AUTH", password=None, admin=admin).to_state()
    second = attrs.evolve(first, client=sync_kit.client(respond=first.fake))
    outcome = second.finish(challenge_from_state(state, SECRET_APP))
    assert isinstance(outcome, SignedIn)
    assert f"{'Admin' * admin}RespondToAuthChallenge {name}" in first.fake.operations


def test_a_set_up_goes_on_in_another_process(kit: Kit) -> None:
    """An authenticator app can be set up in one process, and its code given to another."""
    party = party_of(kit, "MFA_SETUP")
    setup = party.set_up_totp(party.sign_in())
    restored = challenge_from_state(setup.to_state())
    assert isinstance(restored, TotpSetup)
    assert setup.uri(issuer="Example") == restored.uri(issuer="Example")
    assert isinstance(party.respond(restored, code=totp_now(restored.secret_code)), SignedIn)


def test_a_state_fits_a_cookie() -> None:
    """A session of 1.8 kB, random as the service's are, leaves room in a cookie's 4 kB."""
    letters = random.Random(5).choices(string.ascii_letters + string.digits + "-_", k=1800)
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
        "CODE_DELIVERY_DESTINATION": "+*******1234",
        "USER_ID_FOR_SRP": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    }
    challenge = SmsMfa(
        client_id="1example23456789abcdefghij",
        username="0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        session="".join(letters),
        parameters=parameters,
    )
    assert len(challenge.to_state()) < 0.6 * COOKIE_BYTES


def test_the_state_is_not_shown() -> None:
    """The `repr` of a state, alone or in something else, shows nothing of it; as text it is complete."""
    challenge = SmsMfa(client_id=CLIENT_ID, username="mary", session="session-0123456789abc")
    state = challenge.to_state()
    assert "ChallengeState('***')" == repr(state)
    assert "{'state': ChallengeState('***')}" == repr({"state": state})
    assert isinstance(state, ChallengeState)
    assert challenge == challenge_from_state(f"{state}")


@pytest.mark.parametrize("name", sorted(AUTOMATIC))
def test_a_proof_is_not_stored(name: ChallengeNameType) -> None:
    """A challenge that only the process that began it can answer is neither stored nor restored."""
    challenge = TABLE[name].challenge(client_id=CLIENT_ID, username="mary")
    with pytest.raises(SignInStateError, match=f"{name} can't be stored"):
        challenge.to_state()
    with pytest.raises(SignInStateError, match="has missing or invalid fields"):
        challenge_from_state(state_of({**BASE, "name": name}))


def test_a_challenge_that_became_known() -> None:
    """A challenge that an older version stored as unknown comes back as what this version knows."""
    assert isinstance(challenge_from_state(state_of(BASE)), SmsMfa)
    assert isinstance(challenge_from_state(state_of({**BASE, "name": "PIGEON_POST"})), UnknownChallenge)


STATE = WebAuthn(
    client_id=CLIENT_ID,
    username="mary",
    session="session-0123456789abc",
    parameters={"CREDENTIAL_REQUEST_OPTIONS": "{}"},
).to_state()


@pytest.mark.parametrize("state", [None, 5, 1.5, True, b"c1.abc", bytearray(b"c1."), [], {}, object(), str])
def test_what_is_no_text_is_refused(state: Any) -> None:
    """A missing cookie, or any other type than text, is the state's own error, which shows nothing of it."""
    with pytest.raises(SignInStateError, match=r"^state= takes a string, not (the class )?\w+$") as caught:
        challenge_from_state(state)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("version", ["c2.", "c0.", "C1.", "1.", "", "c1", " c1."])
def test_another_version_is_refused(version: str) -> None:
    """A state that does not begin with this version's mark is refused, whatever follows."""
    with pytest.raises(SignInStateError, match="not a stored challenge of version 'c1'"):
        challenge_from_state(version + STATE.removeprefix("c1."))


@for_each("length", range(len(STATE)))
def test_a_cut_off_state_is_refused(length: int) -> None:
    """A state that ends early is refused, wherever it was cut."""
    with pytest.raises(SignInStateError):
        challenge_from_state(STATE[:length])


@given(data=st.data())
def test_a_changed_state_is_refused(data: st.DataObject) -> None:
    """A state with a character changed, added or taken away is refused."""
    position = data.draw(st.integers(0, len(STATE) - 1))
    cut = data.draw(st.integers(0, 1))
    inserted = data.draw(st.text(st.sampled_from(string.printable + "äΩ\ud800"), max_size=2))
    changed = STATE[:position] + inserted + STATE[position + cut :]
    if changed == str(STATE):
        return
    with pytest.raises(SignInStateError) as caught:
        challenge_from_state(changed)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def test_another_spelling_is_refused() -> None:
    """Of the texts that base64 decoders take for the same bytes, only one is a state."""
    with_rest = next(
        state for n in range(9) if len(state := WebAuthn(client_id="c" * n, username="m").to_state()) % 4 != 3
    )
    # The bits that a last letter holds beyond the last byte are ignored by decoders.
    others = [letter for letter in string.ascii_letters + string.digits + "-_" if letter != with_rest[-1]]
    spellings = [with_rest[:-1] + letter for letter in others]
    spellings += [f"{STATE[:20]}{junk}{STATE[20:]}" for junk in ("!!!!", "    ", "\n\n\n\n", "====", "\r\n\t ")]
    spellings += [STATE + "=" * n for n in range(1, 5)]
    for spelling in spellings:
        with pytest.raises(SignInStateError):
            challenge_from_state(spelling)


@pytest.mark.parametrize(
    "state",
    [
        packed(b""),
        packed(b"not JSON"),
        packed(b"[]"),
        packed(b'"text"'),
        packed(b"{" * 60_000),
        packed(b"[" * 60_000),
        packed(b"\xff"),
        packed(json.dumps(BASE).encode()) + "AAAA",
        "c1." + urlsafe_b64encode(json.dumps(BASE).encode()).decode(),
    ],
)
def test_what_is_no_state_is_refused(state: str) -> None:
    """Something that was packed by somebody else, or holds more than a state, is refused."""
    with pytest.raises(SignInStateError, match="truncated or changed"):
        challenge_from_state(state)


@pytest.mark.parametrize("name", sorted(BASE))
@pytest.mark.parametrize("value", [None, 5, [5], {"a": 5}, True, "text"])
def test_members_of_the_wrong_type(name: str, value: Any) -> None:
    """A member of the wrong type is refused, or can't do harm: flags are true only if they are True."""
    try:
        challenge = challenge_from_state(state_of({**BASE, name: value}))
    except SignInStateError:
        assert name not in ("admin", "dropped")
        return
    assert (name == "admin" and value is True) == challenge.admin
    assert (name == "dropped" and value is True) == challenge.device_dropped
    fits = {"name": str, "client": str, "user": str, "session": str | None}
    assert name in ("admin", "dropped") or isinstance(value, fits[name])


@pytest.mark.parametrize("name", sorted(BASE))
def test_a_missing_member_is_refused(name: str) -> None:
    """A state that lacks a member is refused."""
    with pytest.raises(SignInStateError, match="has missing or invalid fields"):
        challenge_from_state(state_of({key: value for key, value in BASE.items() if key != name}))


@pytest.mark.parametrize("change", [{"secret": 5}, {"secret": None}, {"secret": "JBSWY3DP"}])
def test_a_secret_where_none_belongs(change: dict[str, Any]) -> None:
    """Only the set-up of an app has a secret, and it is text."""
    with pytest.raises(SignInStateError, match="has missing or invalid fields"):
        challenge_from_state(state_of({**BASE, **change}))
    if change["secret"] != "JBSWY3DP":
        with pytest.raises(SignInStateError, match="has missing or invalid fields"):
            challenge_from_state(state_of({**BASE, "name": "MFA_SETUP", **change}))


@pytest.mark.slow
def test_a_bomb_is_refused() -> None:
    """A few bytes that unpack to megabytes are not unpacked beyond the limit."""
    bomb = packed(json.dumps({**BASE, "user": "a" * 50_000_000}).encode())
    assert len(bomb) < 100_000
    with pytest.raises(SignInStateError, match="truncated or changed"):
        challenge_from_state(bomb)


def test_a_long_text_is_not_even_read() -> None:
    """A text that is longer than any state is refused before anything is made of it."""
    with pytest.raises(SignInStateError, match="not a stored challenge of version 'c1'"):
        challenge_from_state("c1." + "A" * 200_000)


def test_what_is_too_large_is_not_stored() -> None:
    """What could not be restored is refused when it is stored, with its size."""
    fits = MfaSetup(client_id="c", username="mary", parameters={"a": "a" * 65_000})
    assert fits == challenge_from_state(fits.to_state())
    with pytest.raises(SignInStateError, match=r"MFA_SETUP can't be stored: .* has 66129 bytes, over 65536"):
        attrs.evolve(fits, parameters={"a": "a" * 66_000}).to_state()


def test_another_app_client_is_refused() -> None:
    """A state goes on only with the app client that the sign-in began with."""
    assert CLIENT_ID == challenge_from_state(STATE, PUBLIC_APP).client_id
    with pytest.raises(SignInStateError, match="another app client"):
        challenge_from_state(STATE, AppClient(POOL_ID, "another-client-id"))
