"""The three bases of the generated structs, and the hook that turns a member's declaration into run-time behaviour.

A struct is `@attrs.define(frozen=True, kw_only=True, slots=True, repr=False, eq=False, field_transformer=members)`.
`repr` and `eq` are defined here once instead of compiled into each of 370 classes, which halves the cost of defining a
class. `members` reads the shape beside each member. Type checkers see the plain attrs declaration.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import attrs

from .._errors import Fault, RequestValidationError
from .._protocol.redaction import REDACTED, Opaque, Record
from .._protocol.tracebacks import guards_init
from .shapes import MEMBER, REQUIRED, Member, Path, Shape, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._protocol.wire import Operation

R = TypeVar("R")


def members(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Set the run-time default and the converter of each declared member (attrs calls this as a `field_transformer`).

    Type checkers see required members as required. At run time they default to None, so that a request can report all
    its faults at once, and a response that lacks one can still be read.
    """
    return [_at_run_time(field) if MEMBER in field.metadata else field for field in fields]


def _at_run_time(field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    shape: Shape = field.metadata[MEMBER].shape
    converter = None if type(shape).own is Shape.own else _copying(shape)
    if field.default is None and field.converter is converter:
        return field
    return field.evolve(
        default=None,
        converter=converter,
        metadata={**field.metadata, _REQUIRED: True} if field.default is attrs.NOTHING else field.metadata,
    )


_REQUIRED = "cognito_idp.required"


def _copying(shape: Shape) -> Any:
    own = shape.own

    def convert(value: Any) -> Any:
        return None if value is None else own(value)

    # attrs asks every converter for its signature, which takes 20 µs to compute.
    convert.__signature__ = _SIGNATURE  # type: ignore[attr-defined]
    return convert


_SIGNATURE = inspect.Signature()


class MemberInfo(Record):
    """One member of a struct, as the converter and the checks see it.

    `annotation` is the type in the struct, `label` is `Struct.member`, and `step` is `.member`. `sensitive` is as in
    `shapes.Member`.
    """

    __slots__ = _fields = ("name", "wire_name", "shape", "sensitive", "required", "annotation", "label", "step")

    def __init__(self, field: attrs.Attribute[Any], struct: str) -> None:
        """Read the facts beside the field."""
        member: Member = field.metadata[MEMBER]
        self.name = field.name
        self.wire_name = member.wire_name
        self.shape = member.shape
        self.sensitive = member.sensitive
        self.required = _REQUIRED in field.metadata
        self.annotation = field.type
        self.label = f"{struct}.{field.name}"
        self.step = f".{field.name}"


class _DeclaredSignature:
    """The declared signature of a struct: a required member has no default. It is built on access."""

    def __get__(self, _: object, struct: type) -> inspect.Signature:
        if not attrs.has(struct):
            raise AttributeError(name="__signature__", obj=struct)
        return inspect.Signature(
            [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if _REQUIRED in field.metadata else field.default,
                    annotation=field.type,
                )
                for field in attrs.fields(struct)
            ],
            return_annotation=None,
        )


class _StructType(type):
    """Has a struct report names that aren't its members together with everything else that is wrong."""

    if not TYPE_CHECKING:  # a checker goes by what attrs declares

        def __call__(cls, *args: Any, **members: Any) -> Any:
            # Opaque, and gone before an error leaves: the members may be secret.
            held = Opaque(members)
            del members
            try:
                struct = super().__call__(*args, **held.value)
            except TypeError:
                from .hints import no_positional, refusal

                error = TypeError(no_positional(cls.__name__, cls, args[0])) if args else refusal(cls, held.value)
                if error is None:
                    raise
            else:
                if not struct._fits():  # noqa: SLF001 - of its own instance
                    # It may have mappings in place of structs. A request has taken them already.
                    from .hints import take_mappings

                    take_mappings(struct)
                return struct
            finally:
                del args, held
            raise error


