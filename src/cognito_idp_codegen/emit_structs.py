"""Writes one module a family: enums and structs, each with the facts of its members beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .emit_choices import converter_of
from .families import SHARED, Pages
from .layout import call, docstring, import_from, module_docstring

if TYPE_CHECKING:
    from .model import MemberFacts, Model, ShapeFacts
    from .names import Names
    from .prose import Prose

_DEFINE = "@attrs.define(frozen=True, kw_only=True, slots=True, repr=False, eq=False, field_transformer=members)\n"

_ON_DEFAULTS = (
    "A required member is declared without a default, and type checkers and `inspect.signature` go by that. At run "
    "time it defaults to None, so that one `RequestValidationError` names everything that a request lacks."
)


class Written(NamedTuple):
    """A shape as Python: its annotation, its `Shape` expression, and the converter that type checkers see."""

    annotation: str
    shape: str
    converter: str | None


class StructWriter:
    """Writes the modules, and collects what each of them must import."""

    def __init__(self, model: Model, prose: Prose, names: Names) -> None:
        """Take the facts, the sentences and the naming."""
        self._model = model
        self._prose = prose
        self._names = names
        self._shapes: set[str] = set()
        self._choices: set[str] = set()
        self._uses_mapping = False

    def module(self, family: str) -> str:
        """Return the text of a family's module."""
        self._shapes, self._choices = set(), set()
        self._uses_mapping = False
        names = self._model.homes(family)
        bodies = [self._definition(self._model.shapes[name]) for name in names]
        heading = SHARED.get(family) or self._model.tables.families[family].heading
        has_structs = any(self._model.shapes[name].type == "structure" for name in names)
        head = module_docstring(heading, _ON_DEFAULTS if has_structs else "")
        return f"{head}\n{self._imports(family, names)}\n\n" + "\n\n".join(bodies)

    def _imports(self, family: str, names: list[str]) -> str:
        needed = {
            target
            for name in names
            for target in [*self._model.named_targets(name), getattr(self._model.inputs.get(name), "output", None)]
            if target is not None and self._model.family_of[target] != family
        }
        homes = {self._model.family_of[target] for target in needed}
        if homes - SHARED.keys():
            msg = f"{family} needs shapes of another family: {sorted(needed)}"
            raise AssertionError(msg)
        requests = [name for name in names if name in self._model.inputs]
        structs = {name for name in names if self._model.shapes[name].type == "structure"}
        bases = {"members"} if structs else set()
        bases |= {"Request"} if requests else set()
        bases |= {"Response"} if structs & self._model.outputs else set()
        bases |= {"Struct"} if structs - self._model.outputs - set(requests) else set()
        empty = {"EmptyResponse"} if any(self._model.inputs[name].output is None for name in requests) else set()
        wire = {"Operation"} if requests else set()
        wire |= {"Pages"} if any(self._model.inputs[name].pages for name in requests) else set()
        has_enums = any(self._model.shapes[name].enum for name in names)
        timestamp = "Timestamp" in self._shapes
        return "".join(
            (
                "from collections.abc import Mapping\n" if self._uses_mapping else "",
                "from datetime import datetime\n" if timestamp else "",
                "from typing import ClassVar\n" if requests else "",
                "\n" if self._uses_mapping or timestamp or requests else "",
                "import attrs\n\n" if structs else "",
                import_from(".._protocol.wire", wire),
                import_from(".._structs.empty", empty),
                "from .._structs.enums import OpenEnum\n" if has_enums else "",
                import_from(".._structs.shapes", {*self._shapes, "wire"}) if structs and self._shapes else "",
                import_from(".._structs.struct", bases),
                import_from(".choices", self._choices),
                *(
                    import_from(f".{home}", {name for name in needed if self._model.family_of[name] == home})
                    for home in sorted(homes)
                ),
            )
        )

    def _definition(self, shape: ShapeFacts) -> str:
        return self._enum(shape) if shape.enum else self._struct(shape)

    def _enum(self, shape: ShapeFacts) -> str:
        taken: dict[str, str] = {}
        lines = "".join(f'    {self._names.constant(value, shape.name, taken)} = "{value}"\n' for value in shape.enum)
        return f"class {shape.name}(OpenEnum):\n{docstring(self._prose.enums[shape.name], '    ')}\n{lines}"

    def _struct(self, shape: ShapeFacts) -> str:
        operation = self._model.inputs.get(shape.name)
        text = (
            f"{_DEFINE}class {shape.name}({self._base(shape)}):\n{docstring(self._prose.structs[shape.name], '    ')}"
        )
        if operation is not None:
            output = operation.output or "EmptyResponse"
            arguments = [f'"{operation.name}"', output]
            arguments += [] if operation.signed else ["signed=False"]
            arguments += [] if operation.pages is None else [self._pages(operation.pages)]
            text += "\n" + call(f"operation: ClassVar[Operation[{output}]] = Operation", arguments, "", "    ")
        taken: dict[str, str] = {}
        if shape.members:
            text += "\n" + "".join(self._member(shape, member, taken) for member in shape.members)
        return text

    def _base(self, shape: ShapeFacts) -> str:
        operation = self._model.inputs.get(shape.name)
        if operation is not None:
            return f"Request[{operation.output or 'EmptyResponse'}]"
        return "Response" if shape.name in self._model.outputs else "Struct"

    def _pages(self, pages: Pages) -> str:
        names = (self._names.snake(name) for name in pages)
        return "pages=Pages({})".format(", ".join(f'"{name}"' for name in names))

    def _member(self, struct: ShapeFacts, member: MemberFacts, taken: dict[str, str]) -> str:
        written = self.written(member.shape)
        sensitive = self._model.sensitivity(struct.name, member)
        metadata = [f'"{member.wire_name}"', written.shape, *([f'sensitive="{sensitive}"'] if sensitive else [])]
        self._shapes.add("wire")
        converter = written.converter
        choice = converter_of(self._model, self._names, member)
        if choice is not None:
            self._choices.add(choice)
            converter = choice
        elif self._model.takes_app_client(struct.name, member):
            self._shapes.add("app_client")
            converter = "app_client"
            if not member.required:
                self._shapes.add("optional")
                converter = "optional(app_client)"
        elif converter is not None:
            self._shapes.add(converter)
        arguments = [] if member.required else ["default=None"]
        arguments += [] if converter is None else [f"converter={converter}"]
        arguments.append(f"metadata=wire({', '.join(metadata)})")
        optional = "" if member.required else " | None"
        name = self._names.member(member.wire_name, struct.name, taken)
        head = f"{name}: {written.annotation}{optional} = attrs.field"
        return call(head, arguments, "", "    ") + docstring(
            self._prose.member(struct.name, member.wire_name),
            "    ",
            extra=self._prose.table(struct.name, member.wire_name),
        )

    def written(self, name: str) -> Written:
        """Return a shape as Python."""
        shape = self._model.shapes[name]
        bounds = _bounds(shape)
        if shape.enum:
            self._shapes.add("Choice")
            return Written(name, f"Choice({name})", None)
        match shape.type:
            case "structure":
                self._shapes.add("Nested")
                return Written(name, f"Nested({name})", None)
            case "document":
                self._shapes |= {"Document", "Json"}
                return Written("Json", "Document()", None)
            case "list":
                item = self.written(shape.item or "")
                list_of, converter = ("PairsOf", "pairs") if self._model.is_pairs(name) else ("ListOf", "items")
                self._shapes.add(list_of)
                text = f"{list_of}({', '.join([item.shape, *bounds])})"
                return Written(f"tuple[{item.annotation}, ...]", text, converter)
            case "map":
                key, value = self.written(shape.key or ""), self.written(shape.item or "")
                self._shapes.add("MapOf")
                self._uses_mapping = True
                annotation = f"Mapping[{key.annotation}, {value.annotation}]"
                return Written(annotation, f"MapOf({', '.join([key.shape, value.shape, *bounds])})", None)
        annotation, shape_class = _SCALARS[shape.type]
        self._shapes.add(shape_class)
        if annotation == "Bytes":
            self._shapes.add("Bytes")
        return Written(annotation, f"{shape_class}({', '.join(bounds)})", None)


_SCALARS = {
    "string": ("str", "Text"),
    "integer": ("int", "Integer"),
    "long": ("int", "Integer"),
    "boolean": ("bool", "Boolean"),
    "blob": ("Bytes", "Blob"),
    "timestamp": ("datetime", "Timestamp"),
}


def _bounds(shape: ShapeFacts) -> list[str]:
    if shape.maximum is not None:
        return [str(shape.minimum), f"{shape.maximum:_}"]
    return [] if shape.minimum is None else [str(shape.minimum)]
