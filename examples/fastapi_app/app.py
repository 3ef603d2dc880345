"""The app: its routes, and its start-up.

uvicorn --factory examples.fastapi_app.app:from_environ
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles

from cognito_idp import AsyncClient, AsyncTokenVerifier
from cognito_idp.errors import TransportError

from . import account, api, managed, passkeys, passwords, sign_in, sign_up
from .answers import add_error_answers
from .cookies import cookies_of
from .pages import Pages
from .security import Security
from .services import LOG, Services, see_other
from .sessions import MemoryStore, Sessions, SessionStore
from .settings import Settings

_TIMEOUT = 10.0


def from_environ() -> FastAPI:
    """Return the app with settings from the environment."""
    return create_app(Settings.from_environ(os.environ))


def create_app(
    settings: Settings, *, store: SessionStore | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """Return the app.

    Args:
        settings: the app's settings.
        store: the session store; None keeps sessions in this process.
        transport: the client's transport; None means its default.
    """
    pages = Pages(settings.name)
    verifier = AsyncTokenVerifier(settings.trusted_pool, token_use="access")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            # The app only makes unsigned calls, so it needs no AWS credentials.
            AsyncClient(
                settings.app.region, endpoint_url=settings.endpoint_url, timeout=_TIMEOUT, transport=transport
            ) as client,
            verifier,
        ):
            try:
                # So that the first sign-in doesn't wait for one-time loading and connecting.
                await client.warm_up("InitiateAuth", "RespondToAuthChallenge", "GetUser")
            except TransportError as error:
                # The service may be back before the first request.
                LOG.warning("not warmed up: %s", error)
            app.state.services = Services(
                settings=settings,
                client=client,
                verifier=verifier,
                login=managed.login_for(settings),
                sessions=Sessions(
                    client,
                    settings.app,
                    store or MemoryStore(),
                    seconds=settings.session_seconds,
                    margin=settings.refresh_margin,
                ),
                cookies=cookies_of(settings),
                pages=pages,
            )
            yield

    # No generated documentation, since its pages load scripts from other sites.
    app = FastAPI(title=settings.name, lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    app.add_middleware(Security, settings=settings)
    for module in (sign_up, sign_in, managed, passwords, account):
        app.include_router(module.router)
    app.include_router(api.router(verifier))
    if settings.passkeys:
        app.include_router(passkeys.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")), name="static")
    app.add_api_route("/", home, methods=["GET"])

    add_error_answers(app, pages)
    return app


async def home() -> Response:
    """Redirect to the account, which redirects to the sign-in if nobody is signed in."""
    return see_other("/account")
