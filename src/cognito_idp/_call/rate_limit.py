"""The rate limiter of the adaptive retry mode: a token bucket whose rate follows what the service accepts.

Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; the growth after a throttle is CUBIC (RFC 9438).
Times are seconds of a monotonic clock.
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


class RateLimiter:
    """Delays attempts once the service has throttled one. Threads and tasks may share it."""

    def __init__(self) -> None:
        """Start without a limit, since none is known before the first throttle."""
        self._lock = new_lock()
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

    def acquire(self, now: float) -> float:
        """Join the queue, and return how many seconds to wait before sending."""
        with self._lock:
            if not self._enabled:
                return 0.0
            self._refill(now)
            self._capacity -= 1.0
            return max(0.0, -self._capacity / self._rate)

    def update(self, now: float, *, throttled: bool) -> None:
        """Update the rate after an attempt."""
        with self._lock:
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
