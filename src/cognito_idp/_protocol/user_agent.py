"""Headers that say who calls: the program (`user-agent`), and on AWS Lambda the invocation (`x-amzn-trace-id`)."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from .._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .wire import Headers

LIBRARY: Final = f"cognito-idp/{__version__}"
TRACE_ID: Final = "x-amzn-trace-id"
# What the header may hold as it is, besides letters, digits and `_.~`. A line break is not among it.
_TRACE_SAFE: Final = "-=;:+&[]{}\"',"


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
    return "".join(c if (c.isascii() and c.isalnum()) or c in "!$%&'*+.^_`|~-" else "-" for c in text)


def is_lambda(environ: Mapping[str, str]) -> bool:
    """Whether this is the environment of a Lambda function."""
    return "AWS_LAMBDA_FUNCTION_NAME" in environ


def trace_headers(environ: Mapping[str, str]) -> Headers:
    """Return the header by which AWS recognizes a function that calls itself in circles; none outside of Lambda.

    Lambda's runtime writes the id of each invocation to the environment. Source: AWS Lambda developer guide, "Use
    Lambda recursive loop detection to prevent infinite loops".
    """
    trace_id = environ.get("_X_AMZN_TRACE_ID") if is_lambda(environ) else None
    return ((TRACE_ID, quote(trace_id, safe=_TRACE_SAFE)),) if trace_id else ()
