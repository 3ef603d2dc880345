"""The places of a call where an observer is told something; without an observer nothing happens there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.endpoint import Target
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials

R = TypeVar("R")


class Unwatched:
    """What a call without an observer tells: nothing. `observer.Watch` overrides all of it."""

    __slots__ = ()

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the flow of a whole call."""
        return flow

    def call_started(self, call_id: str, target: Target) -> None:
        """The call has an id and a target."""

    def signed_with(self, credentials: Credentials) -> None:
        """The next attempt is signed with these credentials."""

    def attempt_started(self, attempt: int) -> None:
        """An attempt begins."""

    def attempt_ended(self, answer: HttpResponse | None, error: Exception | None) -> None:
        """The attempt ended, with an answer or without."""

    def retry_scheduled(self, delay: float, error: Exception) -> None:
        """Another attempt follows."""


UNWATCHED: Final = Unwatched()
