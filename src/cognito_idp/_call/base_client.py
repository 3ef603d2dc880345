"""The base of the sync and async clients: options, one link to the network, and the flows of a call."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, Self, TypeVar

from .._errors import Fault, RequestValidationError
from .._protocol.arguments import FLAG, TEXT, WHOLE, check_given, described, known_arguments
from .._protocol.redaction import Opaque
from .._protocol.tracebacks import clear_frames, clears_frames
from .._structs.struct import Request
from .._transport import transport_name
from .._transport.lazy import Lazy, not_copied
from .._transport.limits import timeout_of
from ..model.index import HOMES, is_signed, load_type
from .invoke import exchange, invoke
from .options import OTHER_LIMITS, observed_by
from .requests import made_request
from .retry import policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .._transport.adapter import Adapter, AsyncAdapter
    from .._transport.limits import Timeout
    from .events import Event
    from .options import Options
    from .pagination import Pager, Walk
    from .retry import RetryMode, RetryPolicy

R = TypeVar("R")
DriverT = TypeVar("DriverT")
TransportT = TypeVar("TransportT", bound="Adapter | AsyncAdapter")


class Keep(Enum):
    """Default for `with_options`' parameters, where None has its own meaning."""

    KEEP = "as it is"


KEEP: Final = Keep.KEEP


class Link(Generic[TransportT, DriverT]):
    """A transport and its driver, made on first use and shared by all copies of a client.

    `given` is the client's `transport=`.
    """

    __slots__ = ("_both", "given")

    def __init__(
        self, connect: Callable[[], tuple[TransportT, DriverT]], transport: object = None, owner: str = "client"
    ) -> None:
        self.given = transport
        self._both = Lazy(connect, transport, owner, "this client is closed; make a new one")

    def open(self) -> DriverT:
        """Return the driver.

        Raises:
            ClientClosedError: the client was closed.
        """
        return (self._both.value or self._both.open())[1]

    def close(self) -> tuple[TransportT, DriverT] | None:
        """Close for good and return the transport, for the caller to close, and its driver; None if there is none."""
        return self._both.close()

    @property
    def transport(self) -> TransportT | None:
        """The transport, or None before first use and after close."""
        return None if self._both.value is None else self._both.value[0]

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._both.closed

    @property
    def transport_name(self) -> str:
        """The name of the transport that carries the calls."""
        return transport_name(self.given)


