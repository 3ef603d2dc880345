"""OpenTelemetry spans and metrics (the extra `otel`), named after its semantic conventions.

Sources: OpenTelemetry Semantic Conventions, "AWS SDK client spans", "RPC metrics" and "HTTP metrics".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .._call.events import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    CallStarted,
    CredentialsRefreshed,
    MemberUnreadable,
    RetryScheduled,
    SignInEnded,
    SignInStarted,
    WaitProgressed,
)
from .._errors import ConfigError
from .._flow.locks import new_lock
from .._version import install_command

try:
    from opentelemetry import metrics, trace
except ImportError as missing:
    _MISSING = f"OpenTelemetryObserver needs OpenTelemetry's API: {install_command('otel')}"
    raise ConfigError(_MISSING) from missing

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from .._call.events import CallEvent, Event

_NAME: Final = "cognito_idp"
# The service's id, as in AWS's SDKs.
_SERVICE: Final = "Cognito Identity Provider"
_SYSTEM: Final = "aws-api"
# Bucket boundaries in seconds that the conventions recommend for durations.
_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_PORTS: Final = {"https": 443, "http": 80}


class OpenTelemetryObserver:
    """Records a client span for every call, and metrics of durations and retries.

    A span has a name such as `Cognito Identity Provider.ListUsers`, and its parent is the span that is current when the
    call is made. A step of a sign-in has a span above those of its calls, `Cognito Identity Provider.SignIn`,
    `.Respond` or `.CompleteLogin`, with the flow or the challenge as `cognito_idp.step` and what is asked for next as
    `cognito_idp.challenge`. The attributes of a call's span are `rpc.*`, `server.*`, `cloud.region`, `aws.request_id`,
    `http.response.status_code`, the number of repeated attempts as `http.request.resend_count`, and `error.type` after
    a failure. It has an event for each retry, and for each member of the answer that can't be read. The metrics are the
    histograms `rpc.client.call.duration` (seconds of a call) and `http.client.request.duration` (seconds of an
    attempt), and the counter `cognito_idp.retries`. Spans, durations of calls and retries name an operation by the same
    `rpc.*`.

    Each look of `wait_for` adds the event `wait` to the span that is current, with the waiter's name, the state, the
    number of looks and the seconds so far.

    Clients may share one observer. It uses the process's global tracer and meter providers by default. The span does
    not become the current span, so the spans of an instrumented HTTP library are its siblings.
    """

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._calls = meter.create_histogram(
            "rpc.client.call.duration",
            unit="s",
            description="Duration of a call with all of its attempts",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._attempts = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of one attempt",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._retries = meter.create_counter(
            "cognito_idp.retries", unit="{retry}", description="Attempts that repeat a failed one"
        )
        self._open_spans: dict[str, tuple[Span, dict[str, Any]]] = {}
        self._lock = new_lock()

    def __call__(self, event: Event) -> None:
        """Record an event."""
        match event:
            case CallStarted():
                self._begin(event)
            case AttemptStarted() | CredentialsRefreshed():
                pass  # the end of the attempt and the span cover these
            case AttemptEnded():
                attributes = {**self._server(event), **_outcome(event), **_method(event)}
                self._attempts.record(event.seconds, attributes)
            case RetryScheduled():
                self._retry(event)
            case MemberUnreadable():
                self._span(event).add_event("member unreadable", {"member": event.member, "problem": event.problem})
            case CallEnded():
                self._end(event)
            case SignInStarted():
                self._begin_step(event)
            case SignInEnded():
                self._end_step(event)
            case WaitProgressed():
                # A wait has no span of its own: its looks have, and it may last for hours.
                trace.get_current_span().add_event("wait", _progress(event))

    def _begin(self, event: CallStarted) -> None:
        parts = urlsplit(event.url)
        parent = self._parent(event.parent_id)
        server: dict[str, Any] = {
            "server.address": parts.hostname or "",
            "server.port": parts.port or _PORTS.get(parts.scheme, 0),
        }
        region = {} if event.region is None else {"cloud.region": event.region}
        span = self._tracer.start_span(
            f"{_SERVICE}.{event.operation}",
            parent,
            kind=trace.SpanKind.CLIENT,
            attributes={**_names(event), **_method(event), **server, **region},
        )
        with self._lock:
            self._open_spans[event.call_id] = (span, server)

    def _begin_step(self, event: SignInStarted) -> None:
        span = self._tracer.start_span(f"{_SERVICE}.{event.operation}", attributes={"cognito_idp.step": event.step})
        with self._lock:
            self._open_spans[event.call_id] = (span, {})

    def _end_step(self, event: SignInEnded) -> None:
        span, _ = self._taken(event)
        if event.challenge is not None:
            span.set_attribute("cognito_idp.challenge", event.challenge)
        if event.error is not None:
            span.set_attribute("error.type", event.error)
            span.set_status(trace.StatusCode.ERROR, event.error)
        span.end()

    def _parent(self, call_id: str | None) -> Context | None:
        """Return the context of a step's span; None stands for the current one."""
        with self._lock:
            step = None if call_id is None else self._open_spans.get(call_id)
        return None if step is None else trace.set_span_in_context(step[0])

    def _server(self, event: AttemptEnded) -> dict[str, Any]:
        with self._lock:
            _, server = self._open_spans.get(event.call_id, (None, {}))
        return server

    def _retry(self, event: RetryScheduled) -> None:
        self._retries.add(1, {**_names(event), "error.type": event.error})
        self._span(event).add_event(
            "retry", {"attempt": event.attempt, "delay": event.delay, "error.type": event.error}
        )

    def _taken(self, event: CallEvent) -> tuple[Span, dict[str, Any]]:
        with self._lock:
            return self._open_spans.pop(event.call_id, (trace.INVALID_SPAN, {}))

    def _span(self, event: RetryScheduled | MemberUnreadable) -> Span:
        with self._lock:
            span, _ = self._open_spans.get(event.call_id, (trace.INVALID_SPAN, {}))
        return span

    def _end(self, event: CallEnded) -> None:
        span, server = self._taken(event)
        outcome = _outcome(event)
        self._calls.record(
            event.seconds,
            {
                **_names(event),
                **server,
                **{name: value for name, value in outcome.items() if name == "error.type"},
            },
        )
        span.set_attributes(outcome)
        if event.request_id is not None:
            span.set_attribute("aws.request_id", event.request_id)
        if event.attempts > 1:
            span.set_attribute("http.request.resend_count", event.attempts - 1)
        if event.error is not None:
            span.set_status(trace.StatusCode.ERROR, event.error)
        span.end()


def _names(event: CallEvent) -> dict[str, str]:
    """Return what a call is named by, in its span and in each metric, so that they can be joined."""
    return {"rpc.system": _SYSTEM, "rpc.service": _SERVICE, "rpc.method": event.operation}


def _method(event: CallEvent) -> dict[str, str]:
    """Return the HTTP method. Only userInfo, at a pool's domain, is asked by GET."""
    return {"http.request.method": "GET" if event.operation == "oauth2/userInfo" else "POST"}


def _outcome(event: AttemptEnded | CallEnded) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    if event.status_code is not None:
        outcome["http.response.status_code"] = event.status_code
    if event.error is not None:
        outcome["error.type"] = event.error
    return outcome


def _progress(event: WaitProgressed) -> dict[str, Any]:
    state = {} if event.state is None else {"state": event.state}
    return {"waiter": event.waiter, "looks": event.looks, "seconds": event.seconds, **state}
