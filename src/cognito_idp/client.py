"""The sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

from ._call.base_client import BaseClient, Link
from ._call.options import OTHER_SETTINGS, make_options
from ._flow.drive import Driver
from ._protocol.arguments import known_arguments
from ._protocol.tracebacks import clear_frames, clears_frames
from ._transport import check_transport, load_engine, make_transport, reseed
from .login.methods import LoginMethods
from .model.operations import Operations
from .sign_in.methods import SignIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from ._call.events import Event
    from ._call.pagination import Walk
    from ._call.retry import RetryMode, RetryPolicy
    from ._flow.effects import Flow
    from ._structs.struct import Request
    from ._transport import TransportLike
    from ._transport.adapter import Adapter
    from ._transport.limits import Timeout
    from .credentials.chain import ProviderLike
    from .credentials.types import Credentials, CredentialSource
    from .model.choices import OperationName
    from .types import (
        DescribePointInTimeRecoveryResponse,
        DescribeUserImportJobResponse,
        DescribeUserPoolDomainResponse,
        ListUserPoolReplicasResponse,
    )

R = TypeVar("R")


class Client(BaseClient["Adapter", "Driver"], Operations, SignIn, LoginMethods):
    """A client of Amazon Cognito user pools.

    You can share it between threads. Use it as a context manager, or call `close`: a client that is dropped with open
    connections warns (`ResourceWarning`).

    Args:
        region: an AWS region such as `"eu-west-1"`. None: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's region, or,
            for a call that names a user pool, the region in the pool's id.
        credentials: `Credentials`, or a source of them: a function that returns `Credentials`, a provider or chain
            from `cognito_idp.credentials`, or a session or credentials of boto3. None: look where boto3 looks, in the
            same order. Unsigned operations (`InitiateAuth`, `SignUp`, ...) need none.
        endpoint_url: an absolute URL to send to instead of AWS's endpoint.
        profile: a profile in the shared config files, for settings and credentials. None: `AWS_PROFILE`, or `default`.
        use_fips: use the region's FIPS 140-3 endpoint.
        use_dualstack: use the region's endpoint for IPv4 and IPv6.
        transport: `"httpx"` or `"stdlib"` (the library's own engine, which costs less), with the proxies and
            certificates from the environment and the profile; or any `httpx.BaseTransport` or `httpx2.BaseTransport`,
            which the client closes. None: httpx, and under Pyodide JavaScript's `fetch` (`"fetch"`), the only engine
            there. `transport_name` says which one is in use.
        timeout: seconds for a whole call with all its attempts, or a `Timeout` to set each limit. None: 120 s for the
            whole call, 5 s to connect, 30 s for each read or write. `Timeout(total=None)` sets no limit for the whole.
        retry: `"standard"` (up to 3 attempts), `"adaptive"` (the same, slowed down after throttles), `"off"`, or a
            policy object. None: `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`, the profile's settings, or standard.
        clock: a function that returns the time in seconds since 1970. Requests are dated by it.
        correct_clock_skew: learn from the service's refusals how far off the clock is, and correct for it. None: yes,
            unless `AWS_DISABLE_CLOCK_SKEW_CORRECTION` or the profile's `disable_clock_skew_correction` is true.
        allow_http: allow plain http to other machines, for `endpoint_url` and where credentials come from. Without it,
            only the hosts that `COGNITO_IDP_ALLOW_HTTP` or the profile's `cognito_idp_allow_http` names are allowed.
        max_response_bytes: refuse an answer with a larger body. None: 1 MiB, or more where the bounds of an operation's
            members allow for it, such as the images of `DescribeManagedLoginBranding`; 64 MiB at most.
        observer: a function that receives the events of `cognito_idp.observability` for every call, attempt and retry.

    Raises:
        ConfigError: a setting can't be used.
    """

    __module__ = "cognito_idp"

    @clears_frames
    @known_arguments("Client", OTHER_SETTINGS)
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
        retry: RetryMode | RetryPolicy | None = None,
        clock: Callable[[], float] | None = None,
        correct_clock_skew: bool | None = None,
        allow_http: bool = False,
        max_response_bytes: int | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None:
        check_transport(transport)
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
            observer=self._with_log(observer),
        )

        def connect() -> tuple[Adapter, Driver]:
            adapter = make_transport(transport, options.authorities())
            return adapter, Driver(adapter)

        self._link = Link(connect, transport, type(self).__name__)

    def send(self, request: Request[R]) -> R:
        """Send a request struct to its operation and return the response struct.

        Raises:
            ServiceError: the service answered with an error.
            TransportError: no answer came.
            InvalidResponseError: the answer can't be read.
            CredentialsError: the operation is signed, and there are no credentials.
            ClientClosedError: the client was closed.
        """
        # The work of `clears_frames` without its cost: every call comes through here.
        handled = sys.exception()
        try:
            return self._run(self._send_flow(request))
        except BaseException as error:
            del self, request
            clear_frames(error, handled)
            raise

    def _run(self, flow: Flow[R]) -> R:
        return self._link.open().run(flow)

    @staticmethod
    def _with_log(observer: Callable[[Event], None] | None) -> Callable[[Event], None] | None:
        level = os.environ.get("COGNITO_IDP_LOG")
        if not level:
            return observer
        from .observability.log import with_log

        return with_log(observer, level)

    @clears_frames
    @known_arguments("paginate", {}, "pass a request struct, such as ListUsersRequest(user_pool_id=...)")
    def paginate(self, request: Request[R]) -> Iterator[R]:
        """Iterate over the pages (response structs) of a list operation. One page is in memory at a time.

        Iteration starts at the request's page token, so you can resume with a token from an earlier page.

        Raises:
            TypeError: the operation is not paginated.
            PaginationError: the service repeats a page token.
            CognitoIdpError: as for `send`.
        """
        return _pages(self, self._pager(request))

    @clears_frames
    def call(
        self, operation: OperationName | str, members: Mapping[str, Any] | None = None, *, signed: bool | None = None
    ) -> dict[str, Any]:
        """Call an operation by name, with members by wire name, and return the JSON object of the answer.

        Use it for operations that are newer than this version. Members are not checked before sending; signing and
        retries work as in any other call. `signed` says whether to sign. None: sign what a typed method would sign,
        operations that this version doesn't know, and a `GetDerivedToken` without `ClientId`.

        Raises:
            RequestValidationError: the name can't be an operation's name, or the members are not JSON. The error says
                which operation is spelled nearly like that; if the service refuses a name, a note on its error does.
            CognitoIdpError: as for `send`.
        """
        flow = self._call_flow(operation, members, signed=signed)
        del members  # the user's own transport may run below
        return self._run(flow)

    @clears_frames
    def call_pages(
        self,
        operation: OperationName | str,
        members: Mapping[str, Any] | None = None,
        *,
        input_token: str | None = None,
        output_token: str | None = None,
        signed: bool | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the pages of a list operation by name: the JSON object of each answer, as from `call`.

        `input_token` and `output_token` are the wire names of the members that hold the page token in the request and
        in the answer. If you pass one, it stands for both. If you pass none, they are the model's, so an operation that
        this version doesn't know needs at least one. Iteration starts at the token in `members`, or at the beginning.

        Raises:
            RequestValidationError: as for `call`, or the token's name is not known.
            TypeError: this version knows the operation, it is not paginated, and you passed no name.
            PaginationError: the service repeats a page token, or its answer has one under another name.
            CognitoIdpError: as for `send`.
        """
        pager = self._pager_by_name(
            operation, members, input_token=input_token, output_token=output_token, signed=signed
        )
        return _pages(self, pager)

    @overload
    def wait_for(
        self,
        waiter: Literal["UserImportJobSucceeded", "UserImportJobStopped"],
        *,
        user_pool_id: str,
        job_id: str,
        timeout: float = ...,
        min_delay: float = ...,
        max_delay: float = ...,
    ) -> DescribeUserImportJobResponse: ...
    @overload
    def wait_for(
        self,
        waiter: Literal["PointInTimeRecoveryPreviewGenerated", "PointInTimeRecoveryCompleted"],
        *,
        user_pool_id: str,
        restore_id: str,
        timeout: float = ...,
        min_delay: float = ...,
        max_delay: float = ...,
    ) -> DescribePointInTimeRecoveryResponse: ...
    @overload
    def wait_for(
        self,
        waiter: Literal["UserPoolDomainActive", "UserPoolDomainDeleted"],
        *,
        domain: str,
        timeout: float = ...,
        min_delay: float = ...,
        max_delay: float = ...,
    ) -> DescribeUserPoolDomainResponse: ...
    @overload
    def wait_for(
        self,
        waiter: Literal["UserPoolReplicaCreated", "UserPoolReplicaDeleted"],
        *,
        user_pool_id: str,
        region_name: str,
        timeout: float = ...,
        min_delay: float = ...,
        max_delay: float = ...,
    ) -> ListUserPoolReplicasResponse: ...
    @clears_frames
    def wait_for(
        self, waiter: str, *, timeout: float = 3600.0, min_delay: float = 2.0, max_delay: float = 30.0, **members: Any
    ) -> Any:
        """Wait for the end of something that an operation only began, and return the last answer of the one that looks.

        | `waiter` | looks with | until |
        |---|---|---|
        | `"UserImportJobSucceeded"` | `DescribeUserImportJob` | the job is `Succeeded` |
        | `"UserImportJobStopped"` | `DescribeUserImportJob` | the job is `Stopped` |
        | `"PointInTimeRecoveryPreviewGenerated"` | `DescribePointInTimeRecovery` | `PREVIEW_GENERATED` |
        | `"PointInTimeRecoveryCompleted"` | `DescribePointInTimeRecovery` | `RESTORE_COMPLETED` |
        | `"UserPoolDomainActive"` | `DescribeUserPoolDomain` | the domain is `ACTIVE` |
        | `"UserPoolDomainDeleted"` | `DescribeUserPoolDomain` | there is no such domain |
        | `"UserPoolReplicaCreated"` | `ListUserPoolReplicas` | the replica is `INACTIVE` or `ACTIVE` |
        | `"UserPoolReplicaDeleted"` | `ListUserPoolReplicas` | there is no such replica |

        The pauses between two looks grow from `min_delay` to at most `max_delay` seconds, with jitter. `timeout` bounds
        the whole wait in seconds, its looks included; each look also keeps the client's own limits. A state that this
        version doesn't know counts as going on.

        A thing that isn't there yet is waited for during the first minute. Once the service has answered, a failure
        that will pass (a throttle, a broken connection) doesn't end the wait; any other does.

        Args:
            waiter: what to wait for.
            timeout: the longest time to wait; an hour by default.
            min_delay: the shortest pause; 2 s by default.
            max_delay: the longest pause; 30 s by default.
            **members: what to look for: `user_pool_id` and `job_id`, `restore_id` or `region_name`; or `domain`.

        Raises:
            WaitFailedError: it ended otherwise, or isn't there.
            WaitTimeoutError: the limit passed.
            RequestValidationError: there is no such waiter, or the members don't fit.
            ConfigError: a number of seconds is not above 0, or `max_delay` is below `min_delay`.
            CognitoIdpError: a look failed, as for `send`.
        """
        from ._call.waiters import Pace, wait_for

        return self._run(wait_for(waiter, members, self._options, Pace(timeout, min_delay, max_delay)))

    @clears_frames
    def warm_up(self, *operations: OperationName | str | type[Request[Any]]) -> None:
        """Prepare for the first call: open a connection, load credentials, load what the named operations need.

        Name operations as AWS does (`"InitiateAuth"`) or by their request structs. Credentials are loaded if a named
        operation is signed, or if you name none. The connection is opened by one unsigned `GET /`, which is not
        retried. Use it where a program has a start-up phase, such as a Lambda function's init, to move the cost of the
        first call there. `preload` does without the network what can be done without it.

        Raises:
            ConfigError: there is no operation with this name, or the client has no region.
            CredentialsError: there are no credentials.
            TransportError: no connection could be made.
        """
        from ._call.warm_up import warm_up
        from ._preload import load_operations

        load_engine(self._link.given)
        self._run(warm_up(load_operations(operations), self._options))

    def renew(self) -> None:
        """Forget what may have become stale while the process stood still. Call it in a copy restored from a snapshot.

        No connection is used again: idle ones are closed, those in use after their call. Credentials are loaded again
        when they are needed next; if that fails, the old ones stay in use while they are valid. What was learned about
        the clock and about the service's load is forgotten, and the retry quota is full. Nothing is sent.

        All copies of the client share the connections and credentials, and each retry policy is renewed by a client
        that has it. A transport, a source of credentials and a retry policy of your own take part if they have a method
        `renew`.

        A plain freeze, as of a Lambda function between two invocations, needs no call: connections are not used after
        too long an idle time.
        """
        self._options.renew()
        reseed()
        adapter = self._link.transport
        if adapter is not None:
            adapter.renew()

    def close(self) -> None:
        """Close the connections. The client and its copies can no longer send. You can close more than once.

        Calls in progress elsewhere may fail with a `ClientClosedError` or a `TransportError`. An exchange that replaces
        a secret, such as the refresh of a session, goes on without you; the connections close after it.
        """
        both = self._link.close()
        if both is not None:
            adapter, driver = both
            driver.once_idle(adapter.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@clears_frames
def _pages(client: Client, walk: Walk[R]) -> Iterator[R]:
    # A function of its own, so that what is wrong with the arguments is said before the first page is asked for.
    while (page := client._run(walk.next_page())) is not None:  # noqa: SLF001 - a part of the client
        yield page
        del page
