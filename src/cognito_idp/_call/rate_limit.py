"""The rate limiter of the adaptive retry mode: a token bucket whose rate follows what the service accepts.

Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; the growth after a throttle is CUBIC (RFC 9438).
Times are seconds of a monotonic clock. Where a snapshot is restored on another machine, that clock may begin anew: the
limiter's own time then goes on from where it was.
"""

from __future__ import annotations

import math

from .._flow.locks import new_lock

_BETA = 0.7
_SCALE = 0.4
_SMOOTHING = 0.8
_MIN_RATE = 0.5
_MIN_CAPACITY = 1.0
_BUCKETS_PER_SECOND = 2

# How late somebody in the line may be before those behind stop waiting for him: his loop or process may be gone.
_LATE_SECONDS = 5.0
_ROUNDING = 1e-9


class Place:
    """The place of one attempt: first in the line, then a token."""

    __slots__ = ("due", "has_token")

    def __init__(self) -> None:
        self.due = 0.0
        self.has_token = False


class RateLimiter:
    """Delays attempts once the service has throttled one. Threads and tasks may share it.

    Attempts wait in one line, and take a token from the bucket when they are sent. One that gives up leaves the line,
    so nobody waits for more attempts than there are.
    """

    # Whoever waits looks again this often, since the rate may have grown.
    look_seconds = 1.0

    def __init__(self) -> None:
        """Start without a limit, since none is known before the first throttle."""
        self._lock = new_lock()
        self._line: list[Place] = []
        self._enabled = False
        self._rate = 0.0
        self._max_capacity = 0.0
        self._capacity = 0.0
        self._refilled_at: float | None = None
        self._measured_rate = 0.0
        self._bucket: float | None = None
        self._count = 0
        self._last_max_rate = 0.0
        self._throttled_at = 0.0
        # The last time that was named, and what is added to each.
        self._named = -math.inf
        self._ahead = 0.0

    def place(self) -> Place:
        """Return a place for a new attempt."""
        return Place()

    def wait(self, place: Place, now: float) -> float:
        """Return the seconds until an attempt may be sent, as things are; 0 if it may, and then its token is taken.

        The place joins the line at the first call. Sleep for `look_seconds` at most, and ask again.
        """
        with self._lock:
            if not self._enabled:
                return 0.0
            now = self._own_time(now)
            self._refill(now)
            line = self._line
            while line and line[0] is not place and line[0].due + _LATE_SECONDS < now:
                del line[0]
            if place not in line:
                line.append(place)
            missing = line.index(place) + 1 - self._capacity
            if missing > _ROUNDING:
                seconds = missing / self._rate
                place.due = now + min(seconds, self.look_seconds)
                return seconds
            line.remove(place)
            self._capacity -= 1.0
            place.has_token = True
            return 0.0

    def leave(self, place: Place) -> None:
        """Take back the place of an attempt that is not sent."""
        with self._lock:
            if place in self._line:
                self._line.remove(place)
            elif place.has_token:
                self._capacity = min(self._max_capacity, self._capacity + 1.0)
            place.has_token = False

    def update(self, now: float, *, throttled: bool) -> None:
        """Update the rate after an attempt."""
        with self._lock:
            now = self._own_time(now)
            self._measure(now)
            if throttled:
                rate = min(self._measured_rate, self._rate) if self._enabled else self._measured_rate
                self._last_max_rate = rate
                self._throttled_at = now
                self._enabled = True
                target = rate * _BETA
            else:
                target = _SCALE * (now - self._throttled_at - self._window()) ** 3 + self._last_max_rate
            self._set_rate(min(target, 2 * self._measured_rate), now)

    def _own_time(self, now: float) -> float:
        # Threads name their times in any order, so a little earlier is no new clock.
        if now < self._named - _LATE_SECONDS:
            self._ahead += self._named - now
        self._named = now
        return now + self._ahead

    def _window(self) -> float:
        """Return the seconds until the rate is back where it was when the service throttled."""
        return math.cbrt(self._last_max_rate * (1 - _BETA) / _SCALE)

    def _measure(self, now: float) -> None:
        bucket = math.floor(now * _BUCKETS_PER_SECOND) / _BUCKETS_PER_SECOND
        if self._bucket is None:
            self._bucket = bucket
        self._count += 1
        if bucket > self._bucket:
            rate = self._count / (bucket - self._bucket)
            self._measured_rate = rate * _SMOOTHING + self._measured_rate * (1 - _SMOOTHING)
            self._count = 0
            self._bucket = bucket

    def _set_rate(self, rate: float, now: float) -> None:
        self._refill(now)
        self._rate = max(rate, _MIN_RATE)
        self._max_capacity = max(rate, _MIN_CAPACITY)
        self._capacity = min(self._capacity, self._max_capacity)

    def _refill(self, now: float) -> None:
        if self._refilled_at is not None:
            self._capacity = min(self._max_capacity, self._capacity + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
