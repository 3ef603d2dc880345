"""Times in words: `in 5 hours`, `3 days ago`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
# How far off a rounded number may be: a fresh token of an hour ends in 1 hour, but 90 minutes are not 2 hours.
_SHARE: Final = 0.1


def in_words(moment: datetime, now: datetime) -> str:
    """Return a time and its distance from now, in the largest unit in which a whole number is near enough."""
    seconds = abs((moment - now).total_seconds())
    size, unit = next((entry for entry in _UNITS if _is_near(seconds, entry[0])), _UNITS[-1])
    number = round(seconds / size)
    distance = f"{number:,} {unit}{'' if number == 1 else 's'}"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({f'{distance} ago' if moment <= now else f'in {distance}'})"


def _is_near(seconds: float, size: int) -> bool:
    number = round(seconds / size)
    return number > 0 and abs(number * size - seconds) <= _SHARE * seconds
