"""Runs ministack until its starter is gone: a program of its own, which `server.py` starts.

The starter holds the other end of standard input. It is closed when the starter ends, in whatever way: a program that a
signal ends has no time to stop what it started.
"""

import os
import runpy
import shutil
import sys
import threading


def _end_with_starter(folder: str) -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    # The server runs in its folder, where all of its files are.
    threading.Thread(target=_end_with_starter, args=(os.getcwd(),), daemon=True).start()  # noqa: PTH109 - one name needs no pathlib
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
