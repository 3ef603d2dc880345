"""The kinds of call, run by Pyodide: each is an async function; `main` runs all and prints what became of each.

It sees the library as a user does, with the addresses of two servers in the environment: ministack, and the suite's own
server, which behaves as each request asks (`Behaviour`) and counts the requests by their `Mark`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import struct
import sys
import time
import traceback
from base64 import b32decode
from contextlib import asynccontextmanager
from itertools import pairwise
from statistics import median
from typing import Any

import cognito_idp
from cognito_idp import (
    AppClient,
    AsyncClient,
    AsyncTokenVerifier,
    AsyncUserSession,
    Client,
    Credentials,
    SignedIn,
    Timeout,
    TokenVerifier,
    TrustedPool,
)
from cognito_idp.errors import (
    ClientClosedError,
    ConfigError,
    ConnectError,
    CredentialsError,
    DeadlineExceededError,
    InvalidResponseError,
    NoCredentialsError,
    NotAuthorizedException,
    ReadError,
    ReadTimeoutError,
    TokenFormatError,
    TokenSignatureError,
)

REGION = "us-east-1"
PASSWORD = "Correct-Horse-1"
NEW_PASSWORD = "Battery-Staple-2"
MINISTACK = os.environ["MINISTACK"]
FAULTS = os.environ["FAULTS"]
KEYS = Credentials(*os.environ["KEYS"].split())
ANYBODY = Credentials("AKIDEXAMPLE", "secret")
FLOWS = [
    f"ALLOW_{flow}"
    for flow in ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH")
]
KINDS: dict[str, Any] = {}


def kind(function: Any) -> Any:
    """Add a kind of call."""
    KINDS[function.__name__] = function
    return function


def ministack(**settings: Any) -> AsyncClient:
    """Make a client of ministack."""
    return AsyncClient(REGION, **{"credentials": KEYS, "endpoint_url": MINISTACK, **settings})


def faults(**settings: Any) -> AsyncClient:
    """Make a client of the server that misbehaves."""
    return AsyncClient(REGION, **{"credentials": ANYBODY, "endpoint_url": FAULTS, "retry": "off", **settings})


async def counted(mark: str) -> int:
    """Return how many requests with a mark came in."""
    async with faults() as client:
        return int((await client.call("ListUsers", {"Behaviour": "count", "Counted": mark}))["Count"])


async def raised(expected: type[BaseException], awaitable: Any) -> Any:
    """Return the exception that an awaitable ends with, which must be of a class, and not of another one."""
    try:
        result = await awaitable
    except expected as error:
        return error
    except Exception as error:
        raise AssertionError(f"{error!r} in place of {expected.__name__}") from error
    raise AssertionError(f"no {expected.__name__}, but {result!r}")


class Pool:
    """A pool with an app client and users."""

    def __init__(self, client: AsyncClient, app: AppClient) -> None:
        self.client, self.app = client, app

    async def add(self, name: str, *, permanent: bool = True) -> None:
        """Make a user."""
        pool_id = self.app.user_pool_id
        await self.client.admin_create_user(
            user_pool_id=pool_id, username=name, temporary_password=PASSWORD, message_action="SUPPRESS"
        )
        if permanent:
            await self.client.admin_set_user_password(
                user_pool_id=pool_id, username=name, password=PASSWORD, permanent=True
            )

    def trusted(self) -> TrustedPool:
        """Return the pool for a verifier."""
        pool_id = self.app.user_pool_id
        return TrustedPool(
            pool_id, client_ids=self.app.client_id, jwks_uri=f"{MINISTACK}/{pool_id}/.well-known/jwks.json"
        )


@asynccontextmanager
async def new_pool(*users: str, **settings: Any) -> Any:
    """Make a pool for the length of the block."""
    async with ministack() as client:
        made: Any = (await client.create_user_pool(pool_name="people", **settings)).user_pool
        app: Any = (
            await client.create_user_pool_client(user_pool_id=made.id, client_name="web", explicit_auth_flows=FLOWS)
        ).user_pool_client
        pool = Pool(client, AppClient(made.id, app.client_id))
        for user in users:
            await pool.add(user)
        yield pool
        await client.delete_user_pool(user_pool_id=made.id)


async def signed_in(pool: Pool, name: str = "mary", **settings: Any) -> SignedIn:
    """Sign in by SRP."""
    outcome = await pool.client.sign_in(pool.app, username=name, password=PASSWORD, **settings)
    assert isinstance(outcome, SignedIn), outcome
    return outcome


def totp(secret: str) -> str:
    """Return the code of now (RFC 6238)."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


