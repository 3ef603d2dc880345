"""The file of `sign-in --store`: who is signed in where, and the tokens. One process at a time changes it."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import attrs
import click

from .._protocol.app_client import AppClient
from .._protocol.foreign_json import parsed_json
from .._protocol.redaction import redacted
from ..errors import ConfigError
from ..sign_in.signed_in import Device, Tokens
from .failures import InputError
from .query import query_of
from .render import print_data
from .secrets import HIDDEN
from .streams import err, out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from ..client import Client
    from ..tokens.user_session import UserSession
    from .settings import Settings

STORE = "--store"


@attrs.frozen(kw_only=True)
class Stored:
    """A signed-in user, as the file says."""

    user_pool_id: str
    client_id: str
    username: str
    tokens: Tokens = attrs.field(repr=redacted)
    device_key: str | None = None

    def data(self) -> dict[str, Any]:
        """Return what the file holds."""
        device = {} if self.device_key is None else {"DeviceKey": self.device_key}
        return {
            "UserPoolId": self.user_pool_id,
            "ClientId": self.client_id,
            "Username": self.username,
            **device,
            **data_of(self.tokens),
        }

    def app(self, client_secret: str | None) -> AppClient:
        """Return the app client that the user signed in with."""
        return AppClient(self.user_pool_id, self.client_id, client_secret)

    def session(
        self, client: Client, client_secret: str | None, write: Callable[[Any], None], **settings: Any
    ) -> UserSession:
        """Return the user's session. `write` is given what the file is to hold whenever there are new tokens."""
        from ..tokens.user_session import UserSession  # `whoami` needs none

        # As far as a refresh needs it.
        device = None if self.device_key is None else Device(key=self.device_key, group_key="", password="")
        return UserSession(
            client,
            self.app(client_secret),
            self.tokens,
            device=device,
            on_tokens=lambda tokens: write(attrs.evolve(self, tokens=tokens).data()),
            **settings,
        )


def data_of(tokens: Tokens) -> dict[str, Any]:
    """Return tokens as data, by the service's names."""
    members = {
        "AccessToken": tokens.access_token,
        "IdToken": tokens.id_token,
        "RefreshToken": tokens.refresh_token,
        "TokenType": tokens.token_type,
        "ExpiresAt": tokens.expires_at and tokens.expires_at.isoformat(),
    }
    return {name: value for name, value in members.items() if value is not None}


def print_tokens(settings: Settings, tokens: Tokens, summary: list[str], *, shown: bool) -> None:
    """Print tokens as data if they are to be shown, or if an option asks for data; otherwise the summary."""
    shown = bool(shown or settings.show_secrets)
    if not (shown or settings.output or settings.query):
        out("\n".join(summary))
        return
    data = data_of(tokens)
    if not shown:
        data = {name: HIDDEN if name.endswith("Token") else value for name, value in data.items()}
    print_data(settings, query_of(settings)(data))


def stored_of(settings: Settings, text: bytes) -> Stored:
    """Return what a file holds. Its tokens are secrets from then on.

    Raises:
        InputError: `sign-in --store` did not write this.
    """
    try:
        data = parsed_json(text)
        tuple(map(str.strip, data.values()))  # TypeError: a value is not a text
        ends = data.get("ExpiresAt")
        stored = Stored(
            user_pool_id=data["UserPoolId"],
            client_id=data["ClientId"],
            username=data["Username"],
            device_key=data.get("DeviceKey"),
            tokens=Tokens(
                access_token=data["AccessToken"],
                id_token=data.get("IdToken"),
                refresh_token=data.get("RefreshToken"),
                token_type=data.get("TokenType"),
                expires_at=None if ends is None else datetime.fromisoformat(ends).astimezone(UTC),
            ),
        )
        settings.secrets |= {value for name, value in data.items() if name.endswith("Token")}
        stored.app(None)
    except (ValueError, TypeError, KeyError, AttributeError, ConfigError):
        msg = f"{STORE}: this is not a file that sign-in {STORE} wrote"
    else:
        return stored
    raise InputError(msg)


def read_stored(settings: Settings, name: str) -> Stored:
    """Read a file, without waiting for whoever holds it: it is always complete."""
    with _opened(Path(name).expanduser()) as file:
        return stored_of(settings, file.read())


@contextmanager
def held(settings: Settings, name: str) -> Iterator[Stored]:
    """Read a file and keep other processes from changing it: each refresh token of a rotation is good once.

    Raises:
        InputError: there is no such file, or another program wrote it.
    """
    path = Path(name).expanduser()
    try:
        # Windows has no such locks.
        fcntl: Any = import_module("fcntl")
    except ModuleNotFoundError:
        yield read_stored(settings, name)
        return
    while True:
        with _opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A change puts a new file in the place of the old one, and whoever waited holds the old one.
            if _is_still(path, os.fstat(file.fileno())):
                yield stored_of(settings, file.read())
                return


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        msg = f"{STORE}: the file can't be read: {error.strerror}; sign-in {STORE} writes it"
        raise InputError(msg) from None


def _is_still(path: Path, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), status)
    except FileNotFoundError:
        return False


@contextmanager
def unbroken() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block: an answer that comes too late would be lost. A second one breaks it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def put_off(_: int, __: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        err("Waiting for the new tokens; Ctrl-C again gives them up.")

    before = signal.signal(signal.SIGINT, put_off)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def store_options() -> list[click.Option]:
    """Return the options of the commands that use such a file."""
    return [click.Option([STORE], required=True, metavar="FILE", help="The file that sign-in --store wrote.")]


def secret_option() -> click.Option:
    """Return the option for the app client's secret, which no file of ours holds."""
    return click.Option(["--client-secret"], metavar="-|@FILE", help="The app client's secret, if it has one.")
