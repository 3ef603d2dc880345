"""Sign-in on the pages of the user pool's domain, beside the app's own: managed login."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cognito_idp import ManagedLogin, TokenVerifier, pending_from_state
from cognito_idp.errors import CognitoIdpError, SignInStateError

from .problems import problem_of
from .services import LOG, Here, see_other
from .settings import Settings
from .sign_in import form_in

_BEGIN: Final = "/sign-in/managed"
_CALLBACK: Final = "/sign-in/managed/callback"

router = APIRouter()


def login_for(settings: Settings) -> ManagedLogin | None:
    """Return the login at the pool's domain, or None if the settings name no domain."""
    if settings.domain is None:
        return None
    return ManagedLogin(
        settings.app,
        domain=settings.domain,
        redirect_uri=callback_url(settings.origin),
        # The last scope is for the account page, which calls the user pools API.
        scopes="openid email aws.cognito.signin.user.admin",
        verifier=TokenVerifier(settings.trusted_pool, token_use="id"),
    )


def callback_url(origin: str) -> str:
    """Return the callback URL, which the app client must allow."""
    return f"{origin}{_CALLBACK}"


@router.get(_BEGIN)
async def begin(here: Here) -> Response:
    """Send the browser to the pages. A link leads here: our policy lets no form lead to another site."""
    if here.login is None:
        return see_other("/sign-in")
    pending = here.login.begin()
    response = RedirectResponse(pending.url, 303)
    here.cookies.login.write(response, pending.to_state())
    return response


@router.get(_CALLBACK)
async def complete(request: Request, here: Here) -> Response:
    """Take the browser back, and begin its session."""
    state = here.cookies.login.read(request)
    if here.login is None or state is None:
        return see_other("/sign-in", "sign-in-ended")
    try:
        signed_in = await here.client.complete_login(here.login, pending_from_state(state), str(request.url))
    except SignInStateError:
        response: Response = see_other("/sign-in", "sign-in-ended")
    except CognitoIdpError as error:
        LOG.info("managed login failed: %s", error)
        response = here.pages.form(form_in(request, here), problem_of(error))
    else:
        response = await here.begin_session(request, signed_in.tokens)
    here.cookies.login.clear(request, response)
    return response
