"""A client's settings, resolved once: the constants of every call. Immutable; copies of a client share them."""

from __future__ import annotations

import os
import time
from functools import partial
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

from .._errors import ConfigError, NoRegionError
from .._protocol.arguments import FLAG, FUNCTION, TEXT, WHOLE, Kind, check, check_given
from .._protocol.endpoint import SERVICE, checked_url, real_region, resolve, target_of
from .._protocol.ids import random_fraction, random_uuid
from .._protocol.redaction import Record
from .._protocol.user_agent import TRACE_ID, is_lambda, trace_headers, user_agent
from .._protocol.wire import check_headers
from .._settings.config import settings_from
from .._settings.shared import load_config
from .._transport.limits import MAX_RESPONSE_BYTES, Timeout, timeout_of
from ..credentials.types import Credentials, StaticCredentials
from ..model.index import HOMES, LARGE_ANSWERS, LARGEST_ANSWER
from .clock_skew import ClockSkew
from .retry import policy_of
from .watch import UNWATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._protocol.endpoint import AllowHttp, Target
    from .._protocol.redaction import Opaque
    from .._protocol.wire import Headers, Limits
    from .._settings.shared import Setting
    from .._transport.certificates import Authorities
    from ..credentials.chain import ProviderLike
    from ..credentials.provider import Context
    from ..credentials.types import CredentialSource
    from .events import Event
    from .reporting import Observed
    from .retry import RetryPolicy
    from .watch import Watch


# What boto3 calls the settings of a client, and what does the same here. A client's copy has the first ones only.
_RETRY: Final = "for up to n attempts, use retry=StandardRetry(n)"
_CONFIG: Final = "each setting is an argument of its own, such as timeout= and retry="
OTHER_LIMITS: Final = {
    "config": _CONFIG,
    "connect_timeout": "use timeout=Timeout(connect=...)",
    "max_attempts": _RETRY,
    "max_retries": _RETRY,
    "read_timeout": "use timeout=Timeout(read=...)",
    "retries": _RETRY,
}
_CREDENTIALS: Final = "use credentials=Credentials(access_key_id, secret_access_key, session_token)"
OTHER_SETTINGS: Final = {
    **OTHER_LIMITS,
    "api_version": "leave it out, since there is only one",
    "aws_access_key_id": _CREDENTIALS,
    "aws_secret_access_key": _CREDENTIALS,
    "aws_session_token": _CREDENTIALS,
    "base_url": "use endpoint_url=",
    "headers": "use with_options(headers=...)",
    "profile_name": "use profile=",
    "proxies": "name a proxy in the environment, as in HTTPS_PROXY",
    "region_name": "use region=",
    "service_name": "leave it out, since there is only one service",
    "session": "use credentials=session",
    "use_ssl": "use endpoint_url=, with allow_http=True for plain http to another machine",
    "verify": "name the certificate authorities in the environment, as in AWS_CA_BUNDLE",
}


