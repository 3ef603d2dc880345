"""Marks that stand for secrets, and a search for them in everything that a program may show.

A mark is six characters, so that it fits where a code does. It is found as it is, in base64 and in hexadecimal.
"""

from __future__ import annotations

import gc
import logging
import re
import sys
import traceback
import warnings
from base64 import b64decode
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from types import (
    BuiltinFunctionType,
    FrameType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MARK = re.compile(r"Zq[0-9a-f]{4}")
_MARK_BYTES = re.compile(rb"Zq[0-9a-f]{4}")
_MARK_HEX = re.compile(r"5a71(?:3[0-9]|6[1-6]){4}", re.IGNORECASE)
_SIGNATURE = re.compile(r"Signature=[0-9a-f]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
MARK_SIZE = 6


class Marks:
    """Makes marks, each once."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self, size: int = 0) -> str:
        """Return a new mark, filled up to a size."""
        return f"Zq{next(self._numbers):04x}".ljust(size, "z")


def marks_in(text: str) -> list[str]:
    """Return the secrets that a text shows."""
    found = _MARK.findall(text) + _MARK_HEX.findall(text) + _SIGNATURE.findall(text)
    for run in _BASE64.findall(text):
        standard = run.replace("-", "+").replace("_", "/")
        # A secret need not begin where a group of four characters does.
        for start in range(4):
            part = standard[start:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            found += [mark.decode() for mark in _MARK_BYTES.findall(b64decode(part + "=" * (-len(part) % 4)))]
    return found


class Search:
    """Looks for marks wherever a log, an error reporter or a debugger would look.

    `found` holds the places where some were, each with the first text that showed them there.
    """

    def __init__(self, *secrets: str) -> None:
        """Take secrets that can't be marks, such as a key that was derived from one."""
        self.found: dict[str, str] = {}
        self.texts = 0
        self.live_frames = 0
        self._secrets = set(secrets)
        self._clean: set[str] = set()
        self._printed: set[type[BaseException]] = set()

    def also(self, *secrets: str) -> None:
        """Look for further secrets from now on."""
        if not self._secrets.issuperset(secrets):
            self._secrets.update(secrets)
            self._clean.clear()

    def text(self, place: str, text: str, case: str = "") -> None:
        """Search a text that stands in some place; `case` tells what led to it."""
        self.texts += 1
        if text in self._clean:
            return
        if marks_in(text) or any(secret in text for secret in self._secrets):
            self.found.setdefault(place, f"{case}: {text[:300]}")
        else:
            self._clean.add(text)

    def value(self, value: object, case: str = "") -> None:
        """Search what stands for an object in a log."""
        for form in (repr, str):
            self.text(f"{form.__name__} of {type(value).__name__}", form(value), case)

    def error(self, error: BaseException, case: str = "", *, frames: bool = True) -> None:
        """Search an exception, all that led to it and, with `frames`, the local variables on the way.

        The frames of every module are searched but for the tests' own, which stand for the user's.
        """
        for each in chain_of(error):
            name = type(each).__name__
            self.value(each, case)
            for attribute, value in _attributes(each):
                for text in opened(value):
                    self.text(f"attribute {attribute} of {name}", text, case)
            self.text(f"{name} as printed", "".join(traceback.format_exception_only(each)), case)
            if frames:
                self._frames(each, case, outermost=each is error)
        # Besides what was searched above, it shows lines of code, which takes long to find.
        if type(error) not in self._printed:
            self._printed.add(type(error))
            self.text(f"traceback of {type(error).__name__}", "".join(traceback.format_exception(error)), case)

    def _frames(self, error: BaseException, case: str, *, outermost: bool) -> None:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        if outermost:
            # What stands above the library called it, with secrets for arguments.
            frames = frames[next((place for place, frame in enumerate(frames) if _is_ours(frame)), 0) :]
        for frame in frames:
            if not _is_users(frame):
                # One that caught the error and is still at work must show nothing to a reporter; an ended one, nothing.
                has_ended = any(each is frame.f_code for each in gc.get_referents(frame))
                self._variables(frame, "local variable", case, opened if has_ended else reported)

    def live(self, case: str = "") -> None:
        """Search the frames above a function of the user's while they are at work, as an error reporter sees them."""
        frames = [frame for frame, _ in traceback.walk_stack(sys._getframe(1))]
        outermost = max((place for place, frame in enumerate(frames) if _is_ours(frame)), default=-1)
        for frame in frames[: outermost + 1]:
            if not _is_users(frame):
                self.live_frames += 1
                self._variables(frame, "live variable", case, reported)

    def _variables(self, frame: FrameType, kind: str, case: str, texts_of: Callable[[object], Iterator[str]]) -> None:
        label = f"{frame.f_globals.get('__name__') or frame.f_code.co_filename}.{frame.f_code.co_qualname}"
        for variable, value in list(frame.f_locals.items()):
            for text in texts_of(value):
                self.text(f"{kind} {variable} of {label}", text, case)

    def report(self) -> str:
        """Say where marks were found; empty if nowhere."""
        return "\n".join(f"{place}, for example {text}" for place, text in sorted(self.found.items()))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Search every log record of any library, and every warning, within the block."""
        handler = _Handler(self)
        root = logging.getLogger()
        level = root.level
        with ExitStack() as stack:
            caught = stack.enter_context(warnings.catch_warnings(record=True))
            warnings.simplefilter("always")
            root.addHandler(handler)
            root.setLevel(logging.DEBUG)
            stack.callback(root.setLevel, level)
            stack.callback(root.removeHandler, handler)
            yield
        for warning in caught:
            self.text("warning", str(warning.message), warning.filename)


class _Handler(logging.Handler):
    def __init__(self, search: Search) -> None:
        super().__init__(logging.DEBUG)
        self._search = search

    def emit(self, record: logging.LogRecord) -> None:
        """Search a record as it is written, and as it is kept."""
        place = f"log record of {record.name}"
        self._search.text(place, self.format(record))
        self._search.text(place, repr(vars(record)))
        if record.exc_info and record.exc_info[1] is not None:
            self._search.error(record.exc_info[1], place)


def _attributes(error: BaseException) -> Iterator[tuple[str, object]]:
    """Yield what an exception holds, whether in its `__dict__` or in a slot of C (`UnicodeDecodeError.object`)."""
    yield from vars(error).items()
    for cls in type(error).__mro__:
        for name, attribute in vars(cls).items():
            if isinstance(attribute, GetSetDescriptorType | MemberDescriptorType) and name not in _FOLLOWED:
                yield name, getattr(error, name, None)


# The traceback and the chain are walked by themselves.
_FOLLOWED = frozenset({"__dict__", "__traceback__", "__context__", "__cause__", "__suppress_context__", "exceptions"})


def _is_ours(frame: FrameType) -> bool:
    module: Any = frame.f_globals.get("__name__", "")
    return str(module).partition(".")[0] == "cognito_idp"


def _is_users(frame: FrameType) -> bool:
    module: Any = frame.f_globals.get("__name__", "")
    return str(module).partition(".")[0] in {"tests", "pytest", "_pytest", "pluggy"}


_CUT = 80
_DEPTH = 8
_CLOSED = (
    int,
    float,
    type(None),
    type,
    ModuleType,
    FunctionType,
    MethodType,
    BuiltinFunctionType,
    GeneratorType,
    FrameType,
    logging.Logger,
)


def reported(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts that Sentry's serializer, or rich, makes of a variable.

    Both open mappings and sequences, named tuples among them; rich opens attrs classes, too, unless they have a
    `__rich_repr__`. Both cut long strings and bytes, which makes plain ones of subclasses. The rest is its `repr`.
    """
    if isinstance(value, str | bytes | bytearray):
        yield repr(value)
        yield repr(value[: max(_CUT, len(value))])
    elif depth < _DEPTH and isinstance(value, Mapping):
        for key, item in list(value.items()):
            yield from reported(key, depth + 1)
            yield from reported(item, depth + 1)
    elif depth < _DEPTH and isinstance(value, Sequence | AbstractSet) and not isinstance(value, range | memoryview):
        for item in list(value):
            yield from reported(item, depth + 1)
    else:
        yield repr(value)
        if depth < _DEPTH and not isinstance(value, type):
            for item in _rich_items(value):
                yield from reported(item, depth + 1)


def _rich_items(value: Any) -> Iterator[object]:
    if hasattr(value, "__rich_repr__"):
        for item in value.__rich_repr__():
            yield from item if isinstance(item, tuple) else (item,)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            if field.repr is True:
                yield getattr(value, field.name, None)


def opened(value: object) -> Iterator[str]:
    """Yield the texts of a variable, with every object opened whatever its `repr` says, as a debugger does."""
    seen: list[object] = []
    todo: list[tuple[object, int]] = [(value, 0)]
    while todo:
        each, depth = todo.pop()
        if isinstance(each, str | bytes | bytearray | memoryview):
            yield repr(bytes(each) if isinstance(each, memoryview) else each[:])
            yield repr(str(each)) if isinstance(each, str) else repr(bytes(each))
            continue
        if isinstance(each, _CLOSED) or any(each is other for other in seen):
            continue
        seen.append(each)
        with suppress(AttributeError):  # it is half made
            yield repr(each)
        if depth < _DEPTH:
            todo += [(part, depth + 1) for part in _parts(each)]


def _parts(value: Any) -> list[object]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, Sequence | AbstractSet):
        return list(value)
    names = [name for cls in type(value).__mro__ for name in _slots(cls)]
    return [*getattr(value, "__dict__", {}).values(), *(getattr(value, name, None) for name in names)]


def _slots(cls: type) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error and all that led to it."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is not None and all(each is not other for other in found):
            found.append(each)
            todo += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return found
