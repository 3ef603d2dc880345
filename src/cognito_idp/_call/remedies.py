"""Failures that can be fixed: expired credentials are reloaded and a wrong clock is corrected, each once per call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.repeat import Failure
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials
    from .options import Options
    from .watch import Watch


class Remedies:
    """The remedies that one call has tried, and the time and credentials that sign its next attempt."""

    __slots__ = ("_corrected", "_credentials", "_offset", "_replaced", "_sent", "_watch", "options")

    def __init__(self, options: Options, watch: Watch) -> None:
        self.options = options
        self._watch = watch
        self._credentials: Credentials | None = None
        self._replaced = False
        self._corrected = False
        self._sent = 0.0
        self._offset = 0.0

    def now(self) -> float:
        """Return the time for a signature, corrected for known clock skew, and remember when it was asked for."""
        skew = self.options.clock_skew
        self._sent = self.options.clock()
        self._offset = 0.0 if skew is None else skew.offset
        return self._sent + self._offset

    def credentials(self) -> Flow[Credentials]:
        """Return credentials to sign with."""
        if self._credentials is None or not self._replaced:
            self._credentials = yield from self.options.credentials.get()
        self._watch.signed_with(self._credentials)
        return self._credentials

    def apply(self, error: Failure, response: HttpResponse | None) -> Flow[bool]:
        """Try a remedy; return whether to retry.

        Raises:
            CredentialsError: expired credentials could not be reloaded.
        """
        if self._credentials is None:
            return False
        from .._protocol.service_errors import ExpiredTokenException  # a first call without errors needs none of them

        if isinstance(error, ExpiredTokenException) and not self._replaced:
            rejected = self._credentials
            self._credentials = yield from self.options.credentials.replace(rejected)
            self._replaced = self._credentials != rejected
            return self._replaced
        skew = self.options.clock_skew
        if skew is None or self._corrected:
            return False
        self._corrected = skew.learn(error, response, self._sent, self.options.clock(), self._offset)
        return self._corrected
