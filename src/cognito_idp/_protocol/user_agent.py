"""The `user-agent` header."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import Final

from .._version import __version__

LIBRARY: Final = f"cognito-idp/{__version__}"


@cache
def user_agent(retry_mode: str, app_id: str | None = None) -> str:
    """Return the `user-agent` header in the form that the AWS SDKs share (version 2.1 of it).

    `app_id` names the program that makes the calls (`AWS_SDK_UA_APP_ID`).
    """
    system = os.uname() if hasattr(os, "uname") else None
    os_part = f"os/{system.sysname.lower()}#{_token(system.release)}" if system else f"os/{sys.platform}"
    version = ".".join(map(str, sys.version_info[:3]))
    implementation = sys.implementation.name
    app = f" app/{_token(app_id)}" if app_id else ""
    return (
        f"{LIBRARY} ua/2.1 {os_part} lang/python#{version} md/pyimpl#{implementation} "
        f"cfg/retry-mode#{_token(retry_mode)}{app}"
    )


def _token(text: str) -> str:
    """Keep the characters that RFC 9110 (5.6.2) allows in a token."""
    return re.sub(r"[^A-Za-z0-9!$%&'*+.^_`|~-]", "-", text)
