from __future__ import annotations

import locale
import subprocess
import sys
from base64 import b64decode
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Hold, Offload
from cognito_idp.errors import SrpError
from cognito_idp.sign_in import srp
from cognito_idp.sign_in.srp import SrpSession, device_verifier, device_verifier_flow, timestamp_of
from cognito_idp.sign_in.srp_math import Done, N, group, run
from tests.sign_in.rfc5054_server import Exchange, enrol, enrol_device
from tests.support.marks import asks_pycognito
from tests.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._flow.effects import Flow

TIMESTAMP = "Mon Feb 10 18:30:12 UTC 2025"
# A claim that could be made, for tests that change one thing about it.
GOOD: dict[str, str] = {
    "pool_name": "pool",
    "user_id": "user",
    "password": "password",
    "srp_b": "abc",
    "salt": "def",
    "secret_block": "AAAA",
    "timestamp": TIMESTAMP,
}


def claim_of(case: dict[str, Any], pool_name: str, user_id: str, password: str) -> tuple[str, str]:
    """Return `SRP_A` and the claim for a vector; some have no secret block of their own."""
    session = SrpSession(int(case["a"], 16))
    claim = session.claim(
        pool_name=case[pool_name],
        user_id=case[user_id],
        password=case[password],
        srp_b=case["SRP_B"],
        salt=case["SALT"],
        secret_block=case.get("SECRET_BLOCK", ""),
        timestamp=case.get("TIMESTAMP", ""),
    )
    return session.srp_a, claim


@pytest.mark.parametrize("case", vectors("srp", "id", 4, cases="user_claims"))
def test_user_claims_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """`SRP_A` and the claim of a user are those of other implementations' published cases."""
    public, claim = claim_of(case, "pool_name", "user_id_for_srp", "password")
    assert case["expected"]["SRP_A"] == public
    for known in (case["expected"], case["computed"]):
        assert known.get("PASSWORD_CLAIM_SIGNATURE", claim) == claim


@pytest.mark.parametrize("case", vectors("srp", "id", 4, cases="user_claims"))
def test_each_step_of_a_claim_is_as_the_vectors_say(case: dict[str, Any]) -> None:
    """u, x, S and the session key are those of the published cases, so that a wrong claim shows where it went wrong."""
    known = case["computed"]
    public, server = int(case["expected"]["SRP_A"], 16), int(case["SRP_B"], 16)
    u = srp._hash(srp._padded(public) + srp._padded(server))
    x = srp._private_key(case["pool_name"] + case["user_id_for_srp"], case["password"], int(case["SALT"], 16))
    base = server - srp._MULTIPLIER * run(group().power_of_g(x))
    secret = run(group().power(base, int(case["a"], 16) + u * x))
    key = srp._hkdf(srp._padded(secret), salt=srp._padded(u))
    assert [known["u"], known["x"], known["S"]] == [f"{number:x}" for number in (u, x, secret)]
    assert known["key"] == key.hex()


@pytest.mark.parametrize("case", vectors("srp", "id", 1, cases="device_claims"))
def test_device_claims_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """A device claims with its group key for the pool's name and its key for the user."""
    public, claim = claim_of(case, "device_group_key", "device_key", "device_password")
    assert (case["expected"]["SRP_A"], case["expected"]["PASSWORD_CLAIM_SIGNATURE"]) == (public, claim)


@pytest.mark.parametrize("case", vectors("srp", "id", 1, cases="device_verifiers"))
def test_device_verifiers_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """Salt and verifier of a device are those of the published case."""
    salt, verifier = device_verifier(
        device_group_key=case["device_group_key"],
        device_key=case["device_key"],
        device_password=case["device_password"],
        salt=b64decode(case["Salt"]),
    )
    assert (case["Salt"], case["expected"]["PasswordVerifier"]) == (salt, verifier)