class BaseClient(Generic[TransportT, DriverT]):
    """Settings and flows of a client; `Client` and `AsyncClient` drive them."""

    _options: Options
    _link: Link[TransportT, DriverT]

    @staticmethod
    def _with_log(observer: Callable[[Event], None] | None) -> Callable[[Event], None] | None:
        """Return an observer with the log lines that the environment turns on; their room lies above this one."""
        raise NotImplementedError

    @property
    def region(self) -> str | None:
        """The region that calls go to; None if each call uses its user pool's region."""
        return self._options.region

    @property
    def transport_name(self) -> str:
        """What carries the calls: `httpx`, `stdlib`, `fetch`, or the class of your own transport.

        Raises:
            ConfigError: `transport=` names an unknown engine, or one that can't run here.
        """
        return self._link.transport_name

    @clears_frames
    @known_arguments("with_options", OTHER_LIMITS, "what else there is to set takes a new client")
    def with_options(
        self,
        *,
        timeout: float | Timeout | Keep | None = KEEP,
        retry: RetryMode | RetryPolicy | Keep | None = KEEP,
        max_response_bytes: int | Keep | None = KEEP,
        observer: Callable[[Event], None] | Keep | None = KEEP,
        headers: Mapping[str, str] | Keep | None = KEEP,
    ) -> Self:
        """Return a cheap copy with different limits, another observer, or headers of your own.

        The copy shares the transport, the credentials and, unless you change it, the retry quota.

        `headers` go with every call of the copy and of the sessions that you make with it, such as a user's AWS WAF
        token in `x-aws-waf-token`. They replace the original's; None takes them away. They are signed, and
        treated as secrets. They don't go to the proxy, nor with the requests that load credentials.

        The other settings mean the same as for the client itself. Closing one copy closes all of them.

        Raises:
            ConfigError: a setting can't be used, or a header is the protocol's own (`authorization`, `content-type`,
                `x-amz-...`).
        """
        changes: dict[str, Any] = {}
        if headers is None:
            changes["own_headers"] = None
        elif not isinstance(headers, Keep):
            from .._protocol.own_headers import own_headers

            changes["own_headers"] = Opaque(own_headers(headers))
        if timeout is not KEEP:
            changes["timeout"] = timeout_of(timeout)
        if retry is not KEEP:
            changes["retry"] = policy_of(retry)
        if max_response_bytes is not KEEP:
            check_given(WHOLE, max_response_bytes=max_response_bytes)
            changes["max_response_bytes"] = max_response_bytes
        if observer is not KEEP:
            changes["observed"] = observed_by(self._with_log(observer))
        copy = object.__new__(type(self))
        copy._options = self._options._replace(**changes)
        copy._link = self._link
        return copy

    def __copy__(self) -> Self:
        return self.with_options()

    def __reduce__(self) -> NoReturn:
        raise not_copied(self, "connections")

    def __repr__(self) -> str:
        target = self._options.target
        where = target.url if target is not None else "the region of each call's user pool"
        state = ", closed" if self._link.closed else ""
        return f"{type(self).__name__}({where}{state})"

    if not TYPE_CHECKING:  # a checker would take every name for a method

        def __getattr__(self, name: str) -> Any:
            from .names import no_method

            raise AttributeError(no_method(type(self), name), name=name)

    def _request(self, name: str, members: dict[str, Any]) -> Request[Any]:
        handled = sys.exception()
        try:
            return made_request(name, members)
        except BaseException as error:
            del self, members
            clear_frames(error, handled)
            raise

    @staticmethod
    def _no_positional(method: str, request: str, argument: object, instead: str) -> TypeError:
        from .._structs.hints import no_positional

        return TypeError(no_positional(method, load_type(request), argument, instead))

    def _send_flow(self, request: Request[R]) -> Flow[R]:
        _check_struct(request, "send() takes a request struct such as AdminInitiateAuthRequest")
        return invoke(request, self._options)

    def _pager(self, request: Request[R]) -> Pager[R]:
        _check_struct(request, "paginate() takes a request struct such as ListUsersRequest")
        from .pagination import Pager

        return Pager(request, self._options)

    def _pager_by_name(
        self,
        operation: str,
        members: Mapping[str, Any] | None,
        *,
        input_token: str | None,
        output_token: str | None,
        signed: bool | None,
    ) -> Walk[dict[str, Any]]:
        from .pagination import PagerByName, token_names

        check_given(TEXT, input_token=input_token, output_token=output_token)
        _check_call(operation, members)
        names = token_names(operation, input_token, output_token)
        return PagerByName(
            operation, members or {}, names, lambda page: self._call_flow(operation, page, signed=signed)
        )

    def _call_flow(
        self, operation: str, members: Mapping[str, Any] | None, *, signed: bool | None
    ) -> Flow[dict[str, Any]]:
        check_given(FLAG, signed=signed)
        is_known = _check_call(operation, members)
        watch = self._options.watch(operation)
        members = dict(members or {})
        sign = is_signed(operation, members) if signed is None else signed
        flow = watch.over(_data_of(exchange(operation, members, self._options, watch, signed=sign)))
        if is_known:
            return flow
        from .names import with_hint

        return with_hint(flow, operation)


def _check_struct(request: object, expected: str) -> None:
    if not isinstance(request, Request):
        msg = f"{expected}, not {described(request)}"
        raise TypeError(msg)


def _check_call(operation: str, members: Mapping[str, Any] | None) -> bool:
    """Refuse what no call by name could send, and return whether this version knows the operation."""
    is_known = isinstance(operation, str) and f"{operation}Request" in HOMES
    if not is_known:
        from .names import problem_of

        problem = problem_of(operation)
        if problem is not None:
            raise RequestValidationError(struct="call", faults=(Fault("call.operation", "operation", problem),))
    problem = None if members is None else _json_problem(members)
    if problem is not None:
        raise RequestValidationError(struct="call", faults=(Fault("call.members", "members", problem),))
    return is_known


def _json_problem(members: Mapping[str, Any]) -> str | None:
    if not isinstance(members, Mapping) or not all(isinstance(name, str) for name in members):
        return "must be a mapping of wire names to JSON values"
    try:
        json.dumps(dict(members), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"can't be written as JSON: {error}"
    return None


def _data_of(flow: Flow[tuple[dict[str, Any], Any]]) -> Flow[dict[str, Any]]:
    data, _ = yield from flow
    return data