@kind
async def the_default_is_fetch() -> None:
    """The default engine is `fetch`; those that need sockets are refused by name, with what to do."""
    assert "fetch" == faults().transport_name
    for name in ("httpx", "stdlib"):
        try:
            faults(transport=name)
        except ConfigError as error:
            assert "JavaScript's fetch is used" in str(error), error
        else:
            raise AssertionError(name)


@kind
async def signed_calls() -> None:
    """The server checks the signatures of calls, also of non-ASCII members, and refuses a wrong secret."""
    async with ministack() as client:
        await client.list_user_pools(max_results=10)
        made: Any = (await client.create_user_pool(pool_name="people", user_pool_tags={"über": "日本"})).user_pool
        await client.delete_user_pool(user_pool_id=made.id)
    async with ministack(credentials=Credentials(KEYS.access_key_id, "wrong")) as client:
        error = await raised(cognito_idp.ServiceError, client.list_user_pools(max_results=10))
        assert "Signature" in error.code, error


@kind
async def a_refusal() -> None:
    """An error of the service is its exception."""
    async with new_pool("mary") as pool:
        await raised(
            NotAuthorizedException,
            pool.client.initiate_auth(
                client_id=pool.app.client_id,
                auth_flow="USER_PASSWORD_AUTH",
                auth_parameters={"USERNAME": "mary", "PASSWORD": "wrong"},
            ),
        )


@kind
async def paging() -> None:
    """Pages are walked to their end."""
    async with new_pool(*(f"user{number}" for number in range(7))) as pool:
        names = [
            user.username async for user in pool.client.iter_list_users(user_pool_id=pool.app.user_pool_id, limit=3)
        ]
        assert 7 == len(set(names)), names


@kind
async def password_sign_in() -> None:
    """A sign-in with the password in the request."""
    async with new_pool("mary") as pool:
        assert (await signed_in(pool, flow="USER_PASSWORD_AUTH")).tokens.access_token


@kind
async def srp_lets_the_loop_breathe() -> None:
    """Other tasks run while SRP computes: the loop waits for a slice, and never for a whole claim."""
    claim = {"pool_name": "p", "user_id": "u", "password": PASSWORD, "salt": "ab" * 16}
    claim |= {"srp_b": "c" * 768, "secret_block": "QUJD", "timestamp": "Mon Feb 10 18:30:12 UTC 2025"}
    gaps, claims = [], []
    async with faults() as client:
        # On a loaded machine all of it takes longer. The first round imports and compiles.
        for _ in range(10):
            session = await client._run(cognito_idp.SrpSession.begin())
            gaps.append(await longest_gap(client._run(session.claim_flow(**claim))))
            started = time.perf_counter()
            session.claim(**claim)
            claims.append(time.perf_counter() - started)
    gap, whole = median(gaps[1:]), median(claims[1:])
    assert gap < whole / 2, (gap, whole)
    print(f"SRP: the loop waits for {gap * 1000:.1f} ms; a claim takes {whole * 1000:.1f} ms")


async def longest_gap(awaitable: Any) -> float:
    """Return for how many seconds at most no other task ran before something was done."""
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0)

    ticking = asyncio.ensure_future(tick())
    await asyncio.sleep(0)
    await awaitable
    ticks.append(time.perf_counter())
    ticking.cancel()
    return max(after - before for before, after in pairwise(ticks))


@kind
async def totp_sign_in() -> None:
    """An authenticator app is set up, and its code is asked for."""
    async with new_pool("mary") as pool:
        await pool.client.set_user_pool_mfa_config(
            user_pool_id=pool.app.user_pool_id,
            mfa_configuration="OPTIONAL",
            software_token_mfa_configuration={"enabled": True},
        )
        token = (await signed_in(pool)).tokens.access_token
        setup: Any = await pool.client.associate_software_token(access_token=token)
        await pool.client.verify_software_token(access_token=token, user_code=totp(setup.secret_code))
        await pool.client.set_user_mfa_preference(
            access_token=token, software_token_mfa_settings={"enabled": True, "preferred_mfa": True}
        )
        challenge = await pool.client.sign_in(pool.app, username="mary", password=PASSWORD)
        assert isinstance(challenge, cognito_idp.SoftwareTokenMfa), challenge
        outcome = await pool.client.respond(pool.app, challenge, code=totp(setup.secret_code))
        assert isinstance(outcome, SignedIn), outcome


