"""The objects that the routes use, made once when the app starts, and the person behind a request."""

# FastAPI reads the annotations of dependencies at run time, so no import here is for type checkers only.

import logging
from typing import Annotated

import attrs
from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from cognito_idp import (
    AccessTokenClaims,
    AppClient,
    AsyncClient,
    AsyncTokenVerifier,
    AsyncUserSession,
    ManagedLogin,
    Tokens,
)
from cognito_idp.errors import JwksError, SessionEndedError, TokenError

from .cookies import Cookies
from .pages import Pages
from .sessions import Sessions
from .settings import Settings

LOG = logging.getLogger("examples.fastapi_app")


@attrs.frozen(kw_only=True)
class Services:
    """The clients, the sessions, the cookies and the pages."""

    settings: Settings
    client: AsyncClient
    verifier: AsyncTokenVerifier[AccessTokenClaims]
    login: ManagedLogin | None
    sessions: Sessions
    cookies: Cookies
    pages: Pages

    @property
    def app(self) -> AppClient:
        """The user pool and its app client."""
        return self.settings.app

    def secret_hash(self, username: str) -> str | None:
        """Return the secret hash for a username, or None if the app client has no secret."""
        return self.app.hash_for(username).get("SECRET_HASH")

    async def begin_session(self, request: Request, tokens: Tokens) -> Response:
        """Answer a finished sign-in with a new session, whatever the browser had before."""
        previous = self.cookies.session.read(request)
        if previous is not None:
            await self.sessions.end(previous)
        response = see_other("/account")
        self.cookies.session.write(response, await self.sessions.begin(tokens))
        self.cookies.challenge.clear(request, response)
        self.cookies.pending.clear(request, response)
        return response

    def known_address(self, request: Request) -> str | None:
        """Return the address of the person with passkeys who last signed in on this browser."""
        return self.cookies.known.read(request) if self.settings.passkeys else None


def see_other(path: str, notice: str = "") -> RedirectResponse:
    """Redirect a form post to another page, so that reloading doesn't post again."""
    return RedirectResponse(f"{path}?notice={notice}" if notice else path, 303)


def services(request: Request) -> Services:
    """Return the app's services."""
    state: Services = request.app.state.services
    return state


Here = Annotated[Services, Depends(services)]


class SignInNeededError(Exception):
    """Nobody is signed in."""


@attrs.frozen
class Person:
    """The signed-in person: the session, an access token that stays valid for a while, and its verified claims."""

    session_id: str
    session: AsyncUserSession
    access_token: str = attrs.field(repr=False)
    claims: AccessTokenClaims


async def signed_in(request: Request, here: Here) -> Person:
    """Return the signed-in person, refreshing the tokens if necessary.

    Raises:
        SignInNeededError: nobody is signed in, or no longer.
        CognitoIdpError: it can't be determined now.
    """
    session_id = here.cookies.session.read(request)
    session = None if session_id is None else await here.sessions.find(session_id)
    if session_id is None or session is None:
        raise SignInNeededError
    try:
        token = await session.access_token()
        claims = await here.verifier.verify(token)
    except JwksError:
        raise
    except (SessionEndedError, TokenError) as error:
        LOG.info("session ended: %s", error)
        await here.sessions.end(session_id)
        raise SignInNeededError from error
    return Person(session_id, session, token, claims)


SignedInPerson = Annotated[Person, Depends(signed_in)]
