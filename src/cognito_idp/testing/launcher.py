"""Run ministack until the parent process ends. `server.py` starts this program.

The parent holds the other end of standard input, which closes however the parent ends: a program that is killed by a
signal has no time to stop its children.
"""

import os
import runpy
import shutil
import sys
import threading


def _end_with_parent(folder: str) -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    # The working directory is the server's folder, which holds all of its files.
    threading.Thread(target=_end_with_parent, args=(os.getcwd(),), daemon=True).start()  # noqa: PTH109 - no pathlib for one name
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
