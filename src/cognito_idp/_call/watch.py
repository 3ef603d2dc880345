"""Hook points of a call, a step of a sign-in and a wait. `reporting.py` has those that report to an observer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.endpoint import Target
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials

R = TypeVar("R")


class Watch:
    """All hook points, without an observer: no-ops."""

    __slots__ = ()

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the flow of the whole call, or of the whole step of a sign-in, watched."""
        return flow

    def call_started(self, call_id: str, target: Target) -> None:
        """Called when the call has an id and a target."""

    def signed_with(self, credentials: Credentials) -> None:
        """Called with the credentials that sign the next attempt."""

    def attempt_started(self, attempt: int) -> None:
        """Called when an attempt starts."""

    def attempt_ended(self, answer: HttpResponse | None, error: Exception | None) -> None:
        """Called when an attempt ends, with or without an answer."""

    def retry_scheduled(self, delay: float, error: Exception) -> None:
        """Called when another attempt follows."""

    def member_unreadable(self, member: str, problem: str) -> None:
        """Called when a member of the answer was left out because it can't be read."""

    def looked(self, state: str | None, looks: int, seconds: float, delay: float | None) -> None:
        """Called after each look of a wait; `delay` is None if it was the last one."""


UNWATCHED: Final = Watch()
