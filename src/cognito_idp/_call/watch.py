"""The hook points of a call: what an observer can be told, and what does nothing where there is no observer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.endpoint import Target
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials

R = TypeVar("R")


class Watch(Protocol):
    """The hook points of one call. `events.Watched` tells an observer, `Unwatched` nobody."""

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the flow of a whole call."""
        ...

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


class Unwatched:
    """Hooks of a call without an observer: no-ops."""

    __slots__ = ()

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the flow itself."""
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
