"""Which event loop is running."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import anyio
import anyio.to_thread
import pytest

from cognito_idp._flow.loops import current_loop, is_over, on_trio


async def loop_and_kind() -> tuple[object, bool]:
    """Return what stands for the running loop, and whether it is trio's."""
    assert current_loop() is current_loop()
    return current_loop(), on_trio()


def test_each_run_has_a_loop_of_its_own() -> None:
    """Each run of asyncio and of trio is another loop, and trio is told from asyncio."""
    runs = [anyio.run(loop_and_kind, backend=backend) for backend in ("asyncio", "trio", "asyncio", "trio")]
    assert [False, True, False, True] == [is_trio for _, is_trio in runs]
    assert 4 == len({id(loop) for loop, _ in runs})


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_has_ended(backend: str) -> None:
    """A loop is over when its run has ended, whoever asks."""

    async def main() -> object:
        assert not is_over(current_loop())
        assert not await anyio.to_thread.run_sync(is_over, current_loop())
        return current_loop()

    assert is_over(anyio.run(main, backend=backend))


def test_without_a_loop() -> None:
    """Outside of any event loop there is none to be had."""
    with pytest.raises(RuntimeError):
        current_loop()


def test_trio_is_not_imported_to_find_out() -> None:
    """On asyncio, nothing of trio's is imported."""
    program = (
        "import asyncio, sys\n"
        "from cognito_idp._flow.loops import current_loop\n"
        "async def main(): return current_loop() is asyncio.get_running_loop()\n"
        "assert asyncio.run(main())\n"
        "assert 'trio' not in sys.modules and 'sniffio' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_trio_imported_but_not_running() -> None:
    """A program on asyncio that has trio imported is on asyncio all the same."""
    assert "trio" in sys.modules

    async def main() -> bool:
        return on_trio()

    assert not asyncio.run(main())
