"""Credentials that an external program prints: `credential_process`.

Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from .._errors import CredentialsError
from .._flow.effects import offload
from .._protocol.arguments import NUMBER, check
from .provider import NotConfigured, checked_credentials
from .temporary import moment, text_member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._flow.effects import Flow
    from .provider import Context
    from .types import Credentials

_TIMEOUT: Final = 60.0
_VERSION: Final = 1


class ProcessProvider:
    """Runs the profile's `credential_process` without a shell, and reads what it prints.

    The program may run for `timeout` seconds. It inherits standard error. Its output is never shown.
    """

    name = "credential_process"

    def __init__(self, timeout: float = _TIMEOUT) -> None:
        check(NUMBER, timeout=timeout)
        self._timeout = timeout

    def load(self, context: Context) -> Flow[Credentials]:
        """Run the program.

        Raises:
            NotConfigured: the profile has no `credential_process`.
            CredentialsError: the program can't be started, fails, takes too long, or does not print credentials.
        """
        command = context.config.setting(context.profile, "credential_process")
        if command is None:
            msg = f"profile {context.profile!r} has no credential_process"
            raise NotConfigured(msg)
        output = yield from offload(lambda: _run(command.text, command.where, context.environ, self._timeout))
        return _credentials(output, command.where)


def _run(command: str, where: str, environ: Mapping[str, str], timeout: float) -> bytes:
    """Run a program and return its output."""
    import subprocess

    arguments = _arguments(command, where)
    problem, output = None, b""
    try:
        # Windows takes the command line unchanged; elsewhere a list avoids the shell.
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=dict(environ)) as process:  # noqa: S603
            try:
                output, _ = process.communicate(timeout=timeout)
                if process.returncode != 0:
                    problem = f"ended with exit status {process.returncode}"
            except subprocess.TimeoutExpired:
                problem = f"did not end within {timeout:g} s"
            finally:
                # Leaving the block closes the pipe and waits for this process only: its children can't delay us.
                process.kill()
    except OSError as error:
        problem = f"can't be started: {error.strerror}"
    # Raised outside the handlers: a TimeoutExpired as __context__ would hold the output so far.
    if problem is not None:
        msg = f"{where}: the program {problem}"
        raise CredentialsError(msg)
    return output


def _arguments(command: str, where: str) -> list[str] | str:
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
    with suppress(ValueError, RecursionError):
        members = json.loads(output.decode("utf-8"))
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
