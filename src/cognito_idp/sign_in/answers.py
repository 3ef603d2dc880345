"""Check the arguments of a sign-in step against the tables in `machine.py`, and build the service's parameters."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._errors import SignInAnswerError
from .._protocol.spelling import did_you_mean, near
from .._structs.shapes import json_object
from ..types import AuthFlowType, ChallengeNameType
from .machine import CHOICES_WITH_PROOF, STARTS, TABLE, Row, Start
from .outcomes import MfaSetup, NewPasswordRequired, SelectChallenge, SelectMfaType, TotpSetup, UnknownChallenge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .outcomes import Challenge

_TOTP_SETUP = Row(TotpSetup, {"code": ""}, (), TABLE[ChallengeNameType.MFA_SETUP].leads_to)


def checked_start(flow: AuthFlowType, *, admin: bool, arguments: Mapping[str, Any]) -> Start:
    """Check that the arguments fit a flow, and return the flow's row.

    An empty string, as from an empty form field, counts as missing.

    Raises:
        SignInAnswerError: the flow is unknown, not for this kind of call, or lacks an argument.
    """
    start = STARTS.get(flow)
    if start is None:
        msg = f"flow {str(flow)!r} is not one of {', '.join(STARTS)}{did_you_mean(near(flow, STARTS))}"
        raise SignInAnswerError(msg)
    if not (start.admin if admin else start.public):
        kind, other = ("an admin", "admin=False") if admin else ("a public", "admin=True")
        msg = f"flow {flow} can't begin {kind} sign-in; use another flow, or {other}"
        raise SignInAnswerError(msg)
    arguments = {keyword: None if value == "" else value for keyword, value in arguments.items()}
    _check_arguments(f"flow {flow}", arguments, start.required, start.optional)
    preferred = arguments.get("preferred_challenge")
    if (
        preferred is not None
        and arguments.get("password") is not None
        and CHOICES_WITH_PROOF.get(preferred) != "password"
    ):
        msg = f"preferred_challenge={str(preferred)!r} takes no password="
        raise SignInAnswerError(msg)
    return start


def row_of(challenge: Challenge) -> Row | None:
    """Return the table's row for a challenge, or None if this version doesn't know it."""
    if isinstance(challenge, UnknownChallenge):
        return None
    return _TOTP_SETUP if isinstance(challenge, TotpSetup) else TABLE.get(ChallengeNameType(challenge.name))


def how_to_answer(challenge: Challenge) -> str:
    """Return the words that say what answers a challenge, such as `answer with code=`."""
    row = row_of(challenge)
    if row is None:
        return "answer with responses="
    if not row.answer:
        return "answered by the library"
    optional = f", optionally {' or '.join(f'{name}=' for name in row.optional)}" if row.optional else ""
    return f"answer with {_keywords([*row.answer])}{optional}{_hint(challenge)}"


def checked_answer(challenge: Challenge, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the service's parameters for an answer, without the user name and without what SRP computes later.

    Raises:
        SignInAnswerError: the answer doesn't fit the challenge.
    """
    row = row_of(challenge)
    if row is None:
        _check_arguments(f"challenge {challenge.name}", arguments, ("responses",), ("device",))
        return dict(arguments["responses"])
    if not row.answer:
        msg = f"challenge {challenge.name} can only be answered by the call that began the SRP exchange"
        raise SignInAnswerError(msg)
    optional = (*row.optional, "device")
    _check_arguments(f"challenge {challenge.name}", arguments, tuple(row.answer), optional, _hint(challenge))
    answer = {wire: _text(keyword, arguments[keyword]) for keyword, wire in row.answer.items() if wire}
    match challenge:
        case SelectMfaType() | SelectChallenge():
            answer |= _choice(challenge, arguments)
        case NewPasswordRequired():
            answer |= _attributes(challenge, arguments.get("attributes") or {})
    return answer


def _hint(challenge: Challenge) -> str:
    return ", or, for an authenticator app, set_up_totp() first" if isinstance(challenge, MfaSetup) else ""


def _check_arguments(
    what: str, arguments: Mapping[str, Any], required: tuple[str, ...], optional: tuple[str, ...], hint: str = ""
) -> None:
    present = [keyword for keyword, value in arguments.items() if value is not None]
    missing = [keyword for keyword in required if keyword not in present]
    if missing:
        msg = f"{what} needs {_keywords(missing)}{hint}"
        raise SignInAnswerError(msg)
    surplus = [keyword for keyword in present if keyword not in (*required, *optional)]
    if surplus:
        msg = f"{what} takes no {_keywords(surplus)}; it takes {_keywords([*required, *optional])}"
        raise SignInAnswerError(msg)


def _keywords(names: list[str]) -> str:
    return ", ".join(f"{name}=" for name in names)


def _text(keyword: str, value: Any) -> str:
    """Return a value as text. A passkey's credential may be JSON text or the parsed mapping."""
    problem = "can't be sent as text"
    if keyword == "credential" and isinstance(value, str):
        # Where the browser has no passkeys, forms send an empty one.
        if json_object(value) is not None:
            return value
        problem = "is not the JSON of a passkey's credential"
    elif isinstance(value, str):
        return value
    elif keyword == "credential":
        with suppress(TypeError, ValueError, RecursionError):
            return json.dumps(dict(value))
    # Raised outside the handler: an error that holds the value must not become this one's context.
    msg = f"{keyword}= is a {type(value).__name__}, which {problem}"
    raise SignInAnswerError(msg)


def _choice(challenge: SelectMfaType | SelectChallenge, arguments: Mapping[str, Any]) -> dict[str, str]:
    choice = str(arguments["choice"])
    if challenge.options and choice not in challenge.options:
        msg = f"choice={choice!r} is not one of {', '.join(challenge.options)}"
        raise SignInAnswerError(msg)
    needed = CHOICES_WITH_PROOF.get(choice) if isinstance(challenge, SelectChallenge) else None
    offered = [keyword for keyword in ("password", "credential") if arguments.get(keyword) is not None]
    if offered and offered != [needed]:
        msg = f"choice={choice!r} takes no {_keywords([keyword for keyword in offered if keyword != needed])}"
        raise SignInAnswerError(msg)
    if not offered or choice == ChallengeNameType.PASSWORD_SRP:
        return {}
    return {offered[0].upper(): _text(offered[0], arguments[offered[0]])}


def _attributes(challenge: NewPasswordRequired, attributes: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in challenge.required_attributes if name not in attributes]
    if missing:
        msg = f"challenge {challenge.name} needs attributes= with {', '.join(missing)}"
        raise SignInAnswerError(msg)
    return {f"userAttributes.{name}": value for name, value in attributes.items()}
