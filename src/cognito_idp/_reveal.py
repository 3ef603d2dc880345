"""`reveal`: a value as text for the people who may see its data. Personal data is shown, secrets never.

What a member holds stands beside it (`Member.sensitive`, and `Mask.kind` for what isn't of the model). A value is
first taken apart into nodes, each of which knows how long it is; then it is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, runtime_checkable

import attrs

from ._errors import CognitoIdpError
from ._protocol.redaction import REDACTED
from ._structs.struct import Struct
from .model.sensitive import is_secret_entry, is_secret_name, kind_of_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WIDTH: Final = 100
_INDENT: Final = "    "
_DEPTH: Final = 50
_LEFT_OUT: Final = "..."


class Part(NamedTuple):
    """A member of a struct or of another object: its name, its value, and what it holds (`Member.sensitive`)."""

    name: str
    value: Any
    kind: str


@runtime_checkable
class Hinted(Protocol):
    """A challenge, whose text ends with what answers it."""

    def _hint(self) -> str: ...


class _Node(NamedTuple):
    """A text, or what stands between its beginning and its end; `width` is that of one line."""

    begin: str
    items: tuple[_Node, ...]
    end: str
    width: int


def reveal(value: object) -> str:
    """Return a value as text, like its `repr`, with personal data shown and secrets as `'***'`.

    Usernames, attributes, `sub`, app client ids and addresses are personal; passwords, tokens, codes, sessions, client
    secrets, hashes and proofs are secrets. It shows responses, requests, outcomes of a sign-in, claims, errors, and
    dicts and lists of these. A dict of plain values, such as the answer of `call`, hides what stands under the name of
    a secret. A text of your own is shown as it is. What doesn't fit on a line is broken over several.

    Mind where the text goes: a log is not the place for personal data.

    ```
    print(reveal(client.list_users(user_pool_id="eu-west-1_EXAMPLE")))
    ```
    """
    return "\n".join(_lines(_node(value, ()), "", ""))


def revealed(value: object, kind: str = "") -> str:
    """Return what `reveal` does, on one line; `kind` is what the value's member holds (`Member.sensitive`)."""
    return _one_line(_node(value, (), kind))


def parts_of(value: object) -> tuple[Part, ...] | None:
    """Return the members of a struct or another object of this library; None for everything else.

    Objects with a `repr` of their own, such as a client, are not opened.
    """
    if isinstance(value, Struct):
        members = ((each.name, getattr(value, each.name), each.sensitive) for each in value._members)  # noqa: SLF001
        return tuple(Part(*member) for member in members if member[1] is not None)
    cls: Any = type(value)
    if not cls.__module__.startswith("cognito_idp"):
        return None
    if isinstance(value, CognitoIdpError):
        return tuple(Part(name, held, "") for name, held in vars(value).items() if isinstance(held, Struct))
    if hasattr(cls, "_parts"):
        return tuple(Part(*part) for part in cls._parts(value))
    if not attrs.has(cls) or not _is_written_by_attrs(cls.__repr__):
        return None
    return tuple(
        Part(field.name, getattr(value, field.name), getattr(field.repr, "kind", ""))
        for field in attrs.fields(cls)
        if field.repr
    )


def _is_written_by_attrs(method: Any) -> bool:
    code = getattr(method, "__code__", None)
    return code is not None and code.co_filename.startswith("<attrs generated ")


def entries_of(mapping: Mapping[Any, Any], kind: str) -> Iterator[tuple[Any, Any, str]]:
    """Yield the entries of a map that a member holds: keys, values, and what each holds."""
    for key, value in mapping.items():
        if kind:
            yield key, value, "secret" if is_secret_entry(kind, str(key)) else "personal"
        elif isinstance(key, str) and _is_plain(value) and is_secret_name(key):
            yield key, value, "secret"
        else:
            yield key, value, kind_of_map(key) if isinstance(key, str) and isinstance(value, Mapping) else ""


def _is_plain(value: object) -> bool:
    """Whether a value is text or holds some: an object of this library hides its own secrets."""
    return isinstance(value, str | bytes | Mapping | list | tuple) and not isinstance(value, Struct)


def _node(value: object, above: tuple[int, ...], kind: str = "") -> _Node:
    is_hidden = kind == "secret" or (kind not in ("", "personal") and not isinstance(value, Mapping))
    if is_hidden and value is not None:
        return _text(REDACTED)
    if len(above) > _DEPTH or id(value) in above:
        return _text(_LEFT_OUT)
    above = (*above, id(value))
    name = type(value).__name__
    parts = parts_of(value)
    if parts is not None:
        items = [_after(f"{part.name}=", _node(part.value, above, part.kind)) for part in parts]
        if isinstance(value, CognitoIdpError):
            items.insert(0, _text(repr(str(value))))
        if isinstance(value, Hinted):
            items.append(_text(value._hint()))  # noqa: SLF001 - the two halves of one text
        return _group(f"{name}(", items, ")")
    if isinstance(value, Mapping) and value:
        items = [_after(f"{key!r}: ", _node(item, above, holds)) for key, item, holds in entries_of(value, kind)]
        return _group("{", items, "}") if type(value) is dict else _group(f"{name}({{", items, "})")
    brackets = _brackets(value)
    if brackets is not None and value:
        return _group(brackets[0], [_node(item, above, kind) for item in value], brackets[1])  # type: ignore[attr-defined]
    return _text(repr(value))


def _brackets(value: object) -> tuple[str, str] | None:
    """Return what stands around the items of a sequence or set; None for what is neither."""
    match value:
        case tuple() if not hasattr(value, "_fields"):
            return "(", ",)" if len(value) == 1 else ")"
        case list():
            return "[", "]"
        case set():
            return "{", "}"
        case frozenset():
            return "frozenset({", "})"
    return None


def _text(text: str) -> _Node:
    return _Node(text, (), "", len(text))


def _after(prefix: str, node: _Node) -> _Node:
    return node._replace(begin=prefix + node.begin, width=len(prefix) + node.width)


def _group(begin: str, items: Iterable[_Node], end: str) -> _Node:
    inside = tuple(items)
    width = len(begin) + len(end) + sum(item.width for item in inside) + 2 * max(len(inside) - 1, 0)
    return _Node(begin, inside, end, width)


def _one_line(node: _Node) -> str:
    return f"{node.begin}{', '.join(map(_one_line, node.items))}{node.end}"


def _lines(node: _Node, indent: str, comma: str) -> Iterator[str]:
    """Yield a node's lines: one if it fits, else one for each item."""
    if not node.items or len(indent) + node.width + len(comma) <= _WIDTH:
        yield f"{indent}{_one_line(node)}{comma}"
        return
    yield indent + node.begin
    for item in node.items:
        yield from _lines(item, indent + _INDENT, ",")
    yield f"{indent}{node.end.lstrip(',')}{comma}"
