"""The ways to make one AdminInitiateAuth call, async: makers that take the server's URL and return a warm call.

They work as in `sync_calls`. Peers that keep fewer connections than ours by default (10 for aiobotocore and capo) get
as many as ours, so that as many calls are in flight; their CPU time is the same with 10.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from . import data
from .sync_calls import BARE_HEADERS, TIMEOUTS, prebuilt

if TYPE_CHECKING:
    from cognito_idp import AsyncClient

    from .sync_calls import Engine

AsyncCall = Callable[[], Awaitable[object]]
AsyncMaker = Callable[[str], Awaitable[AsyncCall]]

# The most connections that our clients keep open by default.
CONNECTIONS: Final = 100


async def httpx_transport(url: str) -> AsyncCall:
    """Pass a prebuilt request to httpx's async transport."""
    import httpx

    transport = httpx.AsyncHTTPTransport()
    request = httpx.Request("POST", url, headers=BARE_HEADERS, content=data.REQUEST_BODY, extensions=TIMEOUTS)

    async def call() -> bytes:
        return await (await transport.handle_async_request(request)).aread()

    assert await call() == data.RESPONSE_BODY
    return call


async def stdlib_transport(url: str) -> AsyncCall:
    """Pass a prebuilt request to our own async engine, without the client above it."""
    from cognito_idp._transport import make_async_transport

    transport, request = make_async_transport("stdlib"), prebuilt(url)

    async def call() -> bytes:
        return (await transport.send(request)).body

    assert await call() == data.RESPONSE_BODY
    return call


def _our_client(url: str, transport: Any) -> AsyncClient:
    """Return our client, made as a user would make it."""
    from cognito_idp import AsyncClient, Credentials

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    return AsyncClient(data.REGION, credentials=credentials, endpoint_url=url, transport=transport)


async def _call_of(client: AsyncClient) -> AsyncCall:
    async def call() -> str | None:
        response = await client.admin_initiate_auth(
            user_pool_id=data.POOL_ID,
            client_id=data.CLIENT_ID,
            auth_flow=data.AUTH_FLOW,
            auth_parameters=data.AUTH_PARAMETERS,
        )
        assert response.authentication_result is not None
        return response.authentication_result.access_token

    assert await call() == data.ACCESS_TOKEN
    return call


def cognito_idp(engine: Engine) -> AsyncMaker:
    """Use our async client as a user would."""
    return lambda url: _call_of(_our_client(url, engine))


def cognito_idp_echo(engine: Engine) -> AsyncMaker:
    """Call our client with a different username each time, and check that the answer belongs to it."""

    async def make(url: str) -> AsyncCall:
        client = _our_client(f"{url}{data.ECHO_PATH}", engine)
        numbers = count()

        async def call() -> None:
            name = f"user-{next(numbers)}"
            response = await client.admin_initiate_auth(
                user_pool_id=data.POOL_ID,
                client_id=data.CLIENT_ID,
                auth_flow=data.AUTH_FLOW,
                auth_parameters={**data.AUTH_PARAMETERS, "USERNAME": name},
            )
            assert (response.challenge_parameters or {})["USERNAME"] == name

        await call()
        return call

    return make


async def cognito_idp_null(url: str) -> AsyncCall:
    """Use our async client over a transport with a ready answer, which leaves only the library's own share."""
    import httpx

    answer = httpx.Response(200, headers=data.RESPONSE_HEADERS, stream=httpx.ByteStream(data.RESPONSE_BODY))

    class Null(httpx.AsyncBaseTransport):
        # Like the default transport, it is safe to cancel, so no task is made for each exchange.
        bears_cancellation = True

        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            return answer

    return await _call_of(_our_client(url, Null()))


async def cognito_idp_aiohttp(url: str) -> AsyncCall:
    """Use our async client over httpx_aiohttp's transport."""
    from httpx_aiohttp import AiohttpTransport

    return await _call_of(_our_client(url, AiohttpTransport()))


async def cognito_idp_httpx2(url: str) -> AsyncCall:
    """Use our async client over httpx2's transport."""
    from httpx2 import AsyncHTTPTransport

    return await _call_of(_our_client(url, AsyncHTTPTransport()))


async def aiobotocore(url: str) -> AsyncCall:
    """Use aiobotocore's client as a user would."""
    initiate = await _initiate_of_aiobotocore(url)

    async def call() -> object:
        response = await initiate(data.AUTH_PARAMETERS)
        return response["AuthenticationResult"]["AccessToken"]

    assert await call() == data.ACCESS_TOKEN
    return call


async def aiobotocore_echo(url: str) -> AsyncCall:
    """Use aiobotocore's client as `cognito_idp_echo` uses ours."""
    initiate = await _initiate_of_aiobotocore(f"{url}{data.ECHO_PATH}")
    numbers = count()

    async def call() -> None:
        name = f"user-{next(numbers)}"
        response = await initiate({**data.AUTH_PARAMETERS, "USERNAME": name})
        assert response["ChallengeParameters"]["USERNAME"] == name

    await call()
    return call


async def _initiate_of_aiobotocore(url: str) -> Callable[[dict[str, str]], Awaitable[Any]]:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    # Kept open until the process ends.
    client = await AsyncExitStack().enter_async_context(
        get_session().create_client(
            "cognito-idp",
            region_name=data.REGION,
            aws_access_key_id=data.ACCESS_KEY_ID,
            aws_secret_access_key=data.SECRET_ACCESS_KEY,
            endpoint_url=url,
            config=AioConfig(max_pool_connections=CONNECTIONS),
        )
    )
    return lambda parameters: client.admin_initiate_auth(
        UserPoolId=data.POOL_ID, ClientId=data.CLIENT_ID, AuthFlow=data.AUTH_FLOW, AuthParameters=parameters
    )


async def capo(url: str) -> AsyncCall:
    """Use capo's async client as a user would."""
    import capo_cognito_identity_provider as capo
    import zapros

    limits: Any = {"max_connections_per_host": CONNECTIONS, "max_idle_connections_per_host": CONNECTIONS}
    client = capo.AsyncCognitoIdentityProviderClient(
        http_handler=zapros.AsyncStdNetworkHandler(http1=limits),
        region=data.REGION,
        credentials={"access_key": data.ACCESS_KEY_ID, "secret_key": data.SECRET_ACCESS_KEY},
        endpoint=url,
    )

    async def call() -> object:
        response = await client.admin_initiate_auth(
            data.POOL_ID, data.CLIENT_ID, data.AUTH_FLOW, auth_parameters=data.AUTH_PARAMETERS
        )
        return response["authentication_result"]["access_token"]

    assert await call() == data.ACCESS_TOKEN
    return call
