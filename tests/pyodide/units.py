"""Runs the project's own tests under Pyodide, as far as they need no thread, no socket, no process and no cryptography.

Two stand-ins: a portal that waits in this thread, and an empty module in place of the certificate maker.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Portal:
    """Stands for anyio's portal."""

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function, and wait for what it returns if that is awaitable."""
        import inspect

        result = function(*arguments, **named)
        return import_module("pyodide.ffi").run_sync(result) if inspect.isawaitable(result) else result


@contextmanager
def portal(kind: str) -> Iterator[Portal]:
    """Stand for `start_blocking_portal`."""
    assert kind == "asyncio"
    yield Portal()


class Plugin:
    """Runs async tests, in place of anyio's plugin, which makes an event loop of its own."""

    @staticmethod
    def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
        """Run a test that is a coroutine function."""
        import inspect

        if not inspect.iscoroutinefunction(inspect.unwrap(pyfuncitem.obj)):
            return None
        Portal().call(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames})
        return True

    @staticmethod
    def pytest_configure(config: Any) -> None:
        """Know the mark of anyio's plugin, and try fewer examples: WebAssembly is slow, and they ran elsewhere."""
        import hypothesis

        config.addinivalue_line("markers", "anyio: async")
        hypothesis.settings.register_profile("pyodide", deadline=None, max_examples=10, database=None)
        hypothesis.settings.load_profile("pyodide")


async def main() -> None:
    """Run pytest, and print its exit code."""
    tls: Any = ModuleType("tests.support.tls")
    tls.Authority = object
    sys.modules["tests.support.tls"] = tls
    kit: Any = import_module("tests.support.kit")
    kit.start_blocking_portal = portal
    kit.KINDS = ("sync", "asyncio")
    os.chdir("/work")
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    print("EXIT", int(pytest.main(os.environ["PYTEST"].split(), plugins=[Plugin()])))
