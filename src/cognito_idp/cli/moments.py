"""Times in words: `in 59 minutes`, `3 days ago`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def in_words(moment: datetime, now: datetime) -> str:
    """Return a time and its distance from now, in the largest unit that fits."""
    seconds = int(abs((moment - now).total_seconds()))
    size, unit = next((entry for entry in _UNITS if seconds >= entry[0]), _UNITS[-1])
    number = seconds // size
    distance = f"{number:,} {unit}{'' if number == 1 else 's'}"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({f'{distance} ago' if moment <= now else f'in {distance}'})"