@pytest.mark.parametrize("case", vectors("srp", "id", 5, cases="negative"))
def test_unsafe_public_values_of_a_server_are_refused(case: dict[str, Any]) -> None:
    """Where B is a multiple of N, the claim is refused, before anything of the password is used."""
    with (
        mock.patch.object(srp, "_private_key", side_effect=AssertionError),
        pytest.raises(SrpError, match="SRP_B of the challenge is a multiple of the group's modulus"),
    ):
        SrpSession(1234567890).claim(**{**GOOD, "srp_b": case["SRP_B"]})


def test_a_negative_multiple_of_the_modulus_is_refused() -> None:
    """-N is as unsafe as N."""
    with pytest.raises(SrpError, match="multiple of the group's modulus"):
        SrpSession(1234567890).claim(**{**GOOD, "srp_b": f"-{N:x}"})


def test_a_scrambler_of_zero_is_refused() -> None:
    """Where u is 0, the claim is refused, before anything of the password is used."""
    with (
        mock.patch.object(srp, "_hash", return_value=0),
        mock.patch.object(srp, "_private_key", side_effect=AssertionError),
        pytest.raises(SrpError, match=r"the hash of SRP_A and SRP_B \(u\) is 0"),
    ):
        SrpSession(1234567890).claim(**GOOD)


# Each example takes some 50 ms, on a busy machine a multiple of that.
few = settings(max_examples=40, deadline=None)
secrets_of_both = st.integers(1, 2**256 - 1)
salts = st.integers(-(2**128), 2**128)


def claim_for(session: SrpSession, exchange: Exchange, pool_name: str, user_id: str, password: str) -> str:
    """Answer the challenge of the tests' server."""
    return session.claim(
        pool_name=pool_name,
        user_id=user_id,
        password=password,
        srp_b=exchange.srp_b,
        salt=exchange.salt,
        secret_block=exchange.secret_block,
        timestamp=TIMESTAMP,
    )


@pytest.mark.slow
@few
@given(
    user_id=st.text(),
    password=st.text(),
    other=st.text(),
    salt=salts,
    secret_a=secrets_of_both,
    secret_b=secrets_of_both,
)
def test_a_server_of_rfc_5054_accepts_the_claim_and_no_other(
    *, user_id: str, password: str, other: str, salt: int, secret_a: int, secret_b: int
) -> None:
    """Whatever the user, the password, the salt and the secrets: the server accepts the right password and no other."""
    session = SrpSession(secret_a)
    exchange = Exchange(enrol(f"pool{user_id}", password, salt), session.srp_a, secret_b)
    assert exchange.accepts(claim_for(session, exchange, "pool", user_id, password), TIMESTAMP)
    assert (other == password) == exchange.accepts(claim_for(session, exchange, "pool", user_id, other), TIMESTAMP)


@pytest.mark.slow
@few
@given(secret_b=secrets_of_both, shift=st.integers(-2, 2))
def test_any_spelling_of_the_servers_value_is_taken(secret_b: int, shift: int) -> None:
    """A B below 0 or above N is taken for what it is modulo N, and hashed as it was sent."""
    session = SrpSession(2**255)
    exchange = Exchange(enrol("pooluser", "password", 1), session.srp_a, secret_b, shift)
    assert exchange.accepts(claim_for(session, exchange, "pool", "user", "password"), TIMESTAMP)


def test_a_claim_holds_for_its_user_block_and_time_alone() -> None:
    """A claim is refused for another user with the same password and salt, for another block, and at another time."""
    session = SrpSession()
    exchange = Exchange(enrol("pooluser", "password", 1), session.srp_a, 2**200)
    claim = claim_for(session, exchange, "pool", "user", "password")
    other_user = Exchange(enrol("pooluser2", "password", 1), session.srp_a, 2**200)
    other_block = Exchange(exchange.account, session.srp_a, 2**200, secret_block="AAAA")
    verdicts = [server.accepts(claim, TIMESTAMP) for server in (exchange, other_user, other_block)]
    assert verdicts == [True, False, False]
    assert not exchange.accepts(claim, "Mon Feb 10 18:30:13 UTC 2025")


