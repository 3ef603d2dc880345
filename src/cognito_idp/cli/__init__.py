"""The command `cognito-idp` (extra `cli`): every operation as a command, `sign-in` for a person, `verify` for a token.

Exit codes, as in the AWS CLI: 0 done, 1 a token was refused, 130 Ctrl-C, 252 the command line or the request is wrong,
253 settings or credentials are, 254 the service answered with an error, 255 anything else.
"""

from __future__ import annotations

import sys

from .extra import missing_extra


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        from .app import run
    except ModuleNotFoundError as error:
        missing = missing_extra(error)
        if missing is None:
            raise
        sys.stderr.write(missing + "\n")
        raise SystemExit(1) from None
    raise SystemExit(run())


__all__ = ["main"]
