"""The sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ._call.base_client import BaseClient, Link
from ._call.options import make_options
from ._flow.drive import Driver
from ._protocol.frames import clear_frames, clears_frames
from ._transport import make_transport
from ._transport.limits import MAX_RESPONSE_BYTES
from .model.operations import Operations
from .sign_in.methods import SignIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from ._call.events import Event
    from ._call.retry import RetryPolicy
    from ._flow.effects import Flow
    from ._structs.struct import Request
    from ._transport import TransportLike
    from ._transport.adapter import Adapter
    from ._transport.limits import Timeout
    from .credentials.chain import ProviderLike
    from .credentials.types import Credentials, CredentialSource

R = TypeVar("R")


class Client(BaseClient["Adapter", "Driver"], Operations, SignIn):
    """A client of Amazon Cognito user pools.

    Threads may share it. Use it as a context manager, or call `close`.

    Args:
        region: an AWS region such as `"eu-west-1"`. None: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, or else,
            for a call that names a user pool, the region in the pool's id.
        credentials: `Credentials`, or where to get them: a function that returns some, a provider or a chain of
            `cognito_idp.credentials`. None: the places where boto3 looks, in its order. Operations that AWS does not
            sign (`InitiateAuth`, `SignUp`, ...) need none.
        endpoint_url: an absolute URL to send to instead of AWS's endpoint.
        profile: a profile of the shared config files, for settings and credentials. None: `AWS_PROFILE`, or `default`.
        use_fips: use the region's FIPS 140-3 endpoint.
        use_dualstack: use the region's endpoint for IPv4 and IPv6.
        transport: `"httpx"` or `"stdlib"` (the library's own engine, which costs less), with the proxies and
            certificates that the environment and the profile name; or any `httpx.BaseTransport` or
            `httpx2.BaseTransport`, which the client closes. None: httpx. `transport_name` tells which.
        timeout: seconds for a whole call with all its attempts, or a `Timeout` for each limit. None: no limit on the
            whole, 5 s to connect, 30 s for a read or a write.
        retry: `"standard"` (up to 3 attempts), `"adaptive"` (the same, slowed down after throttles), `"off"`, or a
            policy object. None: `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`, the profile's, or standard.
        clock: a function that gives the time in seconds since 1970, by which requests are dated.
        correct_clock_skew: learn from the service's refusals how wrong that clock is, and correct it.
        allow_http: allow a plain-http `endpoint_url` that isn't on this machine.
        max_response_bytes: refuse an answer whose body is larger; 1 MiB unless told otherwise.
        observer: a function that is told of every call, attempt and retry by the events of `cognito_idp.observability`.

    Raises:
        ConfigError: a setting can't be used.
    """

    __module__ = "cognito_idp"

    def __init__(
        self,
        region: str | None = None,
        *,
        credentials: Credentials | CredentialSource | ProviderLike | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        use_fips: bool | None = None,
        use_dualstack: bool | None = None,
        transport: TransportLike | None = None,
        timeout: float | Timeout | None = None,
        retry: str | RetryPolicy | None = None,
        clock: Callable[[], float] | None = None,
        correct_clock_skew: bool = True,
        allow_http: bool = False,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        observer: Callable[[Event], None] | None = None,
    ) -> None:
        self._options = options = make_options(
            region,
            credentials=credentials,
            endpoint_url=endpoint_url,
            profile=profile,
            use_fips=use_fips,
            use_dualstack=use_dualstack,
            timeout=timeout,
            retry=retry,
            clock=clock,
            correct_clock_skew=correct_clock_skew,
            allow_http=allow_http,
            max_response_bytes=max_response_bytes,
            observer=observer,
        )

        def connect() -> tuple[Adapter, Driver]:
            adapter = make_transport(transport, options.authorities())
            return adapter, Driver(adapter)

        self._link = Link(connect, transport)

    def send(self, request: Request[R]) -> R:
        """Call the operation that a request struct belongs to, and return its response struct.

        Raises:
            ServiceError: the service answered with an error.
            TransportError: no answer came.
            InvalidResponseError: an answer came that can't be read.
            CredentialsError: the operation is signed, and there are no credentials.
            ClientClosedError: the client was closed.
        """
        # What `clears_frames` does, without what that costs: this is every call's way.
        handled = sys.exception()
        try:
            return self._run(self._send_flow(request))
        except BaseException as error:
            del self, request
            clear_frames(error, handled)
            raise

    def _run(self, flow: Flow[R]) -> R:
        return self._link.open().run(flow)

    @clears_frames
    def paginate(self, request: Request[R]) -> Iterator[R]:
        """Iterate over the pages of a list operation, which are its response structs; one page is in memory at a time.

        It begins where the request's own page token says, so that a token kept from a page before can resume a walk.

        Raises:
            TypeError: the operation does not page.
            PaginationError: the service repeats a page token.
            CognitoIdpError: as for `send`.
        """
        pager = self._pager(request)
        while (page := self._run(pager.next_page())) is not None:
            yield page

    @clears_frames
    def call(
        self, operation: str, members: Mapping[str, Any] | None = None, *, signed: bool | None = None
    ) -> dict[str, Any]:
        """Call an operation by its name with members by their wire names, and return the answer's JSON object.

        This reaches operations that are newer than this version; nothing is checked before sending. It is signed and
        retried like any other call. `signed` says whether to sign; None means what this version knows of the operation,
        and signing for one that it doesn't know.

        Raises:
            RequestValidationError: the name is not one of an operation, or the members are not JSON.
            CognitoIdpError: as for `send`.
        """
        flow = self._call_flow(operation, members, signed=signed)
        del members  # a transport of the user's runs below
        return self._run(flow)

    @clears_frames
    def warm_up(self, *operations: str | type[Request[Any]]) -> None:
        """Get ready for the first call: open a connection, load credentials, compile what named operations need.

        Name operations as AWS does (`"InitiateAuth"`) or by their request structs. Credentials are loaded if one of
        them is signed, or none is named. The connection is opened by one unsigned `GET /`, which is not retried. A
        program with a start of its own, such as a Lambda function's, moves the cost of its first call there.

        Raises:
            ConfigError: there is no operation of this name, or the client has no region.
            CredentialsError: there are no credentials.
            TransportError: no connection could be made.
        """
        from ._call.preload import warm_up

        self._run(warm_up(operations, self._options))

    def close(self) -> None:
        """Close the connections; the client and its copies can't send any more. Closing twice does no harm.

        Calls that are under way elsewhere may fail by it, with a `ClientClosedError` or a `TransportError`.
        """
        transport = self._link.close()
        if transport is not None:
            transport.close()

    def __enter__(self) -> Self:
        """Return the client, which is closed at the end of the block."""
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()
