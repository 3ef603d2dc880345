"""The faults, what each does to a call, and what may come of it."""

from __future__ import annotations

import random
import re
import threading
from typing import TYPE_CHECKING, NamedTuple

from cognito_idp import Credentials, Timeout
from cognito_idp._call.retry import Retry, StandardRetry
from cognito_idp._protocol.repeat import is_retryable
from cognito_idp.errors import (
    ConnectError,
    DeadlineExceededError,
    InvalidResponseError,
    ProtocolError,
    ReadError,
    ReadTimeoutError,
    ServiceError,
    TransportError,
)
from tests.support.answers import (
    answer,
    answer_and_close,
    byte_by_byte,
    chunked,
    close,
    compressed,
    cut_off,
    drip,
    hang,
    hang_in_body,
    head,
    html_503,
    reset,
)
from tests.support.hostile import (
    MIB,
    Flood,
    OnceAConnection,
    chunks_cut_off,
    garbage,
    hang_in_head,
    page,
    reset_in_body,
    shorter_than_said,
    slowly,
)
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cognito_idp._protocol.repeat import Failure
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received

# A call that must wait for nothing has all the time; one that waits for what never comes has this much.
AMPLE = Timeout(total=PATIENCE)
SHORT = Timeout(total=PATIENCE, read=0.03)
SHORT_IN_ALL = Timeout(total=0.03)

BROKEN = (TransportError,)
# Other faults close connections that stay in the pool. The last attempt of a call that is repeated may be the one that
# meets such a connection while it closes.
ON_A_CLOSING_CONNECTION = (ProtocolError, ReadError)
NOTHING_IN_TIME = (ReadTimeoutError, *ON_A_CLOSING_CONNECTION)


class Fault(NamedTuple):
    """A way in which a server fails a call, the limits of that call, and the errors that may come of it, if any."""

    handler: Handler
    timeout: Timeout
    expected: tuple[type[Exception], ...]
    may_succeed: bool = False

    def explains(self, outcome: object) -> bool:
        """Whether a call may end so: with an error, or (None) with an answer."""
        if outcome is None:
            return self.may_succeed or not self.expected
        return isinstance(outcome, self.expected)


def faults(rotation: Rotation) -> Mapping[str, Fault]:
    """Return the faults of one server, by their names."""
    return {
        "none": Fault(answer(), AMPLE, ()),
        "reset": Fault(reset, AMPLE, BROKEN),
        "reset in body": Fault(reset_in_body, AMPLE, BROKEN),
        "closed": Fault(close, AMPLE, BROKEN),
        "closed after the answer": Fault(answer_and_close(), AMPLE, ()),
        "closed when used again": Fault(OnceAConnection(), AMPLE, BROKEN, may_succeed=True),
        "cut off": Fault(cut_off(b"{" * 100, 10), AMPLE, BROKEN),
        "cut off in chunks": Fault(chunks_cut_off, AMPLE, BROKEN),
        "half a JSON": Fault(answer(b'{"Users": ['), AMPLE, (InvalidResponseError,)),
        "hang": Fault(hang, SHORT, NOTHING_IN_TIME),
        "hang in head": Fault(hang_in_head, SHORT, NOTHING_IN_TIME),
        "hang in body": Fault(hang_in_body, SHORT, NOTHING_IN_TIME),
        "hang to the end": Fault(hang, SHORT_IN_ALL, (DeadlineExceededError,)),
        "slow drip": Fault(slowly(), AMPLE, ()),
        "drip without end": Fault(
            drip(head(200, ("Content-Length", "100000"))), SHORT_IN_ALL, (DeadlineExceededError,)
        ),
        "byte by byte": Fault(byte_by_byte(), AMPLE, ()),
        "chunked": Fault(chunked(b"{", b"}"), AMPLE, ()),
        "too short": Fault(shorter_than_said, SHORT, NOTHING_IN_TIME),
        "two lengths": Fault(
            lambda connection, _: connection.send(head(200, ("Content-Length", "2"), ("Content-Length", "9")) + b"{}"),
            AMPLE,
            (TransportError,),
        ),
        "10 MB error page": Fault(page(10_000_000), AMPLE, (InvalidResponseError,)),
        "100 MiB announced": Fault(
            lambda connection, _: connection.send(head(200, ("Content-Length", str(100 * MIB)))),
            AMPLE,
            (InvalidResponseError,),
        ),
        "body without end": Fault(Flood(), AMPLE, (InvalidResponseError,)),
        "garbage": Fault(garbage, AMPLE, BROKEN),
        "compressed": Fault(compressed(), AMPLE, (InvalidResponseError,)),
        "503 storm": Fault(html_503(), AMPLE, (InvalidResponseError, *ON_A_CLOSING_CONNECTION)),
        "503 of the service": Fault(
            answer(b'{"__type": "ServiceUnavailable"}', status=503), AMPLE, (ServiceError, *ON_A_CLOSING_CONNECTION)
        ),
        "throttled": Fault(
            answer(b'{"__type": "TooManyRequestsException"}', status=400),
            AMPLE,
            (ServiceError, *ON_A_CLOSING_CONNECTION),
        ),
        "expired credentials": Fault(rotation.handle, AMPLE, ()),
        UNKNOWN_HOST: Fault(answer(), AMPLE, (ConnectError,)),
    }


