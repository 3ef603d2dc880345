"""The Lambda functions that `benchmarks.aws_lambda` runs: `CONTESTANT` in the environment says whose client calls.

What stands at the top runs in the init. All is imported from the contestant's environment, under AWS's runtime client.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from benchmarks import data

if TYPE_CHECKING:
    from collections.abc import Callable

_ARGUMENTS: Any = {
    "user_pool_id": data.POOL_ID,
    "client_id": data.CLIENT_ID,
    "auth_flow": data.AUTH_FLOW,
    "auth_parameters": data.AUTH_PARAMETERS,
}


def _ours(engine: Any, *, warm: bool = True) -> Callable[[], str | None]:
    from cognito_idp import Client

    client = Client(transport=engine)
    if warm:
        client.warm_up("AdminInitiateAuth")

    def call() -> str | None:
        result = client.admin_initiate_auth(**_ARGUMENTS).authentication_result
        return None if result is None else result.access_token

    return call


def _ours_async(engine: Any) -> Callable[[], str | None]:
    import asyncio

    from cognito_idp import AsyncClient

    runner, client = asyncio.Runner(), AsyncClient(transport=engine)
    runner.run(client.warm_up("AdminInitiateAuth"))

    def call() -> str | None:
        result = runner.run(client.admin_initiate_auth(**_ARGUMENTS)).authentication_result
        return None if result is None else result.access_token

    return call


def _boto3(*, warm: bool = False) -> Callable[[], str | None]:
    import boto3

    client = boto3.client("cognito-idp")

    def call() -> str | None:
        answer = client.admin_initiate_auth(
            UserPoolId=data.POOL_ID,
            ClientId=data.CLIENT_ID,
            AuthFlow=data.AUTH_FLOW,
            AuthParameters=data.AUTH_PARAMETERS,
        )
        token: str = answer["AuthenticationResult"]["AccessToken"]
        return token

    if warm:
        call()
    return call


_MAKERS: dict[str, Callable[[], Callable[[], str | None]]] = {
    "nothing": lambda: lambda: data.ACCESS_TOKEN,
    "httpx": lambda: _ours("httpx"),
    "stdlib": lambda: _ours("stdlib"),
    "stdlib-cold": lambda: _ours("stdlib", warm=False),
    "async-httpx": lambda: _ours_async("httpx"),
    "async-stdlib": lambda: _ours_async("stdlib"),
    "boto3": _boto3,
    "boto3-warm": lambda: _boto3(warm=True),
}
_CALL = _MAKERS[os.environ["CONTESTANT"]]()


def handler(_: object, __: object) -> bool:
    """Make one call, and return whether its answer was right."""
    return _CALL() == data.ACCESS_TOKEN
