"""Sign-in: first the password, then each challenge of the service in its own request."""

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from cognito_idp import Challenge, Outcome, SignedIn, challenge_from_state
from cognito_idp.errors import (
    CognitoIdpError,
    NotAuthorizedException,
    PasswordResetRequiredException,
    SignInStateError,
    UserNotConfirmedException,
)

from . import pages
from .challenges import UnsupportedChallengeError, answer, form_for
from .problems import Problem, problem_of
from .services import LOG, Here, Services, see_other

router = APIRouter()


def sign_in_form(address: str = "", *, passkeys: bool = False, managed: bool = False) -> pages.Form:
    """Return the form for the address and password, with or without a passkey in their place, or managed login."""
    email = pages.EMAIL_OR_PASSKEY if passkeys else pages.EMAIL
    return pages.Form(
        title="Sign in",
        action="/sign-in",
        submit="Sign in",
        fields=(pages.filled_in(email, address), pages.PASSWORD),
        passkeys=passkeys,
        links=(
            pages.Link("/password/forgot", "Forgot your password?"),
            pages.Link("/sign-up", "Create an account"),
            *((pages.Link("/sign-in/managed", "Continue with managed login"),) if managed else ()),
        ),
    )


def form_in(request: Request, here: Services, address: str = "") -> pages.Form:
    """Return the form with the ways to sign in that there are in this browser."""
    return sign_in_form(address, passkeys=here.known_address(request) is not None, managed=here.login is not None)


@router.get("/sign-in")
async def show_sign_in(request: Request, here: Here, notice: str = "") -> Response:
    """Ask for the address and password."""
    return here.pages.form(form_in(request, here), notice=notice)


@router.post("/sign-in")
async def sign_in(
    request: Request, here: Here, email: Annotated[str, Form()], password: Annotated[str, Form()]
) -> Response:
    """Prove the password to the service by SRP, which doesn't send it, and continue with what it asks for next."""
    try:
        outcome = await here.client.sign_in(here.app, username=email, password=password)
    except UserNotConfirmedException:
        response = see_other("/sign-up/confirm")
        here.cookies.pending.write(response, email)
        return response
    except PasswordResetRequiredException:
        return see_other("/password/forgot")
    except CognitoIdpError as error:
        return here.pages.form(form_in(request, here, email), problem_of(error))
    return await go_on(request, here, outcome, email)


@router.get("/sign-in/challenge")
async def show_challenge(request: Request, here: Here) -> Response:
    """Show the form for the challenge in the browser's cookie."""
    waiting = _waiting(request, here)
    return see_other("/sign-in", "sign-in-ended") if waiting is None else _challenge_page(here, *waiting)


@router.post("/sign-in/challenge")
async def answer_challenge(request: Request, here: Here) -> Response:
    """Answer the challenge."""
    waiting = _waiting(request, here)
    if waiting is None:
        return see_other("/sign-in", "sign-in-ended")
    challenge, address = waiting
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    try:
        outcome = await answer(here.client, here.app, challenge, fields, address)
    except NotAuthorizedException:
        # Here it means that the service has dropped the sign-in, after a timeout or too many wrong answers.
        response = see_other("/sign-in", "sign-in-ended")
        here.cookies.challenge.clear(request, response)
        return response
    except CognitoIdpError as error:
        return _challenge_page(here, challenge, address, problem_of(error))
    return await go_on(request, here, outcome, address)


async def go_on(request: Request, here: Services, outcome: Outcome, address: str) -> Response:
    """Begin the session of a finished sign-in, or ask for the next step of another one."""
    if isinstance(outcome, SignedIn):
        return await here.begin_session(request, outcome.tokens)
    # Another process may get the next answer, so the browser carries the state.
    response = see_other("/sign-in/challenge")
    here.cookies.challenge.write(response, json.dumps({"state": outcome.to_state(), "address": address}))
    return response


def _waiting(request: Request, here: Services) -> tuple[Challenge, str] | None:
    text = here.cookies.challenge.read(request)
    if text is None:
        return None
    try:
        kept = json.loads(text)
        return challenge_from_state(kept["state"], here.app), kept["address"]
    except (SignInStateError, ValueError):
        # From another version of the library, for another app client, or from the account page.
        return None


def _challenge_page(here: Services, challenge: Challenge, address: str, problem: Problem | None = None) -> Response:
    try:
        return here.pages.form(form_for(challenge, here.settings.name, address), problem)
    except UnsupportedChallengeError as error:
        LOG.warning("no form for the challenge %s", error)
        return here.pages.problem(Problem(501, "This account signs in by a way that this page doesn't offer."))