# Each costs the loopback device megabytes, so there are few of them.
HEAVY = frozenset({"10 MB error page", "body without end"})
# Nothing that a server does; a call has to go to this address.
UNKNOWN_HOST = "http://cognito-idp.example.invalid"
# Resolvers differ in how long they take, and in how long their threads stay, so there are very few of these.
RARE = frozenset({UNKNOWN_HOST})

# So many calls between two rotations that no call meets both.
_CALLS_A_ROTATION = 5


class Rotation:
    """Credentials that expire in mid-flight: now and then the server takes none but newer ones any more."""

    def __init__(self) -> None:
        self._number = 0
        self._calls: set[str] = set()
        self._lock = threading.Lock()

    def credentials(self) -> Credentials:
        """Return the newest credentials."""
        return Credentials(f"AKID{self._number}", "secret", f"token-{self._number}")

    def handle(self, connection: Connection, request: Received) -> None:
        """Let credentials expire with every fifth call, and refuse those that have."""
        found = re.search(r"Credential=AKID(\d+)/", request.header("authorization") or "")
        assert found is not None
        with self._lock:
            calls_before = len(self._calls)
            self._calls.add(request.header("amz-sdk-invocation-id") or "")
            if len(self._calls) > calls_before and calls_before % _CALLS_A_ROTATION == 0:
                self._number += 1
            is_expired = int(found[1]) < self._number
        body = b'{"__type": "ExpiredTokenException"}' if is_expired else b"{}"
        answer(body, status=400 if is_expired else 200)(connection, request)


class NoWaiting(StandardRetry):
    """Up to three attempts without a delay or a quota, so that a storm takes no time and doesn't use anything up."""

    def after_failure(
        self,
        failure: Failure,
        attempt: int,
        retry_after: float | None,  # noqa: ARG002 - the base's parameter
        random: Callable[[], float],  # noqa: ARG002 - the base's parameter
        now: float,  # noqa: ARG002 - the base's parameter
    ) -> Retry | None:
        """Go again at once."""
        return Retry(0.0, 0) if attempt < self.max_attempts and is_retryable(failure) else None


def plan(names: Iterable[str], number: int) -> list[str]:
    """Return so many names of faults in an order that is always the same, of the heavy and rare ones a few."""
    names = sorted(names)
    shuffled = random.Random(number)
    some = number // 500
    chosen = [name for name in names for _ in range(some if name in RARE else some + 1 if name in HEAVY else 0)]
    light = [name for name in names if name not in HEAVY | RARE]
    chosen += [light[place % len(light)] for place in range(number - len(chosen))]
    shuffled.shuffle(chosen)
    return chosen