@pytest.mark.slow
@few
@given(group_key=st.text(), key=st.text(), password=st.text(), salt=st.binary(min_size=1, max_size=40))
def test_a_server_that_was_given_the_verifier_accepts_the_device(
    group_key: str, key: str, password: str, salt: bytes
) -> None:
    """Whatever the salt's bytes, leading zeros and a highest bit too, the device signs in with its password."""
    sent = device_verifier(device_group_key=group_key, device_key=key, device_password=password, salt=salt)
    session = SrpSession()
    exchange = Exchange(enrol_device(group_key + key, *sent), session.srp_a, 2**200 + 1)
    assert exchange.accepts(claim_for(session, exchange, group_key, key, password), TIMESTAMP)


@pytest.mark.parametrize("salt", [b"\xff" * 16, b"\x80", b"\0" * 16, b"\0\x12"])
def test_the_salt_of_a_device_is_sent_as_a_number(salt: bytes) -> None:
    """The salt goes out as a positive number without needless zeros: what a service that reads a number hashes."""
    sent, _ = device_verifier(device_group_key="group", device_key="key", device_password="password", salt=salt)
    number = int.from_bytes(salt, "big")
    assert number == int.from_bytes(b64decode(sent), "big", signed=True)
    assert len(b64decode(sent)) == number.bit_length() // 8 + 1


def test_the_verifier_of_a_device_never_looks_negative() -> None:
    """A verifier whose highest bit is set is sent with a zero byte before it."""
    verifiers = [
        b64decode(device_verifier(device_group_key="g", device_key="k", device_password="p", salt=bytes([n]))[1])
        for n in range(1, 20)
    ]
    assert {384, 385} == {len(verifier) for verifier in verifiers}
    assert all(int.from_bytes(verifier, "big", signed=True) > 0 for verifier in verifiers)


def test_a_session_draws_256_bits() -> None:
    """Without a secret of the caller's, each session draws its own from the system, between 1 and 2**256 - 1."""
    with mock.patch("secrets.randbelow", side_effect=[0, 2**256 - 2]) as randbelow:
        assert [f"{2:x}", f"{pow(2, 2**256 - 1, N):x}"] == [SrpSession().srp_a, SrpSession().srp_a]
    assert [mock.call(2**256 - 1)] * 2 == randbelow.mock_calls
    assert SrpSession().srp_a != SrpSession().srp_a


@pytest.mark.parametrize("secret_a", [0, -1])
def test_a_secret_that_is_not_positive_is_refused(secret_a: int) -> None:
    """Powers that anyone can guess are no secret."""
    with pytest.raises(ValueError, match="secret_a must be positive"):
        SrpSession(secret_a)


def test_a_session_shows_nothing() -> None:
    """Neither the secret nor the public value stands in a session's `repr`."""
    session = SrpSession(123456789)
    assert session.srp_a
    assert repr(session) == "SrpSession(***)"


SECRET = "correct-horse"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"srp_b": ""}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"srp_b": SECRET}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"srp_b": "0x12"}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"srp_b": "1_2"}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"srp_b": "12\n"}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"srp_b": "--12"}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"srp_b": "\N{FULLWIDTH DIGIT ONE}"}, "SRP_B of the challenge is not a hexadecimal number"),
        ({"salt": SECRET}, "SALT of the challenge is not a hexadecimal number"),
        ({"salt": ""}, "SALT of the challenge is not a hexadecimal number"),
        ({"password": f"{SECRET}\ud800"}, "the password can't be sent: its character 13 is half a surrogate pair"),
        ({"user_id": f"{SECRET}\ud800"}, "the user id can't be sent: its character 17 is half a surrogate pair"),
    ],
)
def test_what_can_not_be_read_is_refused_without_showing_it(change: dict[str, str], problem: str) -> None:
    """The error says which part it is; neither it nor an error behind it has what was given."""
    with pytest.raises(SrpError, match=problem) as caught:
        SrpSession(1234567890).claim(**{**GOOD, **change})
    assert caught.value.__cause__ is None
    for error in (caught.value, caught.value.__context__):
        assert SECRET not in f"{error!r} {getattr(error, '__dict__', {})} {getattr(error, 'object', '')}"


