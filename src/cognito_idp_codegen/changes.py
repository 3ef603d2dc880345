"""What differs between two models: compared as flat facts, and told in lines that are grouped and sorted."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .model import Facts, OperationFacts, ShapeFacts

# The kinds of facts, one of them and several, in the order in which they are told.
_KINDS: Final[Mapping[str, str]] = {
    "operation": "operations",
    "paginator": "paginators",
    "auth flag": "auth flags",
    "struct": "structs",
    "member": "members",
    "required flag": "required flags",
    "enum": "enums",
    "enum value": "enum values",
    "error": "errors",
    "error of an operation": "errors of operations",
    "type": "types",
    "bound": "bounds",
    "sensitive flag": "sensitive flags",
}
_WAYS: Final = ("new", "changed", "gone")

_Key = tuple[str, str]


class Fact(NamedTuple):
    """One thing that a model says."""

    kind: str
    name: str
    says: str
    """What is compared."""
    shown: str = ""
    """What a reader sees instead, where that is more."""
    owner: _Key | None = None
    """Whose fact it is: where that is new or gone as a whole, this goes without saying."""

    @property
    def text(self) -> str:
        """What the report shows."""
        return self.shown or self.says


class Change(NamedTuple):
    """A fact that is new, changed or gone: what was said of it, and what is said now."""

    kind: str
    name: str
    old: str | None
    new: str | None

    @property
    def way(self) -> str:
        """Whether the fact is new, changed or gone."""
        return "new" if self.old is None else "gone" if self.new is None else "changed"

    @property
    def line(self) -> str:
        """The change as one line."""
        match self.way:
            case "new":
                return f"{self.name}: {self.new}" if self.new else self.name
            case "changed":
                return f"{self.name}: {self.old} -> {self.new}"
        return self.name


def compare(old: Facts, new: Facts) -> list[Change]:
    """Return what the new model says otherwise than the old one, by the way of the change, the kind and the name."""
    before, after = ({(fact.kind, fact.name): fact for fact in _said(facts)} for facts in (old, new))
    apart = before.keys() ^ after.keys()
    changes = []
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        owners = {fact.owner for fact in (was, now) if fact}
        if not owners & apart and (was and was.says) != (now and now.says):
            changes.append(Change(*key, was and was.text, now and now.text))
    kinds = list(_KINDS)
    return sorted(changes, key=lambda each: (_WAYS.index(each.way), kinds.index(each.kind), in_order(each.name)))


def report(changes: Sequence[Change]) -> str:
    """Return the changes, each on its line, under what they are and their kind."""
    lines = []
    for way, those in groupby(changes, lambda each: each.way):
        lines += ["", way]
        for kind, same in groupby(those, lambda each: each.kind):
            lines += [f"  {_KINDS[kind]}", *(f"    {each.line}" for each in same)]
    return "\n".join(lines[1:])


def summary(changes: Sequence[Change]) -> str:
    """Return how many changes there are of each kind, in one line: `2 operations, 1 enum value new; 1 member gone`."""
    return "; ".join(
        ", ".join(_count(len(list(same)), kind) for kind, same in groupby(those, lambda each: each.kind)) + f" {way}"
        for way, those in groupby(changes, lambda each: each.way)
    )


def in_order(name: str) -> tuple[str, str]:
    """Return a key that sorts names without regard to case."""
    return name.lower(), name


def _count(count: int, kind: str) -> str:
    return f"{count} {kind if count == 1 else _KINDS[kind]}"


# --- a model as flat facts ---


def _said(facts: Facts) -> Iterator[Fact]:
    for operation in facts.operations.values():
        yield from _of_operation(operation)
    for shape in facts.shapes.values():
        yield from _of_shape(shape, facts.shapes)


def _of_operation(operation: OperationFacts) -> Iterator[Fact]:
    name, owner = operation.name, ("operation", operation.name)
    # As the model has it; our own table may say otherwise.
    signed = "unsigned" if operation.public else "signed"
    shapes = f"{operation.input}, {operation.output or 'no answer'}"
    yield Fact("operation", name, shapes, f"{shapes}, {signed}")
    yield Fact("auth flag", name, signed, owner=owner)
    if operation.pages is not None:
        yield Fact("paginator", name, "{} from {}, {}".format(*operation.pages))
    for error in sorted(set(operation.errors)):
        yield Fact("error of an operation", f"{name}: {error}", "", owner=owner)


def _of_shape(shape: ShapeFacts, shapes: Mapping[str, ShapeFacts]) -> Iterator[Fact]:
    kind = _kind(shape)
    owner = (kind, shape.name)
    if kind == "type":
        yield Fact(kind, shape.name, _type(shape), _in_full(shape))
    elif kind == "error":
        yield Fact(kind, shape.name, "the service's fault" if shape.fault else "the caller's fault")
    else:
        yield Fact(kind, shape.name, "", ", ".join(shape.enum or (member.wire_name for member in shape.members)))
    for value in shape.enum:
        yield Fact("enum value", f"{shape.name}.{value}", "", owner=owner)
    for member in shape.members:
        name = f"{shape.name}.{member.wire_name}"
        required = "required" if member.required else "optional"
        yield Fact("member", name, member.shape, f"{member.shape} ({_in_full(shapes[member.shape])})", owner)
        yield Fact("required flag", name, required, owner=("member", name))
    if shape.type != "structure":
        yield Fact("bound", shape.name, _bounds(shape), owner=owner)
    yield Fact("sensitive flag", shape.name, "sensitive" if shape.sensitive else "plain", owner=owner)


def _kind(shape: ShapeFacts) -> str:
    if shape.type == "structure":
        return "error" if shape.exception else "struct"
    return "enum" if shape.enum else "type"


def _type(shape: ShapeFacts) -> str:
    match shape.type:
        case "list":
            return f"list of {shape.item}"
        case "map":
            return f"map of {shape.key} to {shape.item}"
    return "enum" if shape.enum else shape.type


def _bounds(shape: ShapeFacts) -> str:
    match shape.minimum, shape.maximum:
        case None, None:
            return "any"
        case None, maximum:
            return f"at most {maximum:,}"
        case minimum, None:
            return f"at least {minimum:,}"
    return f"{shape.minimum:,} to {shape.maximum:,}"


def _in_full(shape: ShapeFacts) -> str:
    bounds = _bounds(shape)
    return ", ".join(
        [_type(shape), *([] if bounds == "any" else [bounds]), *(["sensitive"] if shape.sensitive else [])]
    )
