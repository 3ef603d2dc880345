"""The contestants that the benchmarks compare: tables of makers by name, each of which runs in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import async_calls, signers, sync_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from .async_calls import AsyncMaker
    from .sync_calls import Call

# The same code with and without `-fast`: the environment decides which transport the client takes.
SYNC: Final[dict[str, Callable[[str], Call]]] = {
    "raw-socket": sync_calls.raw_socket,
    "http-client": sync_calls.http_client,
    "httpx-transport": sync_calls.httpx_transport,
    "pyreqwest": sync_calls.pyreqwest,
    "cognito-idp": sync_calls.cognito_idp("httpx"),
    "cognito-idp-fast": sync_calls.cognito_idp("pyreqwest"),
    "cognito-idp-null": sync_calls.cognito_idp_null,
    "cognito-idp-echo": sync_calls.cognito_idp_echo("httpx"),
    "cognito-idp-echo-fast": sync_calls.cognito_idp_echo("pyreqwest"),
    "boto3": sync_calls.boto3,
    "cognito-idp-sign": signers.cognito_idp_sign,
    "cognito-idp-date-and-sign": signers.cognito_idp_date_and_sign,
    "botocore-sign": signers.botocore_sign,
}
ASYNC: Final[dict[str, AsyncMaker]] = {
    "httpx-async-transport": async_calls.httpx_transport,
    "pyreqwest-async": async_calls.pyreqwest,
    "cognito-idp-async": async_calls.cognito_idp("httpx"),
    "cognito-idp-async-fast": async_calls.cognito_idp("pyreqwest"),
    "cognito-idp-async-null": async_calls.cognito_idp_null,
    "cognito-idp-async-echo": async_calls.cognito_idp_echo("httpx"),
    "cognito-idp-async-echo-fast": async_calls.cognito_idp_echo("pyreqwest"),
    "cognito-idp-async-aiohttp": async_calls.cognito_idp_aiohttp,
    "cognito-idp-async-httpx2": async_calls.cognito_idp_httpx2,
    "aiobotocore": async_calls.aiobotocore,
    "capo-async": async_calls.capo,
}