@kind
async def a_stored_challenge() -> None:
    """A challenge is stored as text, and answered from that."""
    async with new_pool() as pool:
        await pool.add("anna", permanent=False)
        challenge = await pool.client.sign_in(pool.app, username="anna", password=PASSWORD)
        state = challenge.to_state()
        outcome = await pool.client.respond(
            pool.app, cognito_idp.challenge_from_state(state), new_password=NEW_PASSWORD
        )
        assert isinstance(outcome, SignedIn), outcome


@kind
async def refreshed_sessions() -> None:
    """A session refreshes its tokens, once for ten tasks that ask at a time."""
    async with new_pool("mary") as pool:
        session = AsyncUserSession(pool.client, pool.app, await signed_in(pool))
        before = await session.access_token()
        await asyncio.gather(*(session.refresh() for _ in range(10)))
        assert before != await session.access_token()


@kind
async def verified_tokens() -> None:
    """A verifier fetches the keys and checks signatures, without PyJWT and cryptography."""
    assert "jwt" not in sys.modules
    async with new_pool("mary") as pool:
        tokens = (await signed_in(pool)).tokens
        async with AsyncTokenVerifier(pool.trusted(), token_use="access") as verifier:
            assert "mary" == (await verifier.verify(tokens.access_token)).username
            head, payload, signature = tokens.access_token.split(".")
            other = ("B" if signature[9] == "A" else "A").join((signature[:9], signature[10:]))
            await raised(TokenSignatureError, verifier.verify(f"{head}.{payload}.{other}"))


@kind
async def a_token_that_is_nested_too_deep() -> None:
    """Tokens and answers of thousands of brackets are refused, and the interpreter lives on."""
    part = cognito_idp._protocol.base64url.base64url(b"[" * 4_000)
    verifier = AsyncTokenVerifier(TrustedPool("us-east-1_a", client_ids=None), token_use="access")
    await raised(TokenFormatError, verifier.verify(f"{part}.{part}.{part}"))
    async with faults() as client:
        await raised(InvalidResponseError, client.call("ListUsers", {"Behaviour": "nested"}))


@kind
async def warm_up() -> None:
    """A client is warmed up."""
    async with ministack() as client:
        await client.warm_up("AdminInitiateAuth", "RespondToAuthChallenge")
        await client.renew()
        await client.list_user_pools(max_results=1)


@kind
async def retries() -> None:
    """What may be repeated is sent three times: after errors of the server, broken connections and broken answers."""
    for behaviour in ("500", "reset", "close", "cut off", "garbage"):
        async with faults(retry="standard") as client:
            members = {"Behaviour": behaviour, "Mark": f"retries {behaviour}"}
            expected = cognito_idp.InternalErrorException if behaviour == "500" else ReadError
            error = await raised(expected, client.call("ListUsers", members))
            assert 3 == error.attempts, error
        assert 3 == await counted(f"retries {behaviour}")


@kind
async def nothing_is_signed_up_twice() -> None:
    """What must not be repeated is sent once, and no failure counts as a connection that could not be made."""
    for behaviour in ("reset", "close", "cut off", "garbage"):
        async with faults(retry="standard") as client:
            members = {"Behaviour": behaviour, "Mark": f"once {behaviour}"}
            error = await raised(ReadError, client.call("SignUp", members))
            assert error.sent and error.is_repeatable is False, error
        assert 1 == await counted(f"once {behaviour}")


@kind
async def no_server() -> None:
    """A refused connection, and a name that doesn't exist, are `ReadError`s; nothing is in a group."""
    for url in (os.environ["NOBODY"], "http://nobody.invalid:8080"):
        async with AsyncClient(REGION, credentials=ANYBODY, endpoint_url=url, allow_http=True, retry="off") as client:
            error = await raised(ReadError, client.call("ListUsers"))
            assert not isinstance(error, ConnectError)
            assert "fetch failed" in str(error), error


