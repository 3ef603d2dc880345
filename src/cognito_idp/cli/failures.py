"""How a failure looks to the shell: an exit code, and a text without secrets on standard error.

The codes are those of the AWS CLI, version 2 (its user guide, "Return codes").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from .._errors import one_line
from ..errors import (
    CognitoIdpError,
    ConfigError,
    CredentialsError,
    JwtNotInstalledError,
    RequestValidationError,
    ServiceError,
    SessionEndedError,
    SignInAnswerError,
)
from .extra import missing_extra

if TYPE_CHECKING:
    from collections.abc import Iterable

REFUSED: Final = 1
DECLINED: Final = 1
NOT_INSTALLED: Final = 1
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141
USAGE: Final = 252
SETTINGS: Final = 253
SERVICE: Final = 254
OTHER: Final = 255

# Masking a shorter text would hide half of a message, and such a short text is hardly a secret.
_LEAST = 4


class InputError(click.UsageError):
    """The command line, or something it refers to, can't be used. The text never shows a value."""

    exit_code = USAGE


def exit_code_of(error: BaseException) -> int:
    """Return the exit code for the error that ended a command."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            return INTERRUPTED
        case click.ClickException() | RequestValidationError() | SignInAnswerError():
            return USAGE
        case ConfigError() | CredentialsError() | JwtNotInstalledError():
            return SETTINGS
        case ServiceError() | SessionEndedError():
            return SERVICE
        case ModuleNotFoundError() if missing_extra(error):
            return NOT_INSTALLED
    return OTHER


def text_of(error: BaseException, secrets: Iterable[str]) -> str:
    """Return the text that a person sees for an error, with `secrets` masked."""
    text = _said(error)
    for secret in sorted((secret for secret in secrets if len(secret) >= _LEAST), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _said(error: BaseException) -> str:  # noqa: PLR0911 - one for each kind
    match error:
        case click.Abort() | KeyboardInterrupt():
            return "Interrupted."
        case click.UsageError():
            return "\n\n".join(filter(None, (_usage(error), error.format_message(), _hint(error))))
        case click.ClickException():
            return error.format_message()
        case RequestValidationError():
            return "\n".join(("Parameter validation failed:", *map(str, error.faults)))
        case ServiceError():
            return _service_error(error)
        case CognitoIdpError():
            # Line by line: our own texts have several lines, and other texts may hold terminal control characters.
            return "\n".join(map(one_line, f"{type(error).__name__}: {error}".split("\n")))
        case ModuleNotFoundError() if missing := missing_extra(error):
            return missing
        case OSError():
            return f"{error.filename or 'cognito-idp'}: {error.strerror or type(error).__name__}"
    return f"{type(error).__name__}: {one_line(str(error))}\n\nRun it again with --debug for a traceback."


def _service_error(error: ServiceError) -> str:
    tries = f" (sent {error.attempts} times)" if error.attempts > 1 else ""
    request_id = f" [request id {error.request_id}]" if error.request_id else ""
    operation = error.operation or "unknown"
    text = (
        f"An error occurred ({error.code}) when calling the {operation} operation{tries}: {error.message}{request_id}"
    )
    return "\n".join(map(one_line, (text, *getattr(error, "__notes__", ()))))


def _usage(error: click.UsageError) -> str:
    return "" if error.ctx is None else error.ctx.get_usage()


def _hint(error: click.UsageError) -> str:
    context: Any = error.ctx
    return "" if context is None else f"See '{context.command_path} --help'."
