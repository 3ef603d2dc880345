"""What the sync and the async client have in common: options, one link to the network, and the flows of a call."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import attrs

from .errors import ClientClosedError, RequestValidationError
from .invoke import exchange, invoke
from .model.index import UNSIGNED
from .options import make_options
from .pagination import Pager
from .retry import policy_of
from .shapes import Fault
from .struct import Request
from .transport.limits import MAX_RESPONSE_BYTES, timeout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .credentials.types import Credentials, CredentialSource
    from .flow.effects import Flow
    from .options import Options
    from .retry import RetryPolicy
    from .transport.limits import Timeout

R = TypeVar("R")
DriverT = TypeVar("DriverT")
TransportT = TypeVar("TransportT")


class Keep(Enum):
    """The default of `with_options`' parameters, where None has a meaning of its own."""

    KEEP = "as it is"


KEEP: Final = Keep.KEEP


class Link(Generic[TransportT, DriverT]):
    """A transport and its driver, made on first use and shared by all copies of a client."""

    __slots__ = ("_connect", "closed", "driver", "transport")

    def __init__(self, connect: Callable[[], tuple[TransportT, DriverT]]) -> None:
        """Take the function that makes both; importing an HTTP library waits until then."""
        self._connect = connect
        self.transport: TransportT | None = None
        self.driver: DriverT | None = None
        self.closed = False

    def open(self) -> DriverT:
        """Return the driver.

        Raises:
            ClientClosedError: the client was closed.
        """
        if self.driver is not None and not self.closed:
            return self.driver
        if self.closed:
            msg = "this client is closed; make a new one"
            raise ClientClosedError(msg)
        transport, driver = self._connect()
        self.transport, self.driver = transport, driver
        return driver

    def close(self) -> TransportT | None:
        """Close for good, and return the transport for the caller to close; None if there is none."""
        self.closed = True
        transport, self.transport, self.driver = self.transport, None, None
        return transport


class BaseClient(Generic[TransportT, DriverT]):
    """Settings and flows of a client; `Client` and `AsyncClient` add the driving."""

    _options: Options
    _link: Link[TransportT, DriverT]

    def _configure(
        self,
        region: str | None,
        *,
        credentials: Credentials | CredentialSource | None,
        endpoint_url: str | None,
        use_fips: bool | None,
        use_dualstack: bool | None,
        timeout: float | Timeout | None,
        retry: str | RetryPolicy | None,
        clock: Callable[[], float] | None,
        allow_http: bool,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        self._options = make_options(
            region,
            credentials=credentials,
            endpoint_url=endpoint_url,
            use_fips=use_fips,
            use_dualstack=use_dualstack,
            allow_http=allow_http,
            timeout=timeout,
            retry=retry,
            clock=clock,
            max_response_bytes=max_response_bytes,
        )

    @property
    def region(self) -> str | None:
        """The region that calls go to; None where each call takes that of its user pool."""
        return self._options.region

    def with_options(
        self,
        *,
        timeout: float | Timeout | Keep | None = KEEP,
        retry: str | RetryPolicy | Keep | None = KEEP,
        max_response_bytes: int | Keep = KEEP,
    ) -> Self:
        """Return a cheap copy with other limits.

        It shares transport, credentials and, unless changed, the retry quota.

        `timeout` and `retry` are as for the client itself. Closing one of the copies closes them all.

        Raises:
            ConfigError: a setting can't be used.
        """
        changes: dict[str, Any] = {}
        if timeout is not KEEP:
            changes["timeout"] = timeout_of(timeout)
        if retry is not KEEP:
            changes["retry"] = policy_of(retry)
        if max_response_bytes is not KEEP:
            changes["max_response_bytes"] = max_response_bytes
        copy = object.__new__(type(self))
        copy._options = attrs.evolve(self._options, **changes)
        copy._link = self._link
        return copy

    def __repr__(self) -> str:
        """Show where calls go and whether the client is closed."""
        target = self._options.target
        where = target.url if target is not None else "the region of each call's user pool"
        state = ", closed" if self._link.closed else ""
        return f"{type(self).__name__}({where}{state})"

    def _send_flow(self, request: Request[R]) -> Flow[R]:
        if not isinstance(request, Request):
            msg = f"send() takes a request struct such as AdminInitiateAuthRequest, not {type(request).__name__}"
            raise TypeError(msg)
        return invoke(request, self._options)

    def _pager(self, request: Request[R]) -> Pager[R]:
        return Pager(request, self._options)

    def _call_flow(
        self, operation: str, members: Mapping[str, Any] | None, *, signed: bool | None
    ) -> Flow[dict[str, Any]]:
        if not isinstance(operation, str) or not _OPERATION_NAME.fullmatch(operation):
            fault = Fault("call.operation", "operation", "must be the name of an operation, such as 'ListUsers'")
            raise RequestValidationError(struct="call", faults=(fault,))
        return _data_of(
            exchange(
                operation,
                members or {},
                self._options,
                signed=operation not in UNSIGNED if signed is None else signed,
            )
        )


_OPERATION_NAME = re.compile(r"[A-Z][A-Za-z0-9]{1,127}")


def _data_of(flow: Flow[tuple[dict[str, Any], Any]]) -> Flow[dict[str, Any]]:
    data, _ = yield from flow
    return data