class Struct(metaclass=_StructType):
    """The base of every struct of the model: frozen, keyword-only, comparable. `repr` hides secrets."""

    __slots__ = ()

    __signature__: ClassVar = _DeclaredSignature()

    _members: ClassVar[tuple[MemberInfo, ...]] = ()
    # The facts that checking a valid request needs for each member: name, `Shape.fits`, whether it is required.
    _rules: ClassVar[tuple[tuple[str, Any, bool], ...]] = ()
    _unguarded_init: ClassVar[Any]

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        cls._members = tuple(
            MemberInfo(field, cls.__name__)
            for field in attrs.fields(cls)  # type: ignore[arg-type]  # attrs calls this on attrs classes only
            if MEMBER in field.metadata
        )
        cls._rules = tuple([(member.name, member.shape.fits, member.required) for member in cls._members])
        cls._unguarded_init = cls.__init__

    def __repr__(self) -> str:
        shown = (
            f"{member.name}={REDACTED if member.sensitive else repr(value)}"
            for member in self._members
            if (value := getattr(self, member.name)) is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        # rich would open the members one by one, so it gets the same masks as `repr`.
        for member in self._members:
            if (value := getattr(self, member.name)) is not None:
                yield member.name, "***" if member.sensitive else value

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, member.name) == getattr(other, member.name) for member in self._members)

    def __hash__(self) -> int:
        return hash((type(self), *(_hashable(getattr(self, member.name)) for member in self._members)))

    def _fits(self) -> bool:
        for name, fits, required in self._rules:
            value = getattr(self, name)
            if required if value is None else not fits(value):
                return False
        return True

    def _check(self, path: Path, faults: list[Fault]) -> None:
        for member in self._members:
            value, where = getattr(self, member.name), (*path, member.step)
            if value is not None:
                member.shape.check(value, member.label, where, faults)
            elif member.required:
                faults.append(fault(member.label, where, REQUIRED))

    if not TYPE_CHECKING:  # a checker would take every name for a member

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
            else:
                from .hints import no_attribute

                message = no_attribute(type(self), name)
            raise AttributeError(message, name=name)

        def __getitem__(self, key: object) -> Any:
            from .hints import no_item

            raise TypeError(no_item(type(self), key))

        __contains__ = __getitem__
        __iter__ = None  # `__getitem__` alone would make it iterable


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_hashable, value))
    return value


class Request(Struct, Generic[R]):
    """The base of the request structs; `R` is the response struct. A request is checked when you create it.

    Raises:
        RequestValidationError: the request has missing members, wrong types or sizes out of bounds. It lists them all.
    """

    __slots__ = ()

    operation: ClassVar[Operation[Any]]

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        # The traceback of a refused request must not show its arguments.
        super().__attrs_init_subclass__()
        guards_init(cls)

    def __attrs_post_init__(self) -> None:
        if self._fits():
            return
        # Loaded here, since a request that has only plain values needs none of it.
        from .app_clients import take_app_client
        from .hints import take_mappings

        if take_mappings(self) and self._fits():
            return
        faults: list[Fault] = []
        take_app_client(self, faults)
        self._check((), faults)
        if faults:
            raise RequestValidationError(type(self).__name__, tuple(faults))


class ResponseMetadata(Record):
    """Facts about the exchange behind a response.

    `request_id` is AWS's id of the request (for AWS support), `status_code` the HTTP status, `attempts` how often the
    call was sent, and `headers` the response headers with lower-case names.
    """

    __module__ = "cognito_idp"

    __slots__ = _fields = ("request_id", "status_code", "attempts", "headers")

    def __init__(
        self, request_id: str | None, status_code: int, attempts: int, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.request_id = request_id
        self.status_code = status_code
        self.attempts = attempts
        self.headers = headers

    def __repr__(self) -> str:
        # Without the headers, which are long.
        shown = f"request_id={self.request_id!r}, status_code={self.status_code}, attempts={self.attempts}"
        return f"ResponseMetadata({shown})"


NOT_RECEIVED = ResponseMetadata(request_id=None, status_code=0, attempts=0)


@attrs.define(frozen=True, kw_only=True, slots=True, repr=False, eq=False)
class Response(Struct):
    """The base of the response structs. Bounds are not checked in responses; missing members are None."""

    metadata: ResponseMetadata = attrs.field(default=NOT_RECEIVED)
    """The exchange behind it. `attempts` is 0 if it was not received, but made by `from_wire` or by hand."""
