"""Read stored challenges, so that another process can go on with the sign-in. `packing.py` has the format."""

from __future__ import annotations

from typing import Any

from .._errors import SignInAnswerError, SignInStateError
from .._protocol.app_client import AppClient
from .._protocol.arguments import TEXT, check, described, instance_of
from .._protocol.tracebacks import clears_frames
from ..types import ChallengeNameType
from .machine import AUTOMATIC, challenge_class
from .outcomes import Challenge, MfaSetup, TotpSetup, UnknownChallenge
from .packing import unpacked


@clears_frames
def challenge_from_state(state: str, app: AppClient | None = None) -> Challenge:
    """Return the challenge that `to_state` stored in a text.

    If you pass `app`, it must be the app client that started the sign-in. `respond` checks that, too.

    Raises:
        SignInStateError: the text is from another version, truncated, changed, or from another app client.
    """
    check(TEXT, SignInStateError, state=state)
    if app is not None:
        check_app(app)
    fields = unpacked(state)
    try:
        challenge = _restored(fields)
    except (KeyError, TypeError, ValueError):
        challenge = None
    if challenge is None:
        msg = "the stored challenge has missing or invalid fields"
        raise SignInStateError(msg)
    if app is not None:
        check_client(challenge, app)
    return challenge


def check_client(challenge: Challenge, app: AppClient) -> None:
    """Check that a sign-in continues with the app client that started it.

    Raises:
        SignInAnswerError: it is not a challenge.
        SignInStateError: the clients differ.
    """
    check_app(app)
    if not isinstance(challenge, Challenge):
        msg = f"challenge={described(challenge)} is not a challenge; SignedIn means that the sign-in is done"
        raise SignInAnswerError(msg)
    if challenge.client_id != app.client_id:
        msg = "the challenge belongs to a sign-in with another app client"
        raise SignInStateError(msg)


def check_app(app: object) -> None:
    """Check that something is an app client.

    Raises:
        SignInAnswerError: it isn't.
    """
    check(_APP, SignInAnswerError, app=app)


_APP = instance_of(AppClient, "an AppClient(user_pool_id, client_id)")


def _restored(fields: dict[str, Any]) -> Challenge | None:
    texts = ("name", "client", "user")
    if not all(isinstance(fields[key], str) for key in texts) or fields["name"] in AUTOMATIC:
        return None
    session, parameters = fields["session"], fields["parameters"]
    if not isinstance(session, str | None) or not isinstance(parameters, dict):
        return None
    if not all(isinstance(value, str) for value in parameters.values()) or not isinstance(fields["available"], list):
        return None
    common: dict[str, Any] = {
        "client_id": fields["client"],
        "username": fields["user"],
        "session": session,
        "parameters": parameters,
        "available": tuple(map(ChallengeNameType, fields["available"])),
        "admin": fields["admin"] is True,
        "device_dropped": fields["dropped"] is True,
    }
    cls = challenge_class(fields["name"])
    if "secret" in fields:
        secret = fields["secret"]
        return TotpSetup(secret_code=secret, **common) if cls is MfaSetup and isinstance(secret, str) else None
    return UnknownChallenge(unknown_name=fields["name"], **common) if cls is UnknownChallenge else cls(**common)
