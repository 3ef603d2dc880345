"""The pages for signed-in people: the account, its authenticator app, and two ways to sign out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from cognito_idp import (
    SoftwareTokenMfaSettingsType,
    TotpSetup,
    WebAuthnCredentialDescription,
    attributes_of,
    challenge_from_state,
)
from cognito_idp.errors import CognitoIdpError, NotAuthorizedException, SessionEndedError, SignInStateError

from .challenges import totp_form
from .pages import Form as PageForm
from .pages import Link
from .problems import problem_of
from .services import LOG, Here, Services, SignedInPerson, SignInNeededError, see_other

router = APIRouter()


@router.get("/account")
async def show_account(request: Request, here: Here, person: SignedInPerson, notice: str = "") -> Response:
    """Show the account."""
    try:
        user = await here.client.get_user(access_token=person.access_token)
    except NotAuthorizedException as error:
        # The token verifies but has been revoked: the person signed out everywhere, from another device.
        await here.sessions.end(person.session_id)
        raise SignInNeededError from error
    email = attributes_of(user).get("email", user.username)
    passkeys = await _passkeys(here, person.access_token)
    response = here.pages.account(
        notice=notice,
        email=email,
        passkeys=passkeys,
        has_totp="SOFTWARE_TOKEN_MFA" in (user.user_mfa_setting_list or ()),
        claims=person.claims,
    )
    if passkeys:
        here.cookies.known.write(response, email)
    elif passkeys is not None:
        here.cookies.known.clear(request, response)
    return response


@router.post("/account/totp")
async def begin_totp(here: Here, person: SignedInPerson) -> Response:
    """Get a secret for an authenticator app from the service, and show it."""
    user = await here.client.get_user(access_token=person.access_token)
    token = await here.client.associate_software_token(access_token=person.access_token)
    address = attributes_of(user).get("email") or user.username
    setup = TotpSetup(client_id=here.app.client_id, username=address, secret_code=token.secret_code or "")
    response = see_other("/account/totp")
    here.cookies.challenge.write(response, setup.to_state())
    return response


@router.get("/account/totp")
async def show_totp(request: Request, here: Here, _: SignedInPerson) -> Response:
    """Show the secret as a QR code, and ask for the app's code."""
    setup = _setup(request, here)
    return see_other("/account") if setup is None else here.pages.form(_form(here, setup))


@router.post("/account/totp/confirm")
async def confirm_totp(request: Request, here: Here, person: SignedInPerson, code: Annotated[str, Form()]) -> Response:
    """Turn the authenticator app on if the code is right."""
    setup = _setup(request, here)
    if setup is None:
        return see_other("/account")
    try:
        await here.client.verify_software_token(access_token=person.access_token, user_code="".join(code.split()))
        await _prefer_totp(here, person.access_token, enabled=True)
    except CognitoIdpError as error:
        return here.pages.form(_form(here, setup), problem_of(error))
    response = see_other("/account", "totp-on")
    here.cookies.challenge.clear(request, response)
    return response


@router.post("/account/totp/off")
async def turn_totp_off(here: Here, person: SignedInPerson) -> Response:
    """Stop asking for the authenticator app's code."""
    await _prefer_totp(here, person.access_token, enabled=False)
    return see_other("/account", "totp-off")


@router.post("/sign-out")
async def sign_out(request: Request, here: Here) -> Response:
    """End the session here, and revoke its tokens."""
    session_id = here.cookies.session.read(request)
    session = None if session_id is None else await here.sessions.find(session_id)
    response = see_other("/sign-in", "signed-out")
    for cookie in (here.cookies.session, here.cookies.challenge, here.cookies.pending, here.cookies.passkey):
        cookie.clear(request, response)
    if session_id is None or session is None:
        return response
    # First the part that can't fail: people can leave even if the service is unreachable.
    await here.sessions.end(session_id)
    try:
        await session.sign_out()
    except SessionEndedError:
        pass
    except CognitoIdpError as error:
        LOG.warning("signed out, but the tokens were not revoked: %s", error)
    return response


@router.post("/sign-out-everywhere")
async def sign_out_everywhere(request: Request, here: Here, person: SignedInPerson) -> Response:
    """Revoke all tokens of the person, on all devices; an error means that they were not revoked."""
    await person.session.global_sign_out()
    await here.sessions.end(person.session_id)
    response = see_other("/sign-in", "signed-out-everywhere")
    here.cookies.session.clear(request, response)
    return response


async def _passkeys(here: Services, access_token: str) -> list[WebAuthnCredentialDescription] | None:
    if not here.settings.passkeys:
        return None
    return [passkey async for passkey in here.client.iter_list_web_authn_credentials(access_token=access_token)]


def _setup(request: Request, here: Services) -> TotpSetup | None:
    try:
        setup = challenge_from_state(here.cookies.challenge.read(request) or "", here.app)
    except SignInStateError:
        return None
    return setup if isinstance(setup, TotpSetup) else None


def _form(here: Services, setup: TotpSetup) -> PageForm:
    back = (Link("/account", "Not now"),)
    return totp_form(setup, here.settings.name, setup.username, "/account/totp/confirm", back)


async def _prefer_totp(here: Services, access_token: str, *, enabled: bool) -> None:
    await here.client.set_user_mfa_preference(
        access_token=access_token,
        software_token_mfa_settings=SoftwareTokenMfaSettingsType(enabled=enabled, preferred_mfa=enabled),
    )
