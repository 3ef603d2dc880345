"""A stub of the service: a transport that returns the answers that a test has queued, and records the calls."""

from __future__ import annotations

import copy
import json
import warnings
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

import anyio.lowlevel
import httpx

from .._call.names import operation_meant, request_type, value_slips
from .._protocol.arguments import FLAG, FUNCTION, WHOLE, Kind, check, check_given, instance_of
from .._protocol.spelling import SLIP, did_you_mean
from .._reveal import revealed
from .._structs.convert import from_wire, to_wire
from .._structs.struct import Request, Response
from ..credentials.types import Credentials
from ..errors import CognitoIdpError, ServiceError
from .retry import NoWaitRetry
from .stub_queue import Call, Entry, Queue

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ..async_client import AsyncClient
    from ..client import Client
    from .stub_queue import Failure, Times

# For pytest: a test that fails in here is told by the message, not by the lines of this module.
__tracebackhide__ = True

R = TypeVar("R")
Q = TypeVar("Q", bound=Request[Any])

_REQUEST = instance_of(Request, "a request struct such as GetUserRequest(...)")
_REQUEST_CLASS = Kind(
    "the class of a request struct such as GetUserRequest",
    lambda value: isinstance(value, type) and issubclass(value, Request),
)
_REQUEST_ERROR, _NOT_FOUND, _SERVICE_FAULT = 400, 404, 500


class StubTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `Client` and `AsyncClient` that answers with queued structs and errors.

    `client()` and `async_client()` make clients that need no credentials and no region, and retry without a wait. You
    can also pass the stub to your own client: `Client(transport=stub, ...)`. At the end of a `with` block, or of a test
    with the fixture `cognito_stub`, it fails if an answer was never used. Threads and tasks may share it.

    An enum value that this version doesn't know is taken, as by the client. If it is spelled nearly like a known one,
    the stub warns once (`UserWarning`), since the service would probably refuse it.

    ```
    with StubTransport() as stub:
        stub.add(GetUserResponse(username="mary", user_attributes=[]))
        stub.add(NotAuthorizedException("Access Token has expired"), to=GetUserRequest)
        client = stub.client()
        ...
        assert "token" == stub.sent(GetUserRequest)[0].access_token
    ```

    Args:
        in_order: calls to all operations must come in the order in which their answers were added. By default, only
            the answers to the same operation are used in order.
    """

    def __init__(self, *, in_order: bool = False) -> None:
        check(FLAG, in_order=in_order)
        self._queue = Queue(in_order=in_order)
        self._warned: set[str] = set()

    @overload
    def add(
        self,
        *answers: R | Failure,
        to: type[Request[R]] | Request[R],
        when: Callable[[Any], bool] | None = None,
        times: Times = 1,
    ) -> None: ...
    @overload
    def add(self, *answers: Response, when: Callable[[Any], bool] | None = None, times: Times = 1) -> None: ...
    def add(
        self,
        *answers: Any,
        to: Any = None,
        when: Callable[[Any], bool] | None = None,
        times: Times = 1,
    ) -> None:
        """Queue answers: response structs, service errors, or the failures of a transport.

        Each call takes the first answer that matches its operation and request. Several answers serve as many calls,
        one after the other: pages, or a throttle and the answer to the retry.

        Args:
            answers: response structs; `ServiceError`s, which the service then returns; `TransportError`s and
                `InvalidResponseError`s, which the transport then raises.
            to: the class of a request struct, or a request that must be sent exactly like this. You can leave it out if
                the answer's class determines the operation.
            when: a function that takes a request struct and returns whether the answers are for it.
            times: the number of calls that each answer serves; `"any"` is any number, including none.

        Raises:
            TypeError: an answer doesn't belong to the operation, or the operation is unknown.
            ValueError: `times` is neither a number above 0 nor `"any"`.
        """
        check_given(FUNCTION, when=when)
        if not answers:
            msg = "add() takes at least one answer"
            raise TypeError(msg)
        self._queue.add([Entry(answer, to, when, times) for answer in answers])

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in order."""
        return tuple(self._queue.calls)

    @property
    def requests(self) -> tuple[Request[Any], ...]:
        """The request structs of every call so far, in order."""
        return tuple(call.request for call in self.calls)

    def sent(self, cls: type[Q]) -> tuple[Q, ...]:
        """Return the requests of one operation so far, in order; `cls` is the class of its request struct."""
        check(_REQUEST_CLASS, cls=cls)
        return tuple(request for request in self.requests if isinstance(request, cls))

    def assert_sent(self, request: Request[Any], *, times: int = 1) -> None:
        """Check that exactly this request was sent this many times.

        Raises:
            AssertionError: it was not; the text lists the operation's requests and what differs, with secrets masked.
        """
        check(_REQUEST, request=request)
        check(WHOLE, times=times)
        sent = self.sent(type(request))
        if sent.count(request) == times:
            return
        entry = Entry(ServiceError(), request, None, 1)
        lines = [
            f"\n  {revealed(other)}: {'a match' if other == request else entry.misfit(other)}" for other in sent
        ] or " nothing"
        count, wanted = sent.count(request), revealed(request)
        msg = f"{count} times, not {times}: {wanted}\nsent to {request.operation.name}:{''.join(lines)}"
        raise AssertionError(msg)

    def assert_done(self) -> None:
        """Check that every answer was used, and that every call had an answer.

        Raises:
            UnexpectedCallError: a call had no answer, and the program under test swallowed the error.
            LeftoverAnswersError: an answer was never used.
        """
        self._queue.check()

    @property
    def unexpected(self) -> str:
        """The error messages of all unexpected calls; empty if there were none."""
        return self._queue.problems()

    def reset(self) -> None:
        """Forget all answers and calls."""
        self._queue.clear()

    def client(self, region: str = "us-east-1", **settings: Any) -> Client:
        """Make a sync client that uses this stub; `settings` are those of `Client`."""
        from ..client import Client

        return Client(region, transport=self, **_with_defaults(settings))

    def async_client(self, region: str = "us-east-1", **settings: Any) -> AsyncClient:
        """Make an async client that uses this stub; `settings` are those of `AsyncClient`."""
        from ..async_client import AsyncClient

        return AsyncClient(region, transport=self, **_with_defaults(settings))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client, after a checkpoint for other tasks."""
        await anyio.lowlevel.checkpoint()
        return self._answer(request)

    def __repr__(self) -> str:
        return f"StubTransport({self._queue!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        # If the block failed, another error would only hide the cause.
        if exc_type is None:
            self.assert_done()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.__exit__(exc_type, exc_value, traceback)

    def close(self) -> None:
        """Do nothing: other clients may still use the stub."""

    async def aclose(self) -> None:
        """Do nothing: other clients may still use the stub."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path == "/" and "x-amz-target" not in request.headers:
            # `warm_up` opens a connection like this; any answer will do.
            return httpx.Response(_NOT_FOUND)
        answer = self._queue.take(self._call(request))
        if isinstance(answer, Response):
            return _success(answer, len(self._queue.calls))
        if isinstance(answer, ServiceError):
            return _refusal(answer, len(self._queue.calls))
        # A copy, since each attempt writes its number into the error that it catches.
        raise copy.copy(answer)

    def _call(self, request: httpx.Request) -> Call:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        cls = request_type(operation)
        if cls is None:
            what = operation or f"{request.method} {request.url.host}{request.url.path}"
            msg = (
                f"unexpected request: {what} is not an operation that this version knows, and a stub answers nothing "
                "else; pass credentials= to the client, and the pool's keys to a TokenVerifier (TrustedPool(jwks=))"
            )
            raise self._queue.unexpected(msg + did_you_mean(operation_meant(operation)))
        members = json.loads(request.read())
        try:
            struct = from_wire(cls, members)
        except CognitoIdpError as error:
            problem = str(error)
        else:
            self._warn_of_slips(struct)
            return Call(struct, str(request.url), dict(request.headers))
        msg = f"unexpected call: the request to {operation} is not a valid {cls.__name__}: {problem}"
        raise self._queue.unexpected(msg)

    def _warn_of_slips(self, request: Request[Any]) -> None:
        """Warn of an enum value that is nearly a known one, once: the service would refuse it."""
        for slip in map(str, value_slips(request, SLIP)):
            if slip not in self._warned:
                self._warned.add(slip)
                warnings.warn(slip, stacklevel=2)


def _with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    return {"credentials": Credentials("STUBBEDACCESSKEYID", "stubbed"), "retry": NoWaitRetry(), **settings}


def _success(answer: Response, number: int) -> httpx.Response:
    request_id = answer.metadata.request_id or f"stub-{number}"
    return httpx.Response(200, json=to_wire(answer), headers={"x-amzn-requestid": request_id})


def _refusal(error: ServiceError, number: int) -> httpx.Response:
    status = error.status_code or (_SERVICE_FAULT if error.transient else _REQUEST_ERROR)
    body = {**error.members, "__type": error.code, "message": error.message}
    return httpx.Response(status, json=body, headers={"x-amzn-requestid": error.request_id or f"stub-{number}"})
