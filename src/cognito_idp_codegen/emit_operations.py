"""Writes the operation methods of both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emit_choices import value_alias
from .layout import WIDTH, docstring, import_from, module_docstring, wrapped

if TYPE_CHECKING:
    from .model import MemberFacts, Model, OperationFacts
    from .names import Names
    from .prose import Prose

API_REFERENCE = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_{}.html"


class OperationWriter:
    """Writes one of the two modules."""

    def __init__(self, model: Model, prose: Prose, names: Names, *, is_async: bool) -> None:
        """Take the facts, the sentences, the naming, and which of the clients to write for."""
        self._model = model
        self._prose = prose
        self._names = names
        self._async = is_async
        self._types: set[str] = set()
        self._choices: set[str] = set()
        self._abstract: set[str] = set()
        self._uses_datetime = False
        self._uses_app_client = False

    def module(self) -> str:
        """Return the text of the module."""
        methods = []
        for operation in self._model.operations.values():
            methods.append(self._method(operation))
            if operation.pages is not None:
                methods.append(self._iterator(operation))
        prefix, kind = ("Async", "async ") if self._async else ("", "")
        decorators = ["async_operation", "async_pages_of"] if self._async else ["operation", "pages_of"]
        iterator = "AsyncIterator" if self._async else "Iterator"
        return (
            "# mypy: disable-error-code=empty-body\n"
            + module_docstring(f"The operation methods of `{prefix}Client`, in the model's order.")
            + "\nfrom __future__ import annotations\n\nfrom typing import TYPE_CHECKING, Any\n\n"
            + import_from(".._structs.operation", decorators)
            + "\nif TYPE_CHECKING:\n"
            + import_from("collections.abc", {*self._abstract, iterator}, "    ")
            + ("    from datetime import datetime\n" if self._uses_datetime else "")
            + "\n"
            + ("    from .._protocol.app_client import AppClient\n" if self._uses_app_client else "")
            + ("    from .._structs.empty import EmptyResponse\n" if "EmptyResponse" in self._types else "")
            + import_from("..types", self._types - {"EmptyResponse"}, "    ")
            + import_from(".choices", self._choices, "    ")
            + f"\n\nclass {prefix}Operations:\n"
            + docstring(
                f"The {len(self._model.operations)} operations as {kind}methods. "
                "Each makes its request struct, which checks the arguments, and sends it.",
                "    ",
            )
            + "\n    __slots__ = ()\n\n"
            + "\n".join(methods)
        )

    def _method(self, operation: OperationFacts) -> str:
        output = operation.output or "EmptyResponse"
        self._types.add(output)
        decorator, prefix = ("async_operation", "async ") if self._async else ("operation", "")
        members = self._members(operation)
        name = self._names.snake(operation.name)
        return (
            f'    @{decorator}("{operation.input}")\n'
            + self._signature(f"{prefix}def {name}", operation.input, members, output)
            + self._docstring(operation, members)
            + "        ...\n"
        )

    def _iterator(self, operation: OperationFacts) -> str:
        pages = operation.pages
        assert pages is not None
        output = self._model.shapes[operation.output or ""]
        result = next(member for member in output.members if member.wire_name == pages.result)
        item = self._annotation(self._model.shapes[result.shape].item or "", given=False)
        decorator, iterator = ("async_pages_of", "AsyncIterator") if self._async else ("pages_of", "Iterator")
        name = self._names.snake(operation.name)
        token = self._names.snake(pages.input_token)
        members = self._members(operation)
        text = (
            f"Iterate over the items of all pages of `{name}`, one page in memory at a time. "
            f"Takes what `{name}` takes; `{token}` begins at a page other than the first."
        )
        return (
            f'    @{decorator}("{operation.input}")\n'
            + self._signature(f"def iter_{name}", operation.input, members, f"{iterator}[{item}]")
            + docstring(text, "        ")
            + "        ...\n"
        )

    def _members(self, operation: OperationFacts) -> list[MemberFacts]:
        members = self._model.shapes[operation.input].members
        return [member for member in members if member.required] + [member for member in members if not member.required]

    def _signature(self, head: str, request: str, members: list[MemberFacts], output: str) -> str:
        taken: dict[str, str] = {}
        parameters = []
        for member in members:
            name = self._names.member(member.wire_name, head, taken)
            annotation = self._annotation(member.shape, given=True)
            if self._model.takes_app_client(request, member):
                annotation += " | AppClient"
                self._uses_app_client = True
            parameters.append(f"{name}: {annotation}" if member.required else f"{name}: {annotation} | None = None")
        if not parameters:
            return f"    {head}(self) -> {output}:\n"
        one_line = f"    {head}(self, *, {', '.join(parameters)}) -> {output}:"
        if len(one_line) <= WIDTH:
            return f"{one_line}\n"
        inner = f"        self, *, {', '.join(parameters)}"
        if len(inner) <= WIDTH:
            return f"    {head}(\n{inner}\n    ) -> {output}:\n"
        lines = "".join(map(_parameter_line, ["self", "*", *parameters]))
        return f"    {head}(\n{lines}    ) -> {output}:\n"

    def _annotation(self, name: str, *, given: bool) -> str:
        """Return what a caller may give (any iterable, a plain string for an enum) or gets."""
        shape = self._model.shapes[name]
        if shape.enum:
            self._types.add(name)
            self._choices |= {value_alias(name)} if given else set()
            return f"{name} | {value_alias(name)} | str" if given else name
        match shape.type:
            case "structure":
                self._types.add(name)
                return name
            case "document":
                return "Any"
            case "list":
                self._abstract.add("Iterable")
                mapping = "Mapping[str, str] | " if self._model.is_pairs(name) else ""
                self._abstract |= {"Mapping"} if mapping else set()
                return f"{mapping}Iterable[{self._annotation(shape.item or '', given=given)}]"
            case "map":
                self._abstract.add("Mapping")
                key, value = (self._annotation(part or "", given=given) for part in (shape.key, shape.item))
                return f"Mapping[{key}, {value}]"
            case "timestamp":
                self._uses_datetime = True
        return _SCALARS[shape.type]

    def _docstring(self, operation: OperationFacts, members: list[MemberFacts]) -> str:
        extra: list[str] = []
        if members:
            extra.append("Args:")
            for member in members:
                name = self._names.snake(member.wire_name)
                notes = "; ".join(filter(None, ("" if not member.required else "required", self._bounds(member.shape))))
                text = f"{name}: {self._prose.member(operation.input, member.wire_name)}{self._also(operation, member)}"
                text += f" ({notes})" if notes else ""
                extra += _indented(text, "    ", "        ")
                table = self._prose.table(operation.input, member.wire_name)
                extra += ["", *(f"        {line}" for line in table)] if table else []
            extra.append("")
        extra.append("Raises:")
        extra += _indented(
            "RequestValidationError: an argument is missing, of the wrong type, or out of bounds.", "    ", "        "
        )
        if operation.errors:
            extra += _indented(f"ServiceError: as {', '.join(sorted(set(operation.errors)))}.", "    ", "        ")
        extra.append("")
        extra.append("Signed with AWS credentials." if operation.signed else "Not signed: needs no AWS credentials.")
        if operation.unsigned is not None:
            extra += _indented(_BY_DOCUMENTATION[operation.unsigned.member is None], "", "")
        extra.append(API_REFERENCE.format(operation.name))
        return docstring(self._prose.operations[operation.name], "        ", extra=extra)

    def _also(self, operation: OperationFacts, member: MemberFacts) -> str:
        if self._model.takes_app_client(operation.input, member):
            proves = self._model.proves_secret(operation)
            return f" May be an `AppClient`{', which proves its secret' if proves else ''}."
        return " May be a mapping." if self._model.is_pairs(member.shape) else ""

    def _bounds(self, name: str) -> str:
        shape = self._model.shapes[name]
        unit = {"string": " characters", "list": " items", "map": " entries", "blob": " bytes"}.get(shape.type, "")
        if shape.enum:
            return ""
        if shape.maximum is not None and shape.minimum is not None:
            return f"{shape.minimum:,} to {shape.maximum:,}{unit}"
        if shape.maximum is not None:
            return f"at most {shape.maximum:,}{unit}"
        return "" if shape.minimum is None else f"at least {shape.minimum:,}{unit}"


def _parameter_line(parameter: str) -> str:
    """Return a parameter on a line of its own; a union that is too long breaks before each `|`, as ruff breaks it."""
    line = f"        {parameter},\n"
    return line if len(line) <= WIDTH + 1 else line.replace(" | ", "\n        | ")


def _indented(text: str, first: str, rest: str) -> list[str]:
    """Wrap text for the inside of a method's docstring, whose own indent of 8 comes on top."""
    outer = " " * 8
    return [line[len(outer) :] for line in wrapped(text, outer + rest, first=outer + first)]


# By whether no request of the operation is signed.
_BY_DOCUMENTATION = {
    True: "So says AWS's documentation, against the service's model; not tried against AWS.",
    False: (
        "So says AWS's documentation, against the service's model; not tried against AWS. To sign, use `call`: without "
        "the client id, or with `signed=True`."
    ),
}
_SCALARS = {
    "string": "str",
    "integer": "int",
    "long": "int",
    "boolean": "bool",
    "blob": "bytes",
    "timestamp": "datetime",
}
