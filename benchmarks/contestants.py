"""The contestants of the benchmarks: tables of makers by name. Each contestant runs in its own process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import async_calls, signers, sync_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from .async_calls import AsyncMaker
    from .sync_calls import Call

SYNC: Final[dict[str, Callable[[str], Call]]] = {
    "raw-socket": sync_calls.raw_socket,
    "http-client": sync_calls.http_client,
    "httpx-transport": sync_calls.httpx_transport,
    "stdlib-transport": sync_calls.stdlib_transport,
    "cognito-idp": sync_calls.cognito_idp("httpx"),
    "cognito-idp-stdlib": sync_calls.cognito_idp("stdlib"),
    "cognito-idp-null": sync_calls.cognito_idp_null,
    "cognito-idp-echo": sync_calls.cognito_idp_echo("httpx"),
    "cognito-idp-echo-stdlib": sync_calls.cognito_idp_echo("stdlib"),
    "boto3": sync_calls.boto3,
    "capo": sync_calls.capo,
    "cognito-idp-sign": signers.cognito_idp_sign,
    "cognito-idp-date-and-sign": signers.cognito_idp_date_and_sign,
    "botocore-sign": signers.botocore_sign,
}
ASYNC: Final[dict[str, AsyncMaker]] = {
    "httpx-async-transport": async_calls.httpx_transport,
    "stdlib-async-transport": async_calls.stdlib_transport,
    "cognito-idp-async": async_calls.cognito_idp("httpx"),
    "cognito-idp-async-stdlib": async_calls.cognito_idp("stdlib"),
    "cognito-idp-async-null": async_calls.cognito_idp_null,
    "cognito-idp-async-echo": async_calls.cognito_idp_echo("httpx"),
    "cognito-idp-async-echo-stdlib": async_calls.cognito_idp_echo("stdlib"),
    "cognito-idp-async-aiohttp": async_calls.cognito_idp_aiohttp,
    "cognito-idp-async-httpx2": async_calls.cognito_idp_httpx2,
    "aiobotocore": async_calls.aiobotocore,
    "aiobotocore-echo": async_calls.aiobotocore_echo,
    "capo-async": async_calls.capo,
}
