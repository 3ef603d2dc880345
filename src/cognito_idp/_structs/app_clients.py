"""What an `AppClient` in place of a request's `client_id` brings: the id, and the proof of the client's secret.

The proof takes the form that the operation asks for: the secret itself, its hash over the user's name, or that hash
among the parameters of a sign-in. What the caller gave stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import Fault, SignInAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._protocol.app_client import AppClient
    from .struct import Request


def take_app_client(request: Request[Any], faults: list[Fault]) -> None:
    """Replace an app client, if the request has one, by its id and its proof. It is called before the check."""
    app = getattr(request, "client_id", None)
    if app is None or isinstance(app, str):
        return
    from .._protocol.app_client import AppClient

    if not isinstance(app, AppClient):
        return
    object.__setattr__(request, "client_id", app.client_id)
    if app.client_secret is None:
        return
    for member in request._members:  # noqa: SLF001 - this is a part of the request's constructor
        proof = _PROOFS.get(member.name)
        if proof is None:
            continue
        try:
            value = proof(app, request, getattr(request, member.name))
        except SignInAnswerError as error:
            faults.append(Fault(f"{type(request).__name__}.{member.name}", member.name, str(error)))
        else:
            object.__setattr__(request, member.name, value)


def _secret(app: AppClient, request: Request[Any], given: Any) -> Any:
    # An administrator's request that has such a member gives the client a further secret.
    return app.client_secret if given is None and not request.operation.signed else given


def _hash(app: AppClient, request: Request[Any], given: Any) -> Any:
    username = getattr(request, "username", None)
    return _hash_for(app, username) if given is None and isinstance(username, str) else given


def _hash_among(app: AppClient, _: Request[Any], given: Any) -> Any:
    username = given.get("USERNAME") if isinstance(given, dict) else None
    if not isinstance(username, str) or "SECRET_HASH" in given:
        return given
    return {**given, "SECRET_HASH": _hash_for(app, username)}


def _hash_for(app: AppClient, username: str) -> str:
    return app.hash_for(username)["SECRET_HASH"]


# By the member that holds the proof.
_PROOFS: dict[str, Callable[[AppClient, Request[Any], Any], Any]] = {
    "client_secret": _secret,
    "secret": _secret,
    "secret_hash": _hash,
    "auth_parameters": _hash_among,
    "challenge_responses": _hash_among,
}
