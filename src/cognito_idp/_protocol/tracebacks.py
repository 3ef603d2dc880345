"""The one place that keeps secrets out of tracebacks.

Error reporters print the local variables of every frame that an error passed through, and open the objects in them. So
before an error leaves the library, this module clears the frames that it passed through, in the whole chain of errors:
those of the library, of the HTTP libraries below it, and of installed packages that these call (a mock, a wrapper that
traces requests). Other frames keep their variables.

The drivers do this, and so does every public function that takes a secret (`clears_frames`). So when you add a
variable, you have nothing to remember. The exception is code that runs *above* a user's function (a transport, an
observer, a hook, a retry policy): the user may look at its frames while they are still running. Use `redaction.py`
there.
"""

from __future__ import annotations

import functools
import gc
import inspect
import re
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import FrameType

    F = TypeVar("F", bound=Callable[..., Any])

C = TypeVar("C")

_OURS: Final = "cognito_idp"
_PACKAGES: Final = frozenset(
    {
        _OURS,
        "httpx",
        "httpcore",
        "httpx2",
        "httpcore2",
        "httpx_aiohttp",
        "aiohttp",
        "cattrs",
        "h11",
        "anyio",
        "trio",
        "asyncio",
        "ssl",
        "socket",
    }
)
# An exception instance that is raised again and again (a mock's `side_effect`) keeps all earlier entries. The newest
# come first, and one call makes far fewer.
_MOST_ENTRIES: Final = 500
_MOST_ERRORS: Final = 100
# Code that attrs and cattrs generate may have no module. Its file name does: `<attrs generated init cognito_idp...>`.
_GENERATED: Final = f" {_OURS}."
_INSTALLED: Final = r"[/\\](?:site|dist)-packages[/\\]"

# For maintainers: tests/conftest.py sets it if pytest is to show local variables (`-l`).
keep_locals = False


def clear_frames(error: BaseException, handled: BaseException | None = None) -> None:
    """Clear the frames that an error and its causes passed through.

    `handled` is the exception that the library's caller was handling (`sys.exception()` on entry). It becomes the
    context of any error raised meanwhile, but it belongs to the caller.
    """
    if keep_locals:
        return
    seen: list[BaseException] = []
    # A cause begins in a frame that the error itself passed through, often in its middle.
    judged: dict[FrameType, bool] = {}
    todo: list[tuple[BaseException | None, bool]] = [(error, False)]
    while todo and len(seen) < _MOST_ERRORS:
        link, is_ours = todo.pop()
        # Compared as objects: exceptions may define equality, or lack a hash.
        if link is None or link is handled or any(link is other for other in seen):
            continue
        seen.append(link)
        entry = link.__traceback__
        for _ in range(_MOST_ENTRIES):
            if entry is None:
                break
            frame = entry.tb_frame
            is_ours = judged[frame] if frame in judged else _is_ours(frame, is_ours)
            judged[frame] = is_ours
            if is_ours and _has_ended(frame):
                frame.clear()
            entry = entry.tb_next
        if isinstance(link, BaseExceptionGroup):
            todo += [(part, is_ours) for part in link.exceptions]
        todo += ((link.__cause__, is_ours), (link.__context__, is_ours))


def _is_ours(frame: FrameType, caller_is: bool) -> bool:
    """Whether to clear a frame. One of Python's own modules or of an installed package is treated like its caller's."""
    module = frame.f_globals.get("__name__")
    path = frame.f_code.co_filename
    if type(module) is not str:
        return _GENERATED in path
    package = module.partition(".")[0]
    return package in _PACKAGES or (
        caller_is and (package in sys.stdlib_module_names or bool(re.search(_INSTALLED, path)))
    )


def _has_ended(frame: FrameType) -> bool:
    """Whether a frame is neither running nor suspended.

    Before Python 3.13, `clear()` on a suspended frame closes its generator or coroutine, which may be another task's. A
    frame object owns its variables and its code only once its function has ended; until then, the garbage collector
    finds them elsewhere. The code is compared by identity, since the other referents may be anything.
    """
    code = frame.f_code
    for referent in gc.get_referents(frame):  # noqa: SIM110 - a generator would double the time
        if referent is code:
            return True
    return False


def clears_frames(function: F) -> F:
    """Decorate a public function that takes a secret: an error that leaves it clears its frame and those below."""
    flags = function.__code__.co_flags
    for flag, guard in _GUARDS:
        if flags & flag:
            return functools.wraps(function)(guard(function))  # type: ignore[return-value]  # it takes and returns the same
    return functools.wraps(function)(_guarded(function))  # type: ignore[return-value]


def guards_init(cls: type[C]) -> type[C]:
    """Apply `clears_frames` to the constructor of a class."""
    cls.__init__ = clears_frames(cls.__init__)  # type: ignore[method-assign]  # mypy fears for subclasses, which have their own
    return cls


# Each guard puts the arguments into a box that is empty while the function runs. So neither the guard's live frame nor
# a traceback, which starts with it, shows them.


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()
        box: list[Any] = [kwargs, args]
        del args, kwargs
        try:
            return function(*box.pop(), **box.pop())
        except BaseException as error:
            clear_frames(error, handled)
            raise

    return guarded


def _guarded_coroutine(function: Callable[..., Any]) -> Callable[..., Any]:
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()
        box: list[Any] = [kwargs, args]
        del args, kwargs
        try:
            return await function(*box.pop(), **box.pop())
        except BaseException as error:
            clear_frames(error, handled)
            raise

    return guarded


def _guarded_generator(function: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Iterator[Any]:
        handled = sys.exception()
        box: list[Any] = [kwargs, args]
        del args, kwargs
        try:
            for item in function(*box.pop(), **box.pop()):
                yield item
                handled = sys.exception()
                del item
        except BaseException as error:
            clear_frames(error, handled)
            raise

    return guarded


def _guarded_async_generator(function: Callable[..., Any]) -> Callable[..., Any]:
    async def guarded(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        handled = sys.exception()
        box: list[Any] = [kwargs, args]
        del args, kwargs
        try:
            async with aclosing(function(*box.pop(), **box.pop())) as items:
                async for item in items:
                    yield item
                    handled = sys.exception()
                    del item
        except BaseException as error:
            clear_frames(error, handled)
            raise

    return guarded


_GUARDS: Final = (
    (inspect.CO_COROUTINE, _guarded_coroutine),
    (inspect.CO_GENERATOR, _guarded_generator),
    (inspect.CO_ASYNC_GENERATOR, _guarded_async_generator),
)
