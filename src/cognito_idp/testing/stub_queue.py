"""Which answer a call gets, and what is said when there is none. No HTTP here: `stub.py` adds that."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from .._structs.struct import EmptyResponse, Request, Response
from ..errors import InvalidResponseError, ServiceError, TransportError
from ..model.index import HOMES, load_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Failure: TypeAlias = ServiceError | TransportError | InvalidResponseError
Answer: TypeAlias = Response | Failure
Times: TypeAlias = "int | Literal['any']"


class UnexpectedCallError(AssertionError):
    """A call was made for which no answer was queued; the text lists those that were.

    It is no `CognitoIdpError`, so that a program that handles those doesn't handle this.
    """


class LeftoverAnswersError(AssertionError):
    """Answers were queued that no call asked for; the text lists them."""


@attrs.frozen
class Call:
    """One request that reached a stub. A repeated attempt is a call of its own.

    `request` is the struct, as the program under test made it, `url` where it was sent, and `headers` those of the HTTP
    request, with lower-case names.
    """

    request: Request[Any]
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False, hash=False)

    @property
    def operation(self) -> str:
        """The operation's name, such as `AdminInitiateAuth`."""
        return self.request.operation.name

    @property
    def signed(self) -> bool:
        """Whether the request carried a signature."""
        return "authorization" in self.headers


def request_type(operation: str) -> type[Request[Any]] | None:
    """Return the request struct of an operation by its name; None if this version doesn't know it."""
    name = f"{operation}Request"
    return load_type(name) if name in HOMES else None


class Entry:
    """One queued answer: for which calls it is, and how often it may still be given (None: any number of times)."""

    __slots__ = ("_wanted", "_when", "answer", "left", "operation")

    def __init__(
        self,
        answer: Answer,
        to: type[Request[Any]] | Request[Any] | None,
        when: Callable[[Any], bool] | None,
        times: Times,
    ) -> None:
        """Check that the operation can give such an answer.

        Raises:
            TypeError: it can't, or the answer is of no use to a stub.
            ValueError: `times` is neither a number above 0 nor `"any"`.
        """
        if times != "any" and (type(times) is not int or times < 1):
            msg = f"times must be at least 1, or 'any', not {times!r}"
            raise ValueError(msg)
        self.answer = answer
        self.operation = _operation(answer, to)
        self.left = None if times == "any" else times
        self._wanted = to if isinstance(to, Request) else None
        self._when = when

    def fits(self, request: Request[Any]) -> bool:
        """Whether this is an answer to a request."""
        return (
            self.operation == request.operation.name
            and (self._wanted is None or self._wanted == request)
            and (self._when is None or bool(self._when(request)))
        )

    def misfit(self, request: Request[Any]) -> str:
        """Say why this is no answer to a request of its operation. Members are named; values could be secrets."""
        if self.fits(request):
            return "its turn has not come"
        if self._wanted is None or self._wanted == request:
            return "when() returned false"
        names = [field.name for field in attrs.fields(type(request))]  # type: ignore[arg-type]  # every request is attrs'
        differ = [name for name in names if getattr(request, name) != getattr(self._wanted, name)]
        return f"another {', '.join(differ)} was sent"

    def __repr__(self) -> str:
        """Show the answer, what it answers, and how often it may still be given."""
        answer = self.answer.code if isinstance(self.answer, ServiceError) else repr(self.answer)
        if isinstance(self.answer, TransportError | InvalidResponseError):
            answer = type(self.answer).__name__
        to = self.operation if self._wanted is None else repr(self._wanted)
        when = "" if self._when is None else f" when {getattr(self._when, '__qualname__', repr(self._when))}"
        times = {None: ", any number of times", 1: ""}.get(self.left, f", {self.left} times")
        return f"{answer} to {to}{when}{times}"


