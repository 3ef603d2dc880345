"""The flows behind the clients' methods for managed login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._call.deadline import Deadline
from .._errors import InvalidResponseError, LoginCallbackError, LoginStateError
from .._protocol.arguments import TEXT, check, instance_of
from .._protocol.redaction import Opaque
from ..sign_in.conversation import tokens_of
from ..sign_in.signed_in import SignedIn
from ..tokens.token_endpoint import TOKEN
from .callback import check_id_token, code_in
from .managed import ManagedLogin
from .pending import PendingLogin

if TYPE_CHECKING:
    from .._call.options import Options
    from .._flow.effects import Flow


def complete_flow(
    options: Options, login: ManagedLogin, pending: PendingLogin, callback_url: Opaque[str]
) -> Flow[SignedIn]:
    """Check a callback, exchange its code, and check the ID token."""
    _check_login(login)
    check(instance_of(PendingLogin, "a PendingLogin"), pending=pending)
    check(TEXT, LoginCallbackError, callback_url=callback_url.value)
    if pending.client_id != login.app.client_id:
        msg = "the pending login belongs to another app client"
        raise LoginStateError(msg)
    options, watch = options.watch_step("CompleteLogin", "authorization_code")
    return (yield from watch.over(_completed(options, login, pending, callback_url)))


def _completed(
    options: Options, login: ManagedLogin, pending: PendingLogin, callback_url: Opaque[str]
) -> Flow[SignedIn]:
    deadline = Deadline(options.timeout.total, options.monotonic)
    code = Opaque(code_in(callback_url, pending, login.redirect_uri, login.issuers))
    result = yield from login.endpoint.code_grant(options, code.value, pending.code_verifier, login.redirect_uri)
    tokens = tokens_of(result, options)
    if tokens.id_token is not None:
        claims = yield from deadline.bound(login.verification.verified(tokens.id_token, (), ()))
        check_id_token(claims, tokens, pending, login.issuers)
    elif "openid" in pending.scopes:
        problem = "it has no id_token, although the scope openid was asked for"
        raise InvalidResponseError(problem, operation=TOKEN)
    return SignedIn(tokens=tokens)


def user_info_flow(options: Options, login: ManagedLogin, access_token: Opaque[str]) -> Flow[dict[str, Any]]:
    """Ask for the claims about a user."""
    _check_login(login)
    check(TEXT, access_token=access_token.value)
    return (yield from login.endpoint.user_info(options, access_token.value))


def revoke_flow(options: Options, login: ManagedLogin, refresh_token: Opaque[str]) -> Flow[None]:
    """Revoke a refresh token."""
    _check_login(login)
    check(TEXT, refresh_token=refresh_token.value)
    yield from login.endpoint.revoked(options, refresh_token.value)


def _check_login(login: object) -> None:
    check(instance_of(ManagedLogin, "a ManagedLogin"), login=login)
