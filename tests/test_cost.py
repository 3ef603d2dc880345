"""What a warm call costs, in counts: seconds differ from machine to machine, and calls, blocks and modules do not.

A bound that a change breaks is a question, not a law: is what the change brings worth it? If so, raise the bound with
the change, and say so in the commit.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cognito_idp
from cognito_idp import AsyncClient, Client
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._protocol.wire import HttpRequest, HttpResponse
from tests.support.kit import CREDENTIALS, with_transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKENS = dict.fromkeys(("AccessToken", "IdToken", "RefreshToken"), "t" * 1000)
BODY = json.dumps({"AuthenticationResult": {**TOKENS, "ExpiresIn": 3600}, "ChallengeParameters": {}}).encode()
ANSWER = HttpResponse(200, (("x-amzn-requestid", "id"), ("content-length", str(len(BODY)))), BODY)
SIGN_IN: Any = {
    "user_pool_id": "us-east-1_a",
    "client_id": "c",
    "auth_flow": "ADMIN_USER_PASSWORD_AUTH",
    "auth_parameters": {"USERNAME": "u", "PASSWORD": "p"},
}

# Measured on CPython 3.11: 116 calls, 15.2 kB, no block kept, 127 modules of which 57 are ours, 28 sources compiled (30
# on 3.13). Which modules of others are loaded, their versions decide, too.
PYTHON_CALLS = 116
BYTES_AT_PEAK = 16_000
BLOCKS_KEPT = 5
MODULES = 130
OWN_MODULES = 57
COMPILED = 30
# What a program that has made no call yet must not have paid for.
NOT_YET = {
    "anyio",
    "asyncio",
    "cattrs",
    "cognito_idp._user_errors",
    "cognito_idp.model.exceptions",
    "cryptography",
    "datetime",
    "httpx",
    "logging",
    "socket",
    "ssl",
    "urllib.request",
    "uuid",
}


@pytest.fixture(autouse=True)
def _unmeasured() -> Iterator[None]:
    """Stop the measuring of coverage, which keeps memory of its own for what runs."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


class Null:
    """A network that answers at once."""

    name = "null"

    def send(self, _: HttpRequest) -> HttpResponse:
        """Answer."""
        return ANSWER

    def close(self) -> None:
        """Close nothing."""


class AsyncNull:
    """A network that answers at once."""

    name = "null"

    async def send(self, _: HttpRequest) -> HttpResponse:
        """Answer."""
        return ANSWER

    async def close(self) -> None:
        """Close nothing."""


def sync_call() -> Callable[[], object]:
    """Return a function that makes a warm call of the sync client."""
    client = Client("us-east-1", credentials=CREDENTIALS)
    with_transport(client, lambda: (Null(), Driver(Null())))
    client.admin_initiate_auth(**SIGN_IN)
    return lambda: client.admin_initiate_auth(**SIGN_IN)


def async_call() -> Callable[[], object]:
    """Return a function that makes a warm call of the async client, which has nothing to wait for."""
    client = AsyncClient("us-east-1", credentials=CREDENTIALS)
    with_transport(client, lambda: (AsyncNull(), AsyncDriver(AsyncNull())))

    def call() -> object:
        try:
            client.admin_initiate_auth(**SIGN_IN).send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError

    call()
    return call


def python_calls(function: Callable[[], object]) -> int:
    """Return how many Python functions were entered, resumed generators included."""
    count = 0

    def profile(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    # A collection within the call would count what other tests' objects do as they go.
    gc.collect()
    gc.disable()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@pytest.mark.slow
@pytest.mark.parametrize("make", [sync_call, async_call])
def test_python_calls_of_a_warm_call(make: Callable[[], Callable[[], object]]) -> None:
    """One warm call enters no more Python functions than the bound says."""
    call = make()
    call()
    # The least of three: the date of a request is written anew each second.
    assert min(python_calls(call) for _ in range(3)) <= PYTHON_CALLS


@pytest.mark.slow
@pytest.mark.parametrize("make", [sync_call, async_call])
def test_memory_of_a_warm_call(make: Callable[[], Callable[[], object]]) -> None:
    """A hundred warm calls leave next to nothing behind, and one takes little more than its answer while it runs."""
    call = make()
    call()
    gc.collect()
    tracemalloc.start()
    try:
        call()
        before = tracemalloc.take_snapshot()
        for _ in range(100):
            call()
        gc.collect()
        after = tracemalloc.take_snapshot()
        tracemalloc.reset_peak()
        now, _ = tracemalloc.get_traced_memory()
        call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    package = str(Path(cognito_idp.__file__).parent)
    differences = after.compare_to(before, "filename")
    kept = sum(each.count_diff for each in differences if each.traceback[0].filename.startswith(package))
    assert kept <= BLOCKS_KEPT
    assert peak - now <= BYTES_AT_PEAK


PROGRAM = """
import sys
before = set(sys.modules)
from cognito_idp import Client, Credentials
client = Client("us-east-1", credentials=Credentials("AKIDEXAMPLE", "secret"))
print(*sorted(set(sys.modules) - before))
client.close()
"""


def test_modules_before_the_first_call() -> None:
    """Making a client imports no more modules than the bound says, and no HTTP library, asyncio or cattrs."""
    output = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    # The private ones, such as _sha2 and _tokenize, are other ones in each version of Python.
    modules = {name for name in output.split() if not name.startswith("_")}
    assert set() == modules & NOT_YET
    assert len(modules) <= MODULES
    assert len([name for name in modules if name.startswith("cognito_idp")]) <= OWN_MODULES


FIRST_STRUCTS = """
import sys
import attrs, cattrs, json
compiled = []
def hook(event, args):
    if event == "compile" and not str(args[1]).endswith(".py"):  # a module without a .pyc file
        compiled.append(args[0])
sys.addaudithook(hook)
from cognito_idp import AdminInitiateAuthRequest, AdminInitiateAuthResponse, Client, Credentials, from_wire, to_wire
Client("us-east-1", credentials=Credentials("AKIDEXAMPLE", "secret")).close()
to_wire(AdminInitiateAuthRequest(user_pool_id="p", client_id="c", auth_flow="USER_AUTH", auth_parameters={"A": "b"}))
from_wire(AdminInitiateAuthResponse, {"AuthenticationResult": {"AccessToken": "a"}, "ChallengeParameters": {}})
print(len(compiled))
"""


def test_what_is_compiled_before_the_first_answer() -> None:
    """Beyond modules, no more source is compiled than the bound says: by `attrs.define` above all, once a class."""
    run = [sys.executable, "-c", FIRST_STRUCTS]
    assert int(subprocess.run(run, check=True, capture_output=True, text=True).stdout) <= COMPILED


@pytest.mark.slow
def test_the_counters_count() -> None:
    """The count of Python calls is that of the functions entered, so that a bound means something."""

    def outer() -> None:
        inner()
        inner()

    def inner() -> None:
        pass

    assert 3 == python_calls(outer)