def _operation(answer: Answer, to: type[Request[Any]] | Request[Any] | None) -> str:
    if isinstance(answer, type) or not isinstance(
        answer, Response | ServiceError | TransportError | InvalidResponseError
    ):
        shown = answer.__name__ if isinstance(answer, type) else type(answer).__name__
        msg = (
            "an answer is a response struct such as GetUserResponse(...), or an instance of ServiceError, "
            f"TransportError or InvalidResponseError, not {shown}"
        )
        raise TypeError(msg)
    if to is None:
        name = type(answer).__name__.removesuffix("Response")
        if not isinstance(answer, Response) or isinstance(answer, EmptyResponse) or request_type(name) is None:
            msg = f"{type(answer).__name__} doesn't tell which operation it answers: add to=, such as to=GetUserRequest"
            raise TypeError(msg)
        return name
    if not (isinstance(to, Request) or (isinstance(to, type) and issubclass(to, Request) and to is not Request)):
        msg = f"to= takes a request struct or its class, such as GetUserRequest, not {to!r}"
        raise TypeError(msg)
    expected = to.operation.response_type
    if isinstance(answer, Response) and type(answer) is not expected:
        msg = f"{to.operation.name} is answered with {expected.__name__}, not {type(answer).__name__}"
        raise TypeError(msg)
    return to.operation.name


_NOTHING: Final = " nothing"


class Queue:
    """The answers of a stub, and what it was asked. Threads and tasks may share it."""

    def __init__(self, *, in_order: bool) -> None:
        """Begin empty; `in_order` says that the calls of all operations must come in the order of their answers."""
        self._in_order = in_order
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._unexpected: list[str] = []
        self.calls: list[Call] = []

    def add(self, entries: list[Entry]) -> None:
        """Add at the end."""
        with self._lock:
            self._entries += entries

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries, self._unexpected, self.calls = [], [], []

    def take(self, call: Call) -> Answer:
        """Return the first answer that fits a call.

        Raises:
            UnexpectedCallError: there is none.
        """
        with self._lock:
            self.calls.append(call)
            for entry in self._entries:
                if entry.fits(call.request):
                    if entry.left is not None:
                        entry.left -= 1
                        if not entry.left:
                            self._entries.remove(entry)
                    return entry.answer
                if self._in_order and entry.left is not None:
                    break
            text = self._nothing_fits(call.request)
        raise self.unexpected(text)

    def unexpected(self, text: str) -> UnexpectedCallError:
        """Keep what is wrong with a call, which the program under test may swallow, and return it as an error."""
        self._unexpected.append(text)
        return UnexpectedCallError(text)

    def _nothing_fits(self, request: Request[Any]) -> str:
        operation = request.operation.name
        lines = [f"unexpected call: {request!r}"]
        due = [entry for entry in self._entries if entry.left is not None] if self._in_order else []
        if due:
            lines.append(f"the answers are to be taken in order, and the next one is {due[0]!r}")
        same = [entry for entry in self._entries if entry.operation == operation]
        lines.append(f"queued for {operation}:{'' if same else _NOTHING}")
        lines += [f"  {entry!r}: {entry.misfit(request)}" for entry in same]
        others = [entry for entry in self._entries if entry.operation != operation]
        lines.append(f"queued for other operations:{'' if others else _NOTHING}")
        lines += [f"  {entry!r}" for entry in others]
        return "\n".join(lines)

    def problems(self) -> str:
        """Say which calls were unexpected; empty if none was."""
        return "\n\n".join(self._unexpected)

    def check(self) -> None:
        """Raise for what was unexpected and for what is left.

        Raises:
            UnexpectedCallError: a call had no answer, and the program under test went on nevertheless.
            LeftoverAnswersError: an answer was not asked for.
        """
        if self._unexpected:
            raise UnexpectedCallError(self.problems())
        left = [entry for entry in self._entries if entry.left is not None]
        if left:
            lines = [f"  {entry!r}" for entry in left]
            sent = [f"  {call.request!r}" for call in self.calls] or [f" {_NOTHING}"]
            msg = "\n".join(["answers that no call asked for:", *lines, "what was called:", *sent])
            raise LeftoverAnswersError(msg)