@kind
async def adaptive_retries() -> None:
    """After throttles, an adaptive client waits before it sends."""
    async with faults(retry="adaptive") as client:
        error = await raised(
            cognito_idp.TooManyRequestsException, client.call("ListUsers", {"Behaviour": "throttled", "Mark": "slow"})
        )
        assert error.is_throttle
        await client.call("ListUsers")
    assert 3 == await counted("slow")


@kind
async def time_limits() -> None:
    """Each limit of time ends a call, wherever the server hangs: in all, before the head, within the body."""
    async with faults(timeout=0.2) as client:
        for behaviour in ("hang", "hang in body", "drip"):
            await raised(DeadlineExceededError, client.call("ListUsers", {"Behaviour": behaviour}))
    short = Timeout(total=20, connect=0.05, write=0.05, read=0.1)
    async with faults(timeout=short) as client:
        for behaviour in ("hang", "hang in body"):
            error = await raised(ReadTimeoutError, client.call("ListUsers", {"Behaviour": behaviour}))
            assert "within 0." in str(error), error


@kind
async def size_limits() -> None:
    """An answer that is too large is refused while it comes, announced or not, and so is one that unpacks to that."""
    async with faults(max_response_bytes=100_000) as client:
        for behaviour in ("large", "flood", "bomb"):
            error = await raised(InvalidResponseError, client.call("ListUsers", {"Behaviour": behaviour}))
            assert "limit of 100,000 bytes" in str(error), error


@kind
async def no_redirects() -> None:
    """A redirect is not followed."""
    async with faults() as client:
        members = {"Behaviour": "redirect", "Mark": "first"}
        error = await raised(cognito_idp.UnknownServiceError, client.call("ListUsers", members))
        assert 307 == error.status_code, error
    # It would be sent on with its body, and so with its mark.
    assert 1 == await counted("first")


@kind
async def compressed_answers() -> None:
    """What the runtime has unpacked is read."""
    async with faults() as client:
        assert {"Unpacked": True} == await client.call("ListUsers", {"Behaviour": "compressed"})


@kind
async def cancelled_calls() -> None:
    """A cancelled call closes its connection, and the next call works."""
    async with faults() as client:
        for behaviour in ("hang", "hang in body"):
            call = asyncio.ensure_future(client.call("ListUsers", {"Behaviour": behaviour, "Mark": behaviour}))
            while not await counted(behaviour):
                pass
            call.cancel()
            await raised(asyncio.CancelledError, call)
            while await open_now(behaviour):
                pass
            await client.call("ListUsers")


async def open_now(mark: str) -> int:
    """Return how many requests with a mark are still being answered."""
    async with faults() as client:
        return int((await client.call("ListUsers", {"Behaviour": "open", "Counted": mark}))["Count"])


@kind
async def twenty_at_once() -> None:
    """Twenty calls at a time get their own answers."""
    async with faults() as client:
        answers = await asyncio.gather(
            *(client.call("ListUsers", {"Behaviour": "echo", "Number": number}) for number in range(20))
        )
        assert [{"Number": number} for number in range(20)] == answers, answers


@kind
async def closed_during_a_call() -> None:
    """Closing a client ends its calls."""
    client = faults()
    call = asyncio.ensure_future(client.call("ListUsers", {"Behaviour": "hang", "Mark": "closed"}))
    while not await counted("closed"):
        pass
    await client.aclose()
    await raised(ClientClosedError, call)
    await raised(ClientClosedError, client.call("ListUsers"))


@kind
async def credentials_from_the_environment_and_files() -> None:
    """Credentials are found in the environment, in a file and at a container's endpoint."""
    os.environ.update(AWS_ACCESS_KEY_ID=KEYS.access_key_id, AWS_SECRET_ACCESS_KEY=KEYS.secret_access_key)
    try:
        async with AsyncClient(REGION, endpoint_url=MINISTACK) as client:
            await client.list_user_pools(max_results=1)
    finally:
        del os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    os.makedirs(os.path.expanduser("~/.aws"), exist_ok=True)
    with open(os.path.expanduser("~/.aws/credentials"), "w", encoding="utf-8") as file:
        file.write(
            f"[default]\naws_access_key_id={KEYS.access_key_id}\naws_secret_access_key={KEYS.secret_access_key}\n"
            "[program]\ncredential_process=/bin/echo\n"
        )
    async with AsyncClient(REGION, endpoint_url=MINISTACK) as client:
        await client.list_user_pools(max_results=1)
    async with AsyncClient(REGION, endpoint_url=MINISTACK, profile="program") as client:
        error = await raised(CredentialsError, client.list_user_pools(max_results=1))
        assert "can't be started" in str(error), error
    os.remove(os.path.expanduser("~/.aws/credentials"))
    os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{FAULTS}/credentials"
    try:
        async with AsyncClient(REGION, endpoint_url=FAULTS) as client:
            await client.list_user_pools(max_results=1)
    finally:
        del os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]


