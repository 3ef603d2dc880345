"""Reads the facts of the service out of botocore's data: names, types, bounds, enums, errors and the like."""

from __future__ import annotations

import gzip
import json
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

from .families import (
    COMMON,
    HOMES_IN_SIGN_IN,
    TABLES,
    UNSIGNED_BY_DOCUMENTATION,
    Pages,
    Tables,
    Unsigned,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FOLDER = "botocore/data/cognito-idp/2016-04-18"
PAGE_TOKENS = frozenset({"NextToken", "PaginationToken"})
_KNOWN_TYPES = frozenset(
    {"structure", "string", "list", "map", "integer", "long", "boolean", "blob", "timestamp", "document"}
)


class ModelError(Exception):
    """The model and the generator's tables don't agree, or the model holds something the generator doesn't know."""


class MemberFacts(NamedTuple):
    """A member of a structure."""

    wire_name: str
    shape: str
    required: bool


class ShapeFacts(NamedTuple):
    """A shape of the model."""

    name: str
    type: str
    minimum: int | None
    maximum: int | None
    sensitive: bool
    enum: tuple[str, ...]
    members: tuple[MemberFacts, ...]
    item: str | None
    key: str | None
    exception: bool
    fault: bool


class OperationFacts(NamedTuple):
    """An operation of the model."""

    name: str
    input: str
    output: str | None
    errors: tuple[str, ...]
    public: bool
    unsigned: Unsigned | None
    pages: Pages | None

    @property
    def signed(self) -> bool:
        """Whether a request struct of the operation is signed."""
        return not self.public and self.unsigned is None


class Facts(NamedTuple):
    """What the model says, before it is held against the generator's tables."""

    shapes: Mapping[str, ShapeFacts]
    operations: Mapping[str, OperationFacts]

    def members(self, name: str | None) -> set[str]:
        """Return the wire names of a structure's members; none without a structure."""
        return set() if name is None else {member.wire_name for member in self.shapes[name].members}


class Model:
    """The facts, and what follows from them: which family a shape lives in, and in which order to define shapes."""

    def __init__(self, service: dict[str, Any], paginators: dict[str, Any], tables: Tables = TABLES) -> None:
        """Read the two documents and check them against the generator's tables.

        Raises:
            ModelError: they don't agree.
        """
        self.facts = facts_of(service, paginators)
        self.tables = tables
        self.shapes = self.facts.shapes
        self.operations = {
            name: operation._replace(pages=operation.pages or tables.pages.get(name))
            for name, operation in self.facts.operations.items()
        }
        self.inputs = {operation.input: operation for operation in self.operations.values()}
        self.outputs = {operation.output for operation in self.operations.values() if operation.output}
        self.family_of = self._families()
        self._check(paginators)

    def _families(self) -> dict[str, str]:
        """Return the home of every structure and enum: its family, or the common module if several families use it."""
        users: dict[str, set[str]] = {}
        for family, (_, operations) in self.tables.families.items():
            for operation in operations:
                if operation not in self.operations:
                    msg = f"family {family} names {operation}, which is no operation of the model"
                    raise ModelError(msg)
                facts = self.operations[operation]
                for root in filter(None, (facts.input, facts.output)):
                    for shape in self._reachable(root):
                        users.setdefault(shape, set()).add(family)
        return {
            name: next(iter(families)) if len(families) == 1 else HOMES_IN_SIGN_IN.get(name, COMMON)
            for name, families in users.items()
            if self.shapes[name].type == "structure" or self.shapes[name].enum
        }

    def _reachable(self, root: str) -> set[str]:
        seen: set[str] = set()
        todo = [root]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo.extend(self.targets(name))
        return seen

    def targets(self, name: str) -> list[str]:
        """Return the shapes that a shape is made of."""
        shape = self.shapes[name]
        return [*(member.shape for member in shape.members), *filter(None, (shape.key, shape.item))]

    def named_targets(self, name: str) -> list[str]:
        """Return the structures and enums that a structure's members name, also inside lists and maps."""
        found: dict[str, None] = {}
        todo = self.targets(name)
        while todo:
            target = todo.pop(0)
            if target in self.family_of:
                found[target] = None
            elif self.shapes[target].type in ("list", "map"):
                todo = [*self.targets(target), *todo]
        return list(found)

    def homes(self, family: str) -> list[str]:
        """Return the structures and enums of a family, each after those that it needs, else in the model's order."""
        ordered: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in ordered or self.family_of[name] != family:
                return
            for target in self.named_targets(name):
                visit(target)
            operation = self.inputs.get(name)
            if operation is not None and operation.output:
                visit(operation.output)
            ordered[name] = None

        for name in self.shapes:
            if name in self.family_of:
                visit(name)
        return list(ordered)

    def sensitivity(self, struct: str, member: MemberFacts) -> str:
        """Return `secret`, `personal`, the name of a map of both, or nothing: what a member holds.

        That is what the tables say of the member itself, else of its shape, else of the struct.
        """
        return self._sensitivity(struct, member)[1]

    def _sensitivity(self, struct: str, member: MemberFacts) -> tuple[str, str]:
        """Return the entry of the tables that decides, and what it says."""
        for name in (f"{struct}.{member.wire_name}", *self._held(member.shape), struct):
            for kind in self.tables.sensitive.kinds(name):
                return name, kind
        return "", ""

    def _held(self, name: str) -> list[str]:
        """Return a shape, and those of what it holds if it is a list or map; structs in there speak for themselves."""
        shape = self.shapes[name]
        inner = [target for target in (shape.key, shape.item) if target and self.shapes[target].type != "structure"]
        return [name, *(held for target in inner for held in self._held(target))]

    def is_pairs(self, name: str) -> bool:
        """Whether a shape is a list of structures of two strings, such as name and value: a mapping in other words."""
        item = self.shapes[self.shapes[name].item or name]
        texts = [self.shapes[member.shape] for member in item.members]
        return (
            self.shapes[name].type == "list"
            and len(texts) == len(("key", "value"))
            and all(text.type == "string" and not text.enum for text in texts)
        )

    def takes_app_client(self, struct: str, member: MemberFacts) -> bool:
        """Whether a member is a request's app client id, in whose place an `AppClient` will do."""
        return struct in self.inputs and member.wire_name == "ClientId"

    def proves_secret(self, operation: OperationFacts) -> bool:
        """Whether an app client proves its secret in a request of the operation: `_structs/app_clients.py` says how."""
        names = {member.wire_name for member in self.shapes[operation.input].members}
        proofs = {"SecretHash", "AuthParameters", "ChallengeResponses"}
        # An administrator's request that has a secret gives the client a further one.
        return bool(names & (proofs if operation.signed else {*proofs, "ClientSecret", "Secret"}))

    def _check(self, paginators: dict[str, Any]) -> None:
        families, forgotten, _ = self.tables
        homes = {operation: family for family, (_, operations) in families.items() for operation in operations}
        count = sum(len(operations) for _, operations in families.values())
        problems = [f"operation {name} has no family" for name in self.operations if name not in homes]
        if count != len(homes):
            problems.append("an operation is in two families")
        used = {shape for operation in self.operations.values() for shape in operation.errors}
        for operation in self.operations.values():
            for root in filter(None, (operation.input, operation.output)):
                used |= self._reachable(root)
        for error in sorted(used):
            used |= self._reachable(error)
        problems += [f"shape {name} is not used" for name in self.shapes if name not in used]
        problems += [
            f"shape {s.name} is of unknown type {s.type}" for s in self.shapes.values() if s.type not in _KNOWN_TYPES
        ]
        problems += self._sensitivity_problems()
        problems += [f"pages.toml names {name}, which the model has" for name in forgotten if name in paginators]
        problems += [
            f"the paginator {name} belongs to no operation" for name in {*paginators, *forgotten} - {*self.operations}
        ]
        problems += [
            f"SHARED_IN_SIGN_IN names {name}, which several families do not share"
            for name, home in sorted(HOMES_IN_SIGN_IN.items())
            if self.family_of.get(name) != home
        ]
        problems += [
            f"UNSIGNED_BY_DOCUMENTATION names {name}, which is no operation"
            for name in UNSIGNED_BY_DOCUMENTATION
            if name not in self.operations
        ]
        for operation in self.operations.values():
            problems += self._page_problems(operation) + self._signing_problems(operation)
        if problems:
            raise ModelError("\n".join(problems))

    def _sensitivity_problems(self) -> list[str]:
        tables = self.tables.sensitive
        used, problems = set(), []
        for struct in self.shapes.values():
            for member in struct.members:
                name, kind = self._sensitivity(struct.name, member)
                used.add(name)
                shape_says = [said for held in (*self._held(member.shape), struct.name) for said in tables.kinds(held)]
                if name.endswith(f".{member.wire_name}") and [kind] == shape_says[:1]:
                    problems.append(f"sensitive.toml names {name}, of which its shape says the same")
        problems += [
            f"sensitive.toml lacks {shape.name}, which the model marks"
            for shape in self.shapes.values()
            if shape.sensitive and not tables.kinds(shape.name)
        ]
        names = tables.names()
        problems += [f"sensitive.toml names {name} twice" for name in sorted(set(names)) if names.count(name) > 1]
        problems += [f"sensitive.toml names {name}, which nothing uses" for name in sorted({*names} - used)]
        problems += [
            f"sensitive.toml names {name} as a map of {kind}, which it is not"
            for kind, mixed in tables.maps.items()
            for name in mixed.shapes
            if name in self.shapes and self.shapes[name].type != "map"
        ]
        return problems

    def _page_problems(self, operation: OperationFacts) -> list[str]:
        inputs, outputs = self.facts.members(operation.input), self.facts.members(operation.output)
        if operation.pages is None:
            tokens = sorted(PAGE_TOKENS & outputs)
            return [f"{operation.name} answers with {token}, but has no paginator" for token in tokens]
        pages = operation.pages
        missing = [name for name in (pages.output_token, pages.result) if name not in outputs]
        missing += [pages.input_token] if pages.input_token not in inputs else []
        return [f"the paginator of {operation.name} names {name}, which is no member" for name in missing]

    def _signing_problems(self, operation: OperationFacts) -> list[str]:
        if operation.unsigned is None:
            return []
        if operation.public:
            return [f"UNSIGNED_BY_DOCUMENTATION names {operation.name}, which the model doesn't sign"]
        member = operation.unsigned.member
        required = {member.wire_name for member in self.shapes[operation.input].members if member.required}
        if member is None or member in required:
            return []
        # Whether a struct is signed would depend on its members then, and `Operation.signed` knows no such case.
        return [f"UNSIGNED_BY_DOCUMENTATION names {operation.name}.{member}, which is no required member"]


def _shape(name: str, raw: dict[str, Any]) -> ShapeFacts:
    required = set(raw.get("required", ()))
    members = tuple(
        MemberFacts(wire_name, member["shape"], wire_name in required)
        for wire_name, member in raw.get("members", {}).items()
    )
    inner = raw.get("member") or raw.get("value")
    return ShapeFacts(
        name=name,
        type="document" if raw.get("document") else raw["type"],
        minimum=raw.get("min"),
        maximum=raw.get("max"),
        sensitive=raw.get("sensitive", False),
        enum=tuple(raw.get("enum", ())),
        members=members,
        item=inner["shape"] if inner else None,
        key=raw["key"]["shape"] if "key" in raw else None,
        exception=raw.get("exception", False),
        fault=raw.get("fault", False),
    )


def _operation(name: str, raw: dict[str, Any], paginator: dict[str, Any] | None) -> OperationFacts:
    pages = paginator and Pages(paginator["input_token"], paginator["output_token"], paginator["result_key"])
    return OperationFacts(
        name=name,
        input=raw["input"]["shape"],
        output=raw["output"]["shape"] if "output" in raw else None,
        errors=tuple(error["shape"] for error in raw.get("errors", ())),
        public=raw.get("authtype") == "none",
        unsigned=UNSIGNED_BY_DOCUMENTATION.get(name),
        pages=pages or None,
    )


def facts_of(service: dict[str, Any], paginators: dict[str, Any]) -> Facts:
    """Return the facts of the two documents.

    Raises:
        ModelError: the documents have a form that the generator doesn't know.
    """
    try:
        return Facts(
            {name: _shape(name, raw) for name, raw in service["shapes"].items()},
            {name: _operation(name, raw, paginators.get(name)) for name, raw in service["operations"].items()},
        )
    except (AttributeError, KeyError, TypeError) as error:
        msg = f"the model has a form that the generator doesn't know: {error!r}"
        raise ModelError(msg) from error


def load(path: Path, tables: Tables = TABLES) -> Model:
    """Read the model from a botocore wheel, an installed `botocore` package, or a folder that holds one.

    Raises:
        ModelError: there is no such model, or it does not agree with the generator's tables.
    """
    return Model(*documents(path), tables)


def documents(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the documents of the service and of its paginators, from where `load` reads them.

    Raises:
        ModelError: they are not there.
    """
    if path.is_dir() and path.name == "botocore":
        path = path.parent
    return _document(path, "service-2.json"), _document(path, "paginators-1.json")["pagination"]


def _document(path: Path, name: str) -> dict[str, Any]:
    """Read one JSON document; botocore ships some of them compressed."""
    plain, packed = f"{_FOLDER}/{name}", f"{_FOLDER}/{name}.gz"
    if path.is_file():
        with zipfile.ZipFile(path) as wheel:
            names = set(wheel.namelist())
            if packed in names:
                return json.loads(gzip.decompress(wheel.read(packed)))  # type: ignore[no-any-return]
            if plain in names:
                return json.loads(wheel.read(plain))  # type: ignore[no-any-return]
    elif (path / packed).is_file():
        return json.loads(gzip.decompress((path / packed).read_bytes()))  # type: ignore[no-any-return]
    elif (path / plain).is_file():
        return json.loads((path / plain).read_bytes())  # type: ignore[no-any-return]
    msg = f"{path} is neither a botocore wheel nor a folder that holds botocore: it has no {plain}[.gz]"
    raise ModelError(msg)
