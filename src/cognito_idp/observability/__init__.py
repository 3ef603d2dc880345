"""Observers that are ready to use: `Client(observer=LoggingObserver())`.

`LoggingObserver` writes log lines; `OpenTelemetryObserver` makes spans and metrics, and needs the extra `otel`;
`combined` hands every event to several observers. The events are those of `cognito_idp._call.events`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._structs.lazy import resolver

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._call.events import Event
    from .log import LoggingObserver as LoggingObserver
    from .otel import OpenTelemetryObserver as OpenTelemetryObserver
else:
    __getattr__ = resolver(__name__, {"LoggingObserver": "log", "OpenTelemetryObserver": "otel"})

__all__ = ["LoggingObserver", "OpenTelemetryObserver", "combined"]


def combined(*observers: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return an observer that hands each event to several ones in turn.

    One that raises keeps the event from those behind it.
    """

    def tell(event: Event) -> None:
        for observer in observers:
            observer(event)

    return tell
