"""What the routes work with, made once when the app starts; and the person whom a request comes from."""

# FastAPI reads the annotations of dependencies when the app is made, so nothing here is imported for checkers only.

import logging
from typing import Annotated

import attrs
from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from cognito_idp import AccessTokenClaims, AppClient, AsyncClient, AsyncTokenVerifier, AsyncUserSession, Tokens
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
    sessions: Sessions
    cookies: Cookies
    pages: Pages

    @property
    def app(self) -> AppClient:
        """The user pool and its app client."""
        return self.settings.app

    def secret_hash(self, username: str) -> str | None:
        """Return the proof of the app client's secret that goes with a user name; None for a client without one."""
        return self.app.hash_for(username).get("SECRET_HASH")

    async def begin_session(self, request: Request, tokens: Tokens) -> Response:
        """Answer a finished sign-in: a new session, whatever the browser had before."""
        previous = self.cookies.session.read(request)
        if previous is not None:
            await self.sessions.end(previous)
        response = see_other("/account")
        self.cookies.session.write(response, await self.sessions.begin(tokens))
        self.cookies.challenge.clear(response)
        self.cookies.pending.clear(response)
        return response


def see_other(path: str, notice: str = "") -> RedirectResponse:
    """Answer a form post with another page, so that reloading it posts nothing again."""
    return RedirectResponse(f"{path}?notice={notice}" if notice else path, 303)


def services(request: Request) -> Services:
    """Return what the app was started with."""
    found: Services = request.app.state.services
    return found


Here = Annotated[Services, Depends(services)]


class SignInNeededError(Exception):
    """The request comes from nobody who is signed in."""


@attrs.frozen
class Person:
    """Who is signed in: the session, an access token that is good for a while, and its verified claims."""

    session_id: str
    session: AsyncUserSession
    access_token: str = attrs.field(repr=False)
    claims: AccessTokenClaims


async def signed_in(request: Request, here: Here) -> Person:
    """Return who is signed in; the tokens are refreshed if need be.

    Raises:
        SignInNeededError: nobody, or not any more.
        CognitoIdpError: that can't be found out now.
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