class Options(Record):
    """The settings of a client.

    `clock` returns seconds since 1970, and `clock_skew` holds what to add to them (None: never add anything).
    `monotonic` returns seconds of a clock that never jumps, `random` a number in [0, 1), `new_id` an id for a call, and
    `token_bytes` as many random bytes as you ask for. Every request carries `headers`, and `own_headers`, whose values
    are secret. If `max_response_bytes` is None, the operation's own bounds decide. `parent_id` is the id of the sign-in
    step that makes the calls, for observers. `invocation` returns the header that names the invocation of a Lambda
    function; it is None elsewhere.
    """

    _fields = (
        "region",
        "endpoint_url",
        "use_fips",
        "use_dualstack",
        "allow_http",
        "credentials",
        "timeout",
        "retry",
        "max_response_bytes",
        "clock",
        "clock_skew",
        "monotonic",
        "random",
        "new_id",
        "ua_app_id",
        "profile",
        "config_place",
        "token_bytes",
        "observed",
        "parent_id",
        "ca_bundle",
        "own_headers",
        "invocation",
    )
    __slots__ = (*_fields, "headers", "limits", "fresh_limits", "target")

    def __init__(  # noqa: PLR0913 - one for each setting
        self,
        *,
        region: str | None,
        endpoint_url: str | None = None,
        use_fips: bool = False,
        use_dualstack: bool = False,
        allow_http: AllowHttp = False,
        credentials: CredentialSource,
        timeout: Timeout,
        retry: RetryPolicy,
        max_response_bytes: int | None = None,
        clock: Callable[[], float] = time.time,
        clock_skew: ClockSkew | None,
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random_fraction,
        new_id: Callable[[], str] = random_uuid,
        ua_app_id: str | None = None,
        profile: str = "default",
        config_place: str = "~/.aws/config",
        token_bytes: Callable[[int], bytes] = os.urandom,
        observed: Observed | None = None,
        parent_id: str | None = None,
        ca_bundle: Setting | None = None,
        own_headers: Opaque[Headers] | None = None,
        invocation: Callable[[], Headers] | None = None,
    ) -> None:
        """Compute what every call shares, and reject settings that can't work for any call."""
        self.region = region
        self.endpoint_url = endpoint_url
        self.use_fips = use_fips
        self.use_dualstack = use_dualstack
        self.allow_http = allow_http
        self.credentials = credentials
        self.timeout = timeout
        self.retry = retry
        self.max_response_bytes = max_response_bytes
        self.clock = clock
        self.clock_skew = clock_skew
        self.monotonic = monotonic
        self.random = random
        self.new_id = new_id
        self.ua_app_id = ua_app_id
        self.profile = profile
        self.config_place = config_place
        self.token_bytes = token_bytes
        self.observed = observed
        self.parent_id = parent_id
        self.ca_bundle = ca_bundle
        self.own_headers = own_headers
        self.invocation = invocation
        self.target: Target | None = None
        if region is not None or endpoint_url is not None:
            self.target = self._target(region)
        self.headers: Headers = (("accept-encoding", "identity"), ("user-agent", user_agent(retry.name, ua_app_id)))
        check_headers(self.headers)
        self.limits: Limits = timeout.limits(MAX_RESPONSE_BYTES if max_response_bytes is None else max_response_bytes)
        self.fresh_limits: Limits = self.limits.fresh()

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__
    __repr__ = object.__repr__  # the fields hold secrets

    def _target(self, region: str | None) -> Target:
        return target_of(
            resolve(
                region,
                use_fips=self.use_fips,
                use_dualstack=self.use_dualstack,
                endpoint_url=self.endpoint_url,
                allow_http=self.allow_http,
            )
        )

    def limits_of(self, operation: str, *, is_repeatable: bool) -> Limits:
        """Return the limits of one exchange. An operation that this version doesn't know may answer at any length."""
        limits = self.limits if is_repeatable else self.fresh_limits
        if self.max_response_bytes is None:
            size = LARGE_ANSWERS.get(operation)
            if size is not None or f"{operation}Request" not in HOMES:
                return limits.up_to((size or LARGEST_ANSWER) * MAX_RESPONSE_BYTES)
        return limits

    def invocation_headers(self) -> Headers:
        """Return the header that names the Lambda function's invocation, unless the caller's own headers have it."""
        own = () if self.own_headers is None else self.own_headers.value
        if self.invocation is None or any(name == TRACE_ID for name, _ in own):
            return ()
        return self.invocation()

    def authorities(self) -> Authorities:
        """Return the certificate authorities that the environment and the profile name; nothing is read yet."""
        from .._transport.certificates import Authorities, Bundle

        return Authorities(None if self.ca_bundle is None else Bundle(self.ca_bundle.where, self.ca_bundle.text))

    def renew(self) -> None:
        """Trust nothing that was learned about time and the service's load, and ask for credentials anew.

        A user's own source of credentials or retry policy takes part if it has a method `renew`.
        """
        if self.clock_skew is not None:
            self.clock_skew.forget()
        for part in (self.credentials, self.retry):
            renew = getattr(part, "renew", None)
            if renew is not None:
                renew()

    def watch(self, operation: str) -> Watch:
        """Return the hooks of one call, which report to the client's observer or, without one, do nothing."""
        if self.observed is None:
            return UNWATCHED
        from .reporting import Watched

        return Watched(self.observed, operation, self.monotonic, self.parent_id)

    def watch_step(self, name: str, step: str) -> tuple[Options, Watch]:
        """Return the options for the calls of a step of a sign-in, and the step's hooks, as `watch` does for a call."""
        if self.observed is None:
            return self, UNWATCHED
        from .reporting import WatchedStep

        step_id = self.new_id()
        watch = WatchedStep(self.observed, name, step, step_id, self.monotonic)
        return self._replace(parent_id=step_id), watch

    def watch_wait(self, waiter: str, operation: str) -> Watch:
        """Return the hooks of a wait that looks with an operation, as `watch` does for a call."""
        if self.observed is None:
            return UNWATCHED
        from .reporting import WatchedWait

        return WatchedWait(self.observed, waiter, operation, self.new_id())

    def target_for(self, members: Mapping[str, Any], *, signed: bool) -> Target:
        """Return where a call goes. A client without a region uses the region of the pool that the call names.

        Raises:
            NoRegionError: the call needs a region, none is set, and the call names no pool.
        """
        target = self.target
        if target is not None and (target.region is not None or not signed):
            return target
        from .._protocol.pool_id import UserPoolId

        pool_id = UserPoolId.find(members.get("UserPoolId"))
        if pool_id is None or pool_id.region is None:
            msg = (
                "no region: looked at the client's region argument, AWS_REGION and AWS_DEFAULT_REGION in the "
                f"environment, region of profile {self.profile!r} in the shared config file ({self.config_place}), and "
                "the user pool id of the call; pass region= to the client, or set AWS_REGION"
            )
            raise NoRegionError(msg)
        return self._target(pool_id.region)


