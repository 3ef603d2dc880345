"""Ready-made observers: `Client(observer=LoggingObserver())`.

`LoggingObserver` writes log lines. `OpenTelemetryObserver` records spans and metrics, and needs the extra `otel`.
`combined` passes every event to several observers. This package also exports the events:
`CallStarted`, `AttemptStarted`, `AttemptEnded`, `RetryScheduled`, `CredentialsRefreshed`, `MemberUnreadable`,
`CallEnded`, `SignInStarted`, `SignInEnded`, `WaitProgressed`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._call.events import AttemptEnded as AttemptEnded
    from .._call.events import AttemptStarted as AttemptStarted
    from .._call.events import CallEnded as CallEnded
    from .._call.events import CallEvent as CallEvent
    from .._call.events import CallStarted as CallStarted
    from .._call.events import CredentialsRefreshed as CredentialsRefreshed
    from .._call.events import Event as Event
    from .._call.events import MemberUnreadable as MemberUnreadable
    from .._call.events import RetryScheduled as RetryScheduled
    from .._call.events import SignInEnded as SignInEnded
    from .._call.events import SignInStarted as SignInStarted
    from .._call.events import WaitProgressed as WaitProgressed
    from .._call.events import combined as combined
    from .log import LoggingObserver as LoggingObserver
    from .otel import OpenTelemetryObserver as OpenTelemetryObserver
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            ".._call.events": (
                "AttemptEnded AttemptStarted CallEnded CallEvent CallStarted CredentialsRefreshed Event "
                "MemberUnreadable RetryScheduled SignInEnded SignInStarted WaitProgressed combined"
            ),
            ".log": "LoggingObserver",
            ".otel": "OpenTelemetryObserver",
        },
    )
