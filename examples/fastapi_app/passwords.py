"""A forgotten password: send a code, then set a new password with it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from cognito_idp.errors import (
    CodeMismatchException,
    CognitoIdpError,
)

from . import pages
from .problems import NOBODY, NOT_SENT, problem_of
from .services import LOG, Here, see_other

router = APIRouter(prefix="/password")


def forgot_form(address: str = "") -> pages.Form:
    """Return the form for the address."""
    return pages.Form(
        title="Forgot your password?",
        intro="We send a code to your address, with which you choose another password.",
        action="/password/forgot",
        submit="Send code",
        fields=(pages.filled_in(pages.EMAIL, address),),
        links=(pages.Link("/sign-in", "Back to sign in"),),
    )


def reset_form() -> pages.Form:
    """Return the form for the code and a new password."""
    return pages.Form(
        title="Choose another password",
        intro="If there is an account with this address, a code is on its way there.",
        action="/password/reset",
        submit="Change password",
        fields=(pages.CODE, pages.NEW_PASSWORD),
        links=(pages.Link("/password/forgot", "Send another code"),),
    )


@router.get("/forgot")
async def show_forgot(here: Here) -> Response:
    """Ask for the address."""
    return here.pages.form(forgot_form())


@router.post("/forgot")
async def forgot(here: Here, email: Annotated[str, Form()]) -> Response:
    """Send a code, if there is an account."""
    try:
        await here.client.forgot_password(
            client_id=here.app.client_id, username=email, secret_hash=here.secret_hash(email)
        )
    except NOBODY:
        pass
    except NOT_SENT as error:
        LOG.warning("the code for another password was not sent: %s", error.code)
    except CognitoIdpError as error:
        return here.pages.form(forgot_form(email), problem_of(error))
    response = see_other("/password/reset")
    here.cookies.pending.write(response, email)
    return response


@router.get("/reset")
async def show_reset(request: Request, here: Here) -> Response:
    """Ask for the code and a new password."""
    if here.cookies.pending.read(request) is None:
        return see_other("/password/forgot")
    return here.pages.form(reset_form())


@router.post("/reset")
async def reset(
    request: Request, here: Here, code: Annotated[str, Form()], new_password: Annotated[str, Form()]
) -> Response:
    """Set the new password."""
    email = here.cookies.pending.read(request)
    if email is None:
        return see_other("/password/forgot")
    try:
        await here.client.confirm_forgot_password(
            client_id=here.app.client_id,
            username=email,
            confirmation_code="".join(code.split()),
            password=new_password,
            secret_hash=here.secret_hash(email),
        )
    except NOBODY:
        return here.pages.form(reset_form(), problem_of(CodeMismatchException()))
    except CognitoIdpError as error:
        return here.pages.form(reset_form(), problem_of(error))
    response = see_other("/sign-in", "password-changed")
    here.cookies.pending.clear(request, response)
    return response