def make_options(
    region: str | None,
    *,
    credentials: Credentials | CredentialSource | ProviderLike | None,
    endpoint_url: str | None,
    profile: str | None,
    use_fips: bool | None,
    use_dualstack: bool | None,
    allow_http: bool,
    timeout: float | Timeout | None,
    retry: str | RetryPolicy | None,
    clock: Callable[[], float] | None,
    correct_clock_skew: bool | None,
    max_response_bytes: int | None,
    observer: Callable[[Event], None] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Options:
    """Return the options for a client's arguments; where an argument is None, the environment and profile decide.

    Raises:
        ConfigError: a setting can't be used.
    """
    check_given(TEXT, region=region, endpoint_url=endpoint_url, profile=profile)
    check_given(FLAG, use_fips=use_fips, use_dualstack=use_dualstack, correct_clock_skew=correct_clock_skew)
    check(FLAG, allow_http=allow_http)
    check_given(WHOLE, max_response_bytes=max_response_bytes)
    check_given(FUNCTION, clock=clock)
    if region == SERVICE:
        msg = f"region={region!r} is the service's name; a Client takes the region, such as Client('eu-west-1')"
        raise ConfigError(msg)
    config = load_config(environ)
    settings = settings_from(environ, profile, config)
    permitted = True if allow_http else settings.http_hosts
    url, url_where = endpoint_url, "endpoint_url"
    if url is None:
        url, url_where = settings.endpoint_url, str(settings.endpoint_url_where)
    if url is not None:
        url = checked_url(url, allow_http=permitted, setting=url_where)
    named_region = region or settings.region
    real, is_fips = None, False
    if named_region is not None:
        real, is_fips = real_region(named_region, "region" if region else str(settings.region_where))
    own_clock = clock or time.time
    if correct_clock_skew is None:
        correct_clock_skew = not settings.disable_clock_skew_correction
    skew = ClockSkew() if correct_clock_skew else None

    def corrected_clock() -> float:
        return own_clock() if skew is None else own_clock() + skew.offset

    def context() -> Context:
        from ..credentials.provider import Context

        return Context(
            environ=environ,
            config=load_config(environ),
            profile=settings.profile,
            profile_is_explicit=settings.profile_is_argument,
            region=named_region,
            clock=corrected_clock,
            random=random_fraction,
            allow_http=permitted,
        )

    return Options(
        region=real,
        endpoint_url=url,
        # As in boto3: such a name counts before the setting, and a URL before such a name.
        use_fips=_either(use_fips, settings.use_fips) or (is_fips and url is None),
        use_dualstack=_either(use_dualstack, settings.use_dualstack),
        allow_http=permitted,
        credentials=_source(credentials, context),
        timeout=timeout_of(timeout),
        retry=policy_of(retry or settings.retry_mode, settings.max_attempts),
        max_response_bytes=max_response_bytes,
        clock=own_clock,
        clock_skew=skew,
        ua_app_id=settings.ua_app_id,
        profile=settings.profile,
        config_place=config.config_place,
        observed=observed_by(observer),
        invocation=partial(trace_headers, environ) if is_lambda(environ) else None,
        ca_bundle=settings.ca_bundle,
    )


def _either(argument: bool | None, setting: bool | None) -> bool:
    return bool(setting if argument is None else argument)


def observed_by(observer: Callable[[Event], None] | None) -> Observed | None:
    """Return the holder of a client's observer, if there is one; only then are the event classes loaded.

    Raises:
        ConfigError: the observer can't be called.
    """
    if observer is None:
        return None
    check(_OBSERVER, observer=observer)
    from .reporting import Observed

    return Observed(observer)


_OBSERVER = Kind(
    "a plain function of one argument, the event", lambda value: callable(value) and not iscoroutinefunction(value)
)


def _source(
    credentials: Credentials | CredentialSource | ProviderLike | None, context: Callable[[], Context]
) -> CredentialSource:
    if isinstance(credentials, Credentials):
        return StaticCredentials(credentials)
    # Explicit credentials don't need most of the providers' code, so it is not loaded for them.
    from ..credentials.cache import source_of

    return source_of(credentials, context)
