"""The queue of a stub: it picks the answer to a call, or explains why there is none. `stub.py` adds HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from .._call.names import request_type
from .._flow.locks import new_lock
from .._reveal import revealed
from .._structs.empty import EmptyResponse
from .._structs.struct import Request, Response
from ..errors import InvalidResponseError, ServiceError, TransportError
from .compare import gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# As in `stub.py`.
__tracebackhide__ = True

Failure: TypeAlias = ServiceError | TransportError | InvalidResponseError
Answer: TypeAlias = Response | Failure
Times: TypeAlias = "int | Literal['any']"


class UnexpectedCallError(AssertionError):
    """A call had no queued answer; the text lists the answers that were queued.

    It is not a `CognitoIdpError`, so a program that handles those doesn't handle this.
    """


class LeftoverAnswersError(AssertionError):
    """No call used some of the queued answers; the text lists them."""


@attrs.frozen
class Call:
    """One request that reached a stub. A retry is a call of its own.

    `request` is the request struct that the program under test sent, `url` is where it was sent, and `headers` are
    those of the HTTP request, with lower-case names.
    """

    request: Request[Any]
    url: str
    headers: Mapping[str, str] = attrs.field(hash=False)

    def __repr__(self) -> str:
        """Show the request with personal data, and no headers, since they hold the signature."""
        return f"Call({revealed(self.request)}, {self.url!r})"

    @property
    def operation(self) -> str:
        """The operation's name, such as `AdminInitiateAuth`."""
        return self.request.operation.name

    @property
    def signed(self) -> bool:
        """Whether the request was signed."""
        return "authorization" in self.headers


class Entry:
    """One queued answer: the calls that it serves, and how many are `left` (None: any number)."""

    __slots__ = ("_wanted", "_when", "answer", "left", "operation")

    def __init__(
        self,
        answer: Answer,
        to: type[Request[Any]] | Request[Any] | None,
        when: Callable[[Any], bool] | None,
        times: Times,
    ) -> None:
        """Check that the answer belongs to the operation.

        Raises:
            TypeError: it doesn't, or a stub can't use it as an answer.
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
        """Check that this answers a request."""
        return (
            self.operation == request.operation.name
            and (self._wanted is None or self._wanted == request)
            and (self._when is None or bool(self._when(request)))
        )

    def misfit(self, request: Request[Any]) -> str:
        """Explain why this doesn't answer a request of its operation; show what differs, unless it is secret."""
        if self.fits(request):
            return "not its turn yet"
        if self._wanted is None or self._wanted == request:
            return "when() returned false"
        return f"differs in {', '.join(gap.said(', not ') for gap in gaps(request, self._wanted))}"

    def __repr__(self) -> str:
        """Show the answer, the calls that it serves, and how many are left."""
        answer = self.answer.code if isinstance(self.answer, ServiceError) else revealed(self.answer)
        if isinstance(self.answer, TransportError | InvalidResponseError):
            answer = type(self.answer).__name__
        to = self.operation if self._wanted is None else revealed(self._wanted)
        when = "" if self._when is None else f" when {getattr(self._when, '__qualname__', repr(self._when))}"
        times = {None: ", any number of times", 1: ""}.get(self.left, f", {self.left} times")
        return f"{answer} to {to}{when}{times}"


def _operation(answer: Answer, to: type[Request[Any]] | Request[Any] | None) -> str:
    if isinstance(answer, type) or not isinstance(
        answer, Response | ServiceError | TransportError | InvalidResponseError
    ):
        type_name = answer.__name__ if isinstance(answer, type) else type(answer).__name__
        hint = ""
        if isinstance(answer, type) and issubclass(answer, Response | Failure):
            hint = f"; pass an instance: {type_name}(...)"
        msg = (
            "an answer is a response struct such as GetUserResponse(...), or an instance of ServiceError, "
            f"TransportError or InvalidResponseError, not {type_name}{hint}"
        )
        raise TypeError(msg)
    if to is None:
        name = type(answer).__name__.removesuffix("Response")
        if not isinstance(answer, Response) or isinstance(answer, EmptyResponse) or request_type(name) is None:
            msg = f"{type(answer).__name__} doesn't say which operation it answers: add to=, such as to=GetUserRequest"
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
    """The queued answers of a stub and the calls that it received. Threads and tasks may share it."""

    def __init__(self, *, in_order: bool) -> None:
        """Start empty; with `in_order`, calls to all operations must come in the order of their answers."""
        self._in_order = in_order
        self._entries: list[Entry] = []
        self._lock = new_lock()
        self._unexpected: list[str] = []
        self.calls: list[Call] = []

    def add(self, entries: list[Entry]) -> None:
        """Append entries."""
        with self._lock:
            self._entries += entries

    def clear(self) -> None:
        """Forget all answers and calls."""
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
        """Return an error with this text, and keep the text: the program under test may swallow the error."""
        self._unexpected.append(text)
        return UnexpectedCallError(text)

    def _nothing_fits(self, request: Request[Any]) -> str:
        operation = request.operation.name
        lines = [f"unexpected call: {revealed(request)}"]
        due = [entry for entry in self._entries if entry.left is not None] if self._in_order else []
        if due:
            lines.append(f"answers are used in order, and the next one is {due[0]!r}")
        same = [entry for entry in self._entries if entry.operation == operation]
        lines.append(f"queued for {operation}:{'' if same else _NOTHING}")
        lines += [f"  {entry!r}: {entry.misfit(request)}" for entry in same]
        others = [entry for entry in self._entries if entry.operation != operation]
        lines.append(f"queued for other operations:{'' if others else _NOTHING}")
        lines += [f"  {entry!r}" for entry in others]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Show the answers that are left, and the requests that came."""
        return f"queued={self._entries!r}, calls={self.calls!r}"

    def problems(self) -> str:
        """Return the error messages of all unexpected calls; empty if there were none."""
        return "\n\n".join(self._unexpected)

    def check(self) -> None:
        """Check that no call was unexpected and no answer is left.

        Raises:
            UnexpectedCallError: a call had no answer, and the program under test swallowed the error.
            LeftoverAnswersError: an answer was never used.
        """
        if self._unexpected:
            raise UnexpectedCallError(self.problems())
        left = [entry for entry in self._entries if entry.left is not None]
        if left:
            lines = [f"  {entry!r}" for entry in left]
            sent = [f"  {revealed(call.request)}" for call in self.calls] or [f" {_NOTHING}"]
            msg = "\n".join(["unused answers:", *lines, "calls:", *sent])
            raise LeftoverAnswersError(msg)