def test_an_empty_salt_of_a_device_is_refused() -> None:
    """A verifier without a salt is not made."""
    with pytest.raises(SrpError, match="the salt of a device's verifier is empty"):
        device_verifier(device_group_key="group", device_key="key", device_password="password", salt=b"")


DEVICE: dict[str, Any] = {
    "device_group_key": "group",
    "device_key": "key",
    "device_password": "password",
    "salt": bytes(range(16)),
}


def whole_exchange() -> Flow[tuple[str, str, tuple[str, str]]]:
    """Run every flow of the module, one after the other."""
    session = yield from SrpSession.begin(1234567890)
    claim = yield from session.claim_flow(**GOOD)
    return session.srp_a, claim, (yield from device_verifier_flow(**DEVICE))


def whole_exchange_at_once() -> tuple[str, str, tuple[str, str]]:
    """Do the same with the plain functions."""
    session = SrpSession(1234567890)
    return session.srp_a, session.claim(**GOOD), device_verifier(**DEVICE)


def test_the_flows_give_what_the_functions_give_in_a_thread() -> None:
    """Under the sync driver, the flows come to the same results as the plain functions."""
    assert whole_exchange_at_once() == Driver(mock.Mock()).run(whole_exchange())


@pytest.mark.anyio
async def test_the_flows_give_what_the_functions_give_on_an_event_loop() -> None:
    """Under the async driver, the flows come to the same results as the plain functions."""
    assert whole_exchange_at_once() == await AsyncDriver(mock.Mock()).run(whole_exchange())


FLOWS: dict[str, Callable[[], Flow[Any]]] = {
    "begin": SrpSession.begin,
    "claim": lambda: SrpSession(1).claim_flow(**GOOD),
    "device": lambda: device_verifier_flow(**DEVICE),
}


@pytest.mark.parametrize("name", FLOWS)
def test_computations_take_turns(name: str) -> None:
    """A flow computes while it holds the one lock of the process, and in slices of a millisecond that are offloaded."""
    held = FLOWS[name]().send(None)
    assert isinstance(held, Hold)
    assert srp._turn() is held.lock
    with mock.patch.object(srp, "advance", side_effect=[None, None, Done("result")]) as advanced:
        offloaded = run_by_hand(held.flow)
    assert offloaded == (3, "result")
    assert [0.001] * 3 == [call.args[1] for call in advanced.mock_calls]


def run_by_hand(flow: Flow[Any]) -> tuple[int, Any]:
    """Run a flow that only offloads; return how often it did, and its result."""
    count, answer = 0, None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as stop:
            return count, stop.value
        assert isinstance(effect, Offload)
        count, answer = count + 1, effect.function()


def test_nothing_is_computed_but_in_slices() -> None:
    """Cut into single steps, a claim takes more than 100 offloaded calls, and is the same."""
    held = SrpSession(2**255 + 1).claim_flow(**GOOD).send(None)
    assert isinstance(held, Hold)
    with mock.patch.object(srp, "_SLICE_SECONDS", 0):
        count, claim = run_by_hand(held.flow)
    assert (count > 100, SrpSession(2**255 + 1).claim(**GOOD)) == (True, claim)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_child_process_does_not_wait_for_its_parent() -> None:
    """A process that forks while one of its threads computes leaves the child a lock that is free."""
    program = """if True:
        import os
        from cognito_idp.sign_in import srp
        srp._turn().for_threads.acquire()
        child = os.fork()
        if child == 0:
            os._exit(0 if srp._turn().for_threads.acquire(blocking=False) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert not srp._turn().for_threads.acquire(blocking=False)
    """
    subprocess.run([sys.executable, "-c", program], check=True)


@given(seconds=st.floats(0, 253402300799))
def test_timestamps_are_in_english_with_the_day_unpadded(seconds: float) -> None:
    """A timestamp says what the date of a mail says, in another order, for any second until the year 9999."""
    weekday, day, month, year, time, _ = formatdate(int(seconds), usegmt=True).split()
    assert f"{weekday[:3]} {month} {int(day)} {time} UTC {year}" == timestamp_of(seconds)


