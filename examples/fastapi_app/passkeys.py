"""Passkeys: add one, delete one, and sign in with one. `static/passkeys.js` is the browser's half.

Cognito must know who signs in before it asks for a passkey, and its options list that person's passkeys. So the app
asks only for the person with passkeys who last signed in on this browser, whom a sealed cookie names: nobody can find
out who has an account, or a passkey.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from cognito_idp import WebAuthn, challenge_from_state
from cognito_idp.errors import CognitoIdpError, NotAuthorizedException, SignInStateError

from .problems import NOBODY, Problem, problem_of
from .services import LOG, Here, SignedInPerson, see_other
from .sign_in import go_on, sign_in_form

router = APIRouter()

_NONE = Problem(404, "There is no passkey to sign in with. Use your password.")
_REFUSED = Problem(401, "This passkey is not known here any more, or the sign-in took too long. Try again.")


@router.post("/account/passkeys/options")
async def begin_registration(here: Here, person: SignedInPerson) -> Response:
    """Get the options for a new passkey from the service."""
    try:
        answer = await here.client.start_web_authn_registration(access_token=person.access_token)
    except CognitoIdpError as error:
        return _told(problem_of(error))
    return JSONResponse(answer.credential_creation_options)


@router.post("/account/passkeys")
async def register(here: Here, person: SignedInPerson, credential: Annotated[str, Form()]) -> Response:
    """Have the service check what the browser made, and keep it."""
    await here.client.complete_web_authn_registration(access_token=person.access_token, credential=credential)
    return see_other("/account", "passkey-added")


@router.post("/account/passkeys/delete")
async def delete(here: Here, person: SignedInPerson, credential_id: Annotated[str, Form()]) -> Response:
    """Delete a passkey."""
    await here.client.delete_web_authn_credential(access_token=person.access_token, credential_id=credential_id)
    return see_other("/account", "passkey-deleted")


@router.post("/sign-in/passkey/options")
async def begin_sign_in(request: Request, here: Here) -> Response:
    """Begin a sign-in, and get the options for the person's passkeys."""
    address = here.known_address(request)
    if address is None:
        return _told(_NONE)
    try:
        outcome = await here.client.sign_in(
            here.app, username=address, flow="USER_AUTH", preferred_challenge="WEB_AUTHN"
        )
    except NOBODY as error:
        LOG.info("no sign-in by passkey: %s", error.code)
        return _told(_NONE)
    except CognitoIdpError as error:
        return _told(problem_of(error))
    # Whoever has no passkey is asked for something else.
    if not isinstance(outcome, WebAuthn) or outcome.request_options is None:
        return _told(_NONE)
    response = JSONResponse(outcome.request_options)
    here.cookies.passkey.write(response, outcome.to_state())
    return response


@router.post("/sign-in/passkey")
async def sign_in(request: Request, here: Here, credential: Annotated[str, Form()]) -> Response:
    """Have the service check the passkey's proof, and continue with what it asks for next."""
    address = here.known_address(request)
    try:
        challenge = challenge_from_state(here.cookies.passkey.read(request) or "", here.app)
    except SignInStateError:
        return see_other("/sign-in", "sign-in-ended")
    try:
        outcome = await here.client.respond(here.app, challenge, credential=credential)
    except CognitoIdpError as error:
        problem = _REFUSED if isinstance(error, NotAuthorizedException) else problem_of(error)
        response: Response = here.pages.form(sign_in_form(passkeys=True, managed=here.login is not None), problem)
    else:
        response = await go_on(request, here, outcome, address or challenge.username)
    here.cookies.passkey.clear(request, response)
    return response


def _told(problem: Problem) -> Response:
    """Return a problem for the script, which shows its text."""
    return JSONResponse({"error": problem.text}, problem.status, problem.headers)
