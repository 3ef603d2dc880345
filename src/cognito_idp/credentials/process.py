"""Credentials that an external program prints: `credential_process`.

Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from .._errors import CredentialsError
from .._flow.effects import run
from .._protocol.arguments import NUMBER, check
from .._protocol.foreign_json import parsed_json
from .program import Program
from .provider import NotConfigured, checked_credentials
from .temporary import moment, text_member

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .provider import Context
    from .types import Credentials

_TIMEOUT: Final = 60.0
_VERSION: Final = 1


class ProcessProvider:
    """Runs the profile's `credential_process` without a shell, and reads what it prints.

    The program may run for `timeout` seconds, or until the call's own time limit, and print 64 KiB. If it takes longer,
    prints more, or its caller is cancelled, it is killed together with what it started. Its output counts as complete
    when it ends, even if a child of it goes on. It inherits standard input and standard error. Its output is never
    shown.

    A program that may ask at a terminal shares our process group, as with boto3. Then, and on Windows, only the program
    itself is killed.
    """

    name = "credential_process"

    def __init__(self, timeout: float = _TIMEOUT) -> None:
        check(NUMBER, timeout=timeout)
        self._timeout = timeout

    def load(self, context: Context) -> Flow[Credentials]:
        """Run the program.

        Raises:
            NotConfigured: the profile has no `credential_process`.
            CredentialsError: the program can't be started, fails, takes too long, prints too much, or does not print
                credentials.
        """
        command = context.config.setting(context.profile, "credential_process")
        if command is None:
            msg = f"profile {context.profile!r} has no credential_process"
            raise NotConfigured(msg)
        arguments = _arguments(command.text, command.where)
        output = yield from run(Program(arguments, context.environ, command.where, self._timeout))
        return _credentials(output, command.where)


def _arguments(command: str, where: str) -> list[str] | str:
    # Windows takes the command line unchanged; elsewhere a list avoids the shell.
    if os.name == "nt":
        return command
    import shlex

    try:
        arguments = shlex.split(command)
    except ValueError as error:
        msg = f"{where} can't be split into words: {error}"
        raise CredentialsError(msg) from None
    if not arguments:
        msg = f"{where} names no program"
        raise CredentialsError(msg)
    return arguments


def _credentials(output: bytes, where: str) -> Credentials:
    members: Any = None
    with suppress(ValueError):
        members = parsed_json(output)
    # Raised outside the handler: a JSONDecodeError as __context__ would hold the whole output.
    what = f"{where}: the program's output"
    if not isinstance(members, dict):
        msg = f"{what} is not a JSON object"
        raise CredentialsError(msg)
    if members.get("Version") != _VERSION:
        msg = f"{what} does not have Version {_VERSION}, the only known version"
        raise CredentialsError(msg)
    expiration = members.get("Expiration")
    token = members.get("SessionToken")
    return checked_credentials(
        what,
        text_member(members, "AccessKeyId", what),
        text_member(members, "SecretAccessKey", what),
        None if not token else text_member(members, "SessionToken", what),
        None if expiration is None else moment(expiration, "Expiration", what),
    )
