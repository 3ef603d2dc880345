"""OpenTelemetry spans and metrics (the extra `otel`), named after its semantic conventions.

Sources: OpenTelemetry Semantic Conventions, "AWS SDK client spans", "RPC metrics" and "HTTP metrics".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .._call.events import AttemptEnded, AttemptStarted, CallEnded, CallStarted, CredentialsRefreshed, RetryScheduled
from .._errors import ConfigError
from .._flow.locks import new_lock

try:
    from opentelemetry import metrics, trace
except ImportError as missing:
    _MISSING = "OpenTelemetryObserver needs OpenTelemetry's API: pip install 'cognito-idp[otel]'"
    raise ConfigError(_MISSING) from missing

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from .._call.events import Event

_NAME: Final = "cognito_idp"
# The service's id, as in AWS's SDKs.
_SERVICE: Final = "Cognito Identity Provider"
_SYSTEM: Final = "aws-api"
# Bucket boundaries in seconds that the conventions recommend for durations.
_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_PORTS: Final = {"https": 443, "http": 80}


class OpenTelemetryObserver:
    """Records a client span for every call, with an event for each retry, and metrics of durations and retries.

    A span has a name such as `Cognito Identity Provider.ListUsers`, and its parent is the span that is current when the
    call is made. Its attributes are `rpc.*`, `server.*`, `cloud.region`, `aws.request_id`, `http.response.status_code`,
    the number of repeated attempts as `http.request.resend_count`, and `error.type` after a failure. The metrics are
    the histograms `rpc.client.call.duration` (seconds of a call) and `http.client.request.duration` (seconds of an
    attempt), and the counter `cognito_idp.retries`.

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
                attributes = {**self._server(event), **_outcome(event), "http.request.method": "POST"}
                self._attempts.record(event.seconds, attributes)
            case RetryScheduled():
                self._retry(event)
            case CallEnded():
                self._end(event)

    def _begin(self, event: CallStarted) -> None:
        parts = urlsplit(event.url)
        server: dict[str, Any] = {
            "server.address": parts.hostname or "",
            "server.port": parts.port or _PORTS.get(parts.scheme, 0),
        }
        region = {} if event.region is None else {"cloud.region": event.region}
        span = self._tracer.start_span(
            f"{_SERVICE}.{event.operation}",
            kind=trace.SpanKind.CLIENT,
            attributes={
                "rpc.system": _SYSTEM,
                "rpc.service": _SERVICE,
                "rpc.method": event.operation,
                "http.request.method": "POST",
                **server,
                **region,
            },
        )
        with self._lock:
            self._open_spans[event.call_id] = (span, server)

    def _server(self, event: AttemptEnded) -> dict[str, Any]:
        with self._lock:
            _, server = self._open_spans.get(event.call_id, (None, {}))
        return server

    def _retry(self, event: RetryScheduled) -> None:
        self._retries.add(1, {"rpc.method": event.operation, "error.type": event.error})
        with self._lock:
            span, _ = self._open_spans.get(event.call_id, (trace.INVALID_SPAN, {}))
        span.add_event("retry", {"attempt": event.attempt, "delay": event.delay, "error.type": event.error})

    def _end(self, event: CallEnded) -> None:
        with self._lock:
            span, server = self._open_spans.pop(event.call_id, (trace.INVALID_SPAN, {}))
        outcome = _outcome(event)
        self._calls.record(
            event.seconds,
            {
                "rpc.system.name": _SYSTEM,
                "rpc.method": f"{_SERVICE}/{event.operation}",
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


def _outcome(event: AttemptEnded | CallEnded) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    if event.status_code is not None:
        outcome["http.response.status_code"] = event.status_code
    if event.error is not None:
        outcome["error.type"] = event.error
    return outcome
