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
    """Return the `user-agent` header in the common form of the AWS SDKs, version 2.1.

    `app_id` names the calling program (`AWS_SDK_UA_APP_ID`).
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
    """Replace the characters that RFC 9110 (5.6.2) doesn't allow in a token."""
    return re.sub(r"[^A-Za-z0-9!$%&'*+.^_`|~-]", "-", text)