@kind
async def no_credentials() -> None:
    """Without credentials the error says what was tried; the metadata of an instance are asked for once."""
    os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = f"{FAULTS}/absent"
    try:
        async with AsyncClient(REGION, endpoint_url=MINISTACK) as client:
            error = await raised(NoCredentialsError, client.list_user_pools(max_results=1))
            assert "IMDS" in str(error), error
    finally:
        del os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
    assert 1 == await counted("/absent/latest/api/token")


@kind
async def observers() -> None:
    """An observer sees a call, and failures show no secret."""
    events: list[Any] = []
    async with faults(observer=events.append, retry="standard") as client:
        error = await raised(ReadError, client.call("ListUsers", {"Behaviour": "close", "Password": "hunter2-hunter2"}))
    assert events
    assert "hunter2" not in f"{events!r} {error!r} {error.__cause__!r} {error.__context__!r}"


@kind
async def a_transport_of_httpx2() -> None:
    """httpx2's own transport over `fetch` works, and its failures are taken for what they are."""
    import httpx2

    transport = httpx2.AsyncHTTPTransport()
    async with faults(transport=transport, retry="standard") as client:
        assert {"Number": 1} == await client.call("ListUsers", {"Behaviour": "echo", "Number": 1})
        for behaviour in ("close", "reset"):
            members = {"Behaviour": behaviour, "Mark": f"httpx2 {behaviour}"}
            error = await raised(ReadError, client.call("SignUp", members))
            assert error.sent and not isinstance(error, ConnectError), error
            assert 1 == await counted(f"httpx2 {behaviour}")
    async with ministack(transport=httpx2.AsyncHTTPTransport()) as client:
        await client.list_user_pools(max_results=10)


@kind
async def sync_clients() -> None:
    """Where Python can wait for promises, a sync client and a sync verifier do all that the async ones do."""
    async with new_pool("mary") as pool:
        with Client(REGION, credentials=KEYS, endpoint_url=MINISTACK) as client:
            assert "fetch" == client.transport_name
            client.list_user_pools(max_results=10)
            outcome = client.sign_in(pool.app, username="mary", password=PASSWORD)
            assert isinstance(outcome, SignedIn), outcome
            session = cognito_idp.UserSession(client, pool.app, outcome)
            before = session.access_token()
            session.refresh()
            assert before != session.access_token()
        with TokenVerifier(pool.trusted(), token_use="access") as verifier:
            assert "mary" == verifier.verify(outcome.tokens.access_token).username
    with Client(REGION, credentials=ANYBODY, endpoint_url=FAULTS, timeout=20) as client:
        try:
            client.call("ListUsers", {"Behaviour": "close", "Mark": "sync"})
        except ReadError as error:
            assert 3 == error.attempts, error
        assert 3 == await counted("sync")
    with Client(REGION, credentials=ANYBODY, endpoint_url=FAULTS, timeout=0.2) as client:
        try:
            client.call("ListUsers", {"Behaviour": "hang"})
        except DeadlineExceededError:
            return
    raise AssertionError


@kind
async def sync_clients_in_two_stacks() -> None:
    """Two sync calls at a time, whose credentials are loaded for both at once, wait for each other without blocking."""
    os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{FAULTS}/credentials"
    try:
        with Client(REGION, endpoint_url=FAULTS) as client:

            async def call() -> None:
                client.list_user_pools(max_results=1)

            await asyncio.gather(call(), call())
    finally:
        del os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]


async def main() -> None:
    """Run the kinds that the environment names (all), and print what became of each."""
    chosen = os.environ.get("KINDS", "").split() or list(KINDS)
    for name in chosen:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(30):
                await KINDS[name]()
            outcome = "ok"
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is to be seen
            outcome = "".join(traceback.format_exception(error))
        print("OUTCOME", json.dumps([name, outcome, round(time.perf_counter() - started, 2)]), flush=True)