@pytest.mark.parametrize(
    ("seconds", "timestamp"),
    [(1739212212.9, "Mon Feb 10 18:30:12 UTC 2025"), (1741050061, "Tue Mar 4 01:01:01 UTC 2025")],
)
def test_timestamps_have_the_form_that_the_service_takes(seconds: float, timestamp: str) -> None:
    """Hours, minutes and seconds have two digits, the day as few as it needs, and fractions are cut off."""
    assert timestamp == timestamp_of(seconds)


def test_timestamps_do_not_depend_on_the_locale() -> None:
    """Where the process speaks another language, the timestamp is in English all the same."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "ja_JP.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            assert timestamp_of(1741050061) == "Tue Mar 4 01:01:01 UTC 2025"
            return
    finally:
        locale.setlocale(locale.LC_ALL, before)
    pytest.skip("this machine has no locale of another language")


@pytest.mark.slow
@asks_pycognito
@few
@given(
    user_id=st.text(min_size=1),
    password=st.text(),
    salt=st.integers(1, 2**128),
    secrets=st.tuples(*[secrets_of_both] * 2),
)
def test_claims_are_those_of_pycognito(user_id: str, password: str, salt: int, secrets: tuple[int, int]) -> None:
    """pycognito, where it is installed, claims the same with the same secret."""
    pycognito: Any = pytest.importorskip("pycognito")
    theirs = pycognito.AWSSRP("user", password, "us-east-1_pool", "client", client=mock.Mock())
    theirs.small_a_value = secrets[0]
    theirs.large_a_value = theirs.calculate_a()
    session = SrpSession(secrets[0])
    exchange = Exchange(enrol(f"pool{user_id}", password, salt), session.srp_a, secrets[1])
    parameters = {
        "USERNAME": user_id,
        "USER_ID_FOR_SRP": user_id,
        "SALT": exchange.salt,
        "SRP_B": exchange.srp_b,
        "SECRET_BLOCK": exchange.secret_block,
    }
    answer = theirs.process_challenge(parameters, {"USERNAME": user_id})
    claim = session.claim(
        pool_name="pool",
        user_id=user_id,
        password=password,
        srp_b=exchange.srp_b,
        salt=exchange.salt,
        secret_block=exchange.secret_block,
        timestamp=answer["TIMESTAMP"],
    )
    assert (theirs.get_auth_params()["SRP_A"], answer["PASSWORD_CLAIM_SIGNATURE"]) == (session.srp_a, claim)


@asks_pycognito
@pytest.mark.parametrize("block", ["3f1c8a52-6b7d-4e9f-a0b1-c2d3e4f5a6b7", "YQ==", " YQ\n==", "Y-WF_hYQ==", ""])
def test_opaque_blocks_are_read_as_pycognito_reads_them(block: str) -> None:
    """Where pycognito makes a claim for a block that is not base64, such as moto's UUID, ours is the same.

    The name that it answers with is the challenge's USERNAME, while the proof is made for USER_ID_FOR_SRP.
    """
    pycognito: Any = pytest.importorskip("pycognito")
    theirs = pycognito.AWSSRP("alias", "password", "us-east-1_pool", "client", client=mock.Mock())
    theirs.small_a_value = 1234567890
    theirs.large_a_value = theirs.calculate_a()
    parameters = {"USERNAME": "mary", "USER_ID_FOR_SRP": "0f1e", "SALT": "def", "SRP_B": "abc", "SECRET_BLOCK": block}
    answer = theirs.process_challenge(parameters, {"USERNAME": "alias"})
    claim = SrpSession(1234567890).claim(
        **{**GOOD, "user_id": "0f1e", "secret_block": block, "timestamp": answer["TIMESTAMP"]}
    )
    assert ("mary", answer["PASSWORD_CLAIM_SIGNATURE"]) == (answer["USERNAME"], claim)
