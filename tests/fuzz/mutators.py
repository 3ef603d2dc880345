"""Changes that keep an input readable: JSON stays JSON, with one value of it replaced, moved, doubled or taken away.

A fuzzer's own changes of bytes rarely get past a JSON reader; these do. `random` decides, so a run can be repeated.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

# What readers stumble over: other types, the ends of ranges, texts that are no Unicode, depth.
HOSTILE: Final = (
    "null", "true", "false", "0", "-1", "1.5", "1e999", "-1e999", "NaN", "Infinity", "-0.0", "1e-400",
    str(2**63), str(-(2**63)), str(10**400), "1" * 5000, "253402300800", "-62135596801", "4e10",
    '""', '"0"', '"\\ud800"', '"\\u0000"', '"\\u2028"', '"a\\nb"', '"' + "a" * 3000 + '"', '"null"', '"AAEC"', '"A"',
    "[]", "{}", "[[]]", "[{}]", '{"":""}', '{"a":1,"a":2}', '{"__type":"x"}', "[null]", '["RS256"]',
    "[" * 500 + "]" * 500, '{"a":' * 200 + "1" + "}" * 200, "[" * 3000 + "]" * 3000,
)  # fmt: skip
_PIECES: Final = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\n", b"\r", b"\t", b" " * 50, b"=", b":", b"[", b"]", b"#", b";", b".", b"..",
    b"-", b"_", b"/", b"@", b"%", b"?", b"\\", b'"', b"'", b"c1.", b"Bearer ", b"\xef\xbb\xbf", b"\xe2\x84\x80",
    b"\x1c", b"\x85", b"AAAA", b"==", b"eyJ", b"0" * 30,
    b"\r\n", b"\r\n\r\n", b"HTTP/1.1 100 X\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"Content-Length: 5\r\n",
    b"5\r\nhello\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"0\r\n\r\n", b"\r\n ",
)  # fmt: skip


def mutated(data: bytes, random: random.Random) -> bytes:
    """Return an input with one change: of its JSON if it holds any, else of its bytes."""
    start = min((at for at in (data.find(b"{"), data.find(b"[")) if at >= 0), default=-1)
    if start >= 0 and random.choice((True, True, True, False)):
        # What is nested too deep for the JSON module is left to changes of bytes.
        with suppress(ValueError, RecursionError):
            changed = _json_with_a_change(json.loads(data[start:]), random)
            return data[:start] + changed.encode("utf-8", "surrogatepass")
    return _bytes_with_a_change(data, random)


_HOLE: Final = "<the place of the change>"


def _json_with_a_change(value: Any, random: random.Random) -> str:
    places = list(_places(value))
    text = random.choice(HOSTILE)
    if not places:
        return text
    container, key = random.choice(places)
    match random.randrange(5):
        case 0:
            del container[key]
        case 1 if isinstance(container, dict):
            container[random.choice(("", "__type", "code", "keys", "\ud800", "x" * 300))] = container.pop(key)
        case 2:
            other, at = random.choice(places)
            container[key] = json.loads(json.dumps(other[at]))
        case 3 if isinstance(container, dict):
            # The same member twice, which only text can say.
            text = f"{json.dumps(container[key])},{json.dumps(key)}:{text}"
            container[key] = _HOLE
        case _:
            container[key] = _HOLE
    return json.dumps(value, ensure_ascii=random.choice((True, False))).replace(f'"{_HOLE}"', text)


def _places(value: Any) -> Any:
    """Yield every place in a JSON value, as container and key, without recursion: inputs may be deep."""
    waiting = [value]
    while waiting:
        container = waiting.pop()
        if isinstance(container, dict):
            keys: Any = list(container)
        elif isinstance(container, list):
            keys = range(len(container))
        else:
            continue
        for key in keys:
            yield container, key
            waiting.append(container[key])


def _bytes_with_a_change(data: bytes, random: random.Random) -> bytes:
    start = random.randint(0, len(data))
    end = min(len(data), start + random.choice((0, 0, 1, 1, 2, 8, 64)))
    piece = random.choice((*_PIECES, b"", data[start:end] * 2, random.randbytes(random.randint(1, 4))))
    return data[:start] + piece + data[end:]
