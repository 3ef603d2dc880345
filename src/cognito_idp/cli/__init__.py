"""The command `cognito-idp` (extra `cli`): every operation as a command, `sign-in` for a person, `verify` for a token.

Exit codes, as in the AWS CLI: 0 success, 1 token refused or question answered with no, 130 Ctrl-C, 141 closed pipe, 252
wrong command line or request, 253 wrong settings or credentials, 254 error from the service, 255 anything else.
"""

from __future__ import annotations

import sys

from .extra import missing_extra


def main() -> None:
    """Run the command line and exit with its code."""
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
