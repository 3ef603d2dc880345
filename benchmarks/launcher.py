"""Start processes one after another and measure each: wall time, CPU time, peak memory.

This is a small separate program, since the kernel includes the parent's memory in a process's peak. It reads a JSON
line with a command and an environment, and answers with a JSON line of exit code and measurements.
"""

import json
import os
import sys
from time import perf_counter

# ru_maxrss is in KiB, but in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        task = json.loads(line)
        start = perf_counter()
        pid = os.posix_spawn(task["command"][0], task["command"], task["environ"])
        _, status, usage = os.wait4(pid, 0)
        cost = {
            "wall": perf_counter() - start,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * _RSS_UNIT,
        }
        sys.stdout.write(json.dumps({"exit_code": os.waitstatus_to_exitcode(status), "cost": cost}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
