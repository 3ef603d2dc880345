"""CBOR as authenticators write it: CTAP2's canonical form of RFC 8949, and nothing else."""

from __future__ import annotations

from typing import Any

_SIMPLE = {20: False, 21: True, 22: None}
_ARGUMENT_IN_HEAD = 24
_LAST_ARGUMENT = 27


class CborError(ValueError):
    """The bytes are not one canonical CBOR item."""


def decoded(data: bytes) -> Any:
    """Return the one item that the bytes are."""
    item, rest = first_item(data)
    if rest:
        msg = f"{len(rest)} bytes follow the item"
        raise CborError(msg)
    return item


def first_item(data: bytes) -> tuple[Any, bytes]:
    """Return the item that the bytes begin with, and the bytes after it."""
    major, argument, rest = _head(data)
    match major:
        case 0:
            return argument, rest
        case 1:
            return -1 - argument, rest
        case 2 | 3:
            content, rest = _taken(rest, argument)
            return (content if major == 2 else _text(content)), rest
        case 4:
            items = []
            for _ in range(argument):
                item, rest = first_item(rest)
                items.append(item)
            return items, rest
        case 5:
            return _map(rest, argument)
        case 7 if argument in _SIMPLE:
            return _SIMPLE[argument], rest
    msg = f"major type {major} with {argument} is not for authenticators"
    raise CborError(msg)


def _head(data: bytes) -> tuple[int, int, bytes]:
    first, rest = _taken(data, 1)
    major, argument = first[0] >> 5, first[0] & 31
    if argument < _ARGUMENT_IN_HEAD:
        return major, argument, rest
    if argument > _LAST_ARGUMENT:
        msg = "a length is indefinite"
        raise CborError(msg)
    size = 1 << (argument - _ARGUMENT_IN_HEAD)
    content, rest = _taken(rest, size)
    value = int.from_bytes(content)
    if value < (_ARGUMENT_IN_HEAD if size == 1 else 1 << (4 * size)):
        msg = "a number is longer than it must be"
        raise CborError(msg)
    return major, value, rest


def _taken(data: bytes, size: int) -> tuple[bytes, bytes]:
    if len(data) < size:
        msg = "the bytes end within an item"
        raise CborError(msg)
    return data[:size], data[size:]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "a text is not UTF-8"
        raise CborError(msg) from error


def _map(data: bytes, size: int) -> tuple[dict[Any, Any], bytes]:
    entries: dict[Any, Any] = {}
    previous = b""
    for _ in range(size):
        key, rest = first_item(data)
        written = data[: len(data) - len(rest)]
        # Also without two keys alike: each is after the one before it.
        if not isinstance(key, int | str) or (len(written), written) <= (len(previous), previous):
            msg = "a map's keys are not in order"
            raise CborError(msg)
        entries[key], data = first_item(rest)
        previous = written
    return entries, data


def encoded(value: Any) -> bytes:
    """Return a number, a text, bytes or a map of these as CBOR; the map's keys are written as they come."""
    match value:
        case int():
            return _headed(0, value) if value >= 0 else _headed(1, -1 - value)
        case bytes():
            return _headed(2, len(value)) + value
        case str():
            return _headed(3, len(value.encode())) + value.encode()
        case dict():
            return _headed(5, len(value)) + b"".join(encoded(key) + encoded(item) for key, item in value.items())
    raise TypeError(value)


def _headed(major: int, argument: int) -> bytes:
    if argument < _ARGUMENT_IN_HEAD:
        return bytes((major << 5 | argument,))
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << (8 * size))
    return bytes((major << 5 | _ARGUMENT_IN_HEAD + size.bit_length() - 1,)) + argument.to_bytes(size)
