"""Random ids and numbers, from the system: copies of a process restored from one snapshot share none of them."""

from __future__ import annotations

import os

_FIXED_BITS = (0xF << 76) | (0x3 << 62)
_VERSION_4 = (0x4 << 76) | (0x2 << 62)


def random_uuid() -> str:
    """Return a random UUID (RFC 9562, version 4) as text.

    Importing `uuid` would cost 3 ms.
    """
    digits = f"{int.from_bytes(os.urandom(16)) & ~_FIXED_BITS | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def random_fraction() -> float:
    """Return a random number in [0, 1), one of 2^53 that are equally far apart.

    It draws from the system each time, unlike `random.random`.
    """
    return (int.from_bytes(os.urandom(7)) >> 3) * 2.0**-53
