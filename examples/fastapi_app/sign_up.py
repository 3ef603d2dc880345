"""Sign-up, and confirmation of the address with the code sent to it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from cognito_idp import AttributeType
from cognito_idp.errors import (
    CodeMismatchException,
    CognitoIdpError,
    NotAuthorizedException,
    UsernameExistsException,
    UserNotFoundException,
)

from . import pages
from .problems import NOBODY, NOT_SENT, problem_of
from .services import LOG, Here, Services, see_other

router = APIRouter(prefix="/sign-up")


def sign_up_form(address: str = "") -> pages.Form:
    """Return the form for a new account."""
    return pages.Form(
        title="Create an account",
        action="/sign-up",
        submit="Create account",
        fields=(pages.filled_in(pages.EMAIL, address), pages.FIRST_PASSWORD),
        links=(pages.Link("/sign-in", "You have an account? Sign in"),),
    )


def confirm_form() -> pages.Form:
    """Return the form for the code."""
    return pages.Form(
        title="Confirm your address",
        # The same text whether or not an account exists, so that nobody can find out who has one.
        intro="If the address is new to us, a code is on its way there. If you have an account already, sign in.",
        action="/sign-up/confirm",
        submit="Confirm",
        fields=(pages.CODE,),
        links=(
            pages.Link("/sign-up/resend", "Send another code", is_post=True),
            pages.Link("/sign-in", "Sign in"),
        ),
    )


@router.get("")
async def show_sign_up(here: Here) -> Response:
    """Ask for the address and password."""
    return here.pages.form(sign_up_form())


@router.post("")
async def sign_up(here: Here, email: Annotated[str, Form()], new_password: Annotated[str, Form()]) -> Response:
    """Create an account, which works once its address is confirmed."""
    try:
        await here.client.sign_up(
            client_id=here.app.client_id,
            username=email,
            password=new_password,
            user_attributes=[AttributeType(name="email", value=email)],
            secret_hash=here.secret_hash(email),
        )
    except UsernameExistsException:
        pass
    except NOT_SENT as error:
        LOG.warning("signed up, but the code was not sent: %s", error.code)
    except CognitoIdpError as error:
        return here.pages.form(sign_up_form(email), problem_of(error))
    response = see_other("/sign-up/confirm")
    here.cookies.pending.write(response, email)
    return response


@router.get("/confirm")
async def show_confirm(request: Request, here: Here, notice: str = "") -> Response:
    """Ask for the code."""
    if here.cookies.pending.read(request) is None:
        return see_other("/sign-up")
    return here.pages.form(confirm_form(), notice=notice)


@router.post("/confirm")
async def confirm(request: Request, here: Here, code: Annotated[str, Form()]) -> Response:
    """Confirm the address."""
    email = here.cookies.pending.read(request)
    if email is None:
        return see_other("/sign-up")
    try:
        await here.client.confirm_sign_up(
            client_id=here.app.client_id,
            username=email,
            confirmation_code="".join(code.split()),
            secret_hash=here.secret_hash(email),
        )
    except (NotAuthorizedException, UserNotFoundException):
        # Confirmed long ago, or no account: to a stranger, both look like a wrong code.
        return here.pages.form(confirm_form(), problem_of(CodeMismatchException()))
    except CognitoIdpError as error:
        return here.pages.form(confirm_form(), problem_of(error))
    return _done(request, here)


@router.post("/resend")
async def resend(request: Request, here: Here) -> Response:
    """Send another code."""
    email = here.cookies.pending.read(request)
    if email is None:
        return see_other("/sign-up")
    try:
        await here.client.resend_confirmation_code(
            client_id=here.app.client_id, username=email, secret_hash=here.secret_hash(email)
        )
    except NOBODY:
        pass
    except NOT_SENT as error:
        LOG.warning("another code was not sent: %s", error.code)
    except CognitoIdpError as error:
        return here.pages.form(confirm_form(), problem_of(error))
    return see_other("/sign-up/confirm", "code-sent")


def _done(request: Request, here: Services) -> Response:
    response = see_other("/sign-in", "confirmed")
    here.cookies.pending.clear(request, response)
    return response
