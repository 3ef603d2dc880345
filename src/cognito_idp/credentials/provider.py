"""What a credential provider is: one way to come by credentials, as a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..config import SharedConfig
    from ..flow.effects import Flow
    from .types import Credentials


class NotConfigured(CredentialsError):
    """A provider does not apply here; its text says what it looked for. The chain goes on to the next one."""


class Context(NamedTuple):
    """What a provider may look at: nothing else of its surroundings.

    `environ` are the environment variables, `config` the shared config and credentials files, `profile` the name of the
    profile in use and `profile_is_explicit` whether the user named it; `region` is the client's region; `clock` gives the
    time in seconds since 1970, `random` a number in [0, 1).
    """

    environ: Mapping[str, str]
    config: SharedConfig
    profile: str
    profile_is_explicit: bool
    region: str | None
    clock: Callable[[], float]
    random: Callable[[], float]

    def __repr__(self) -> str:
        """Name the profile and the region; the environment and the files hold secrets, so they are not shown."""
        return f"Context(profile={self.profile!r}, region={self.region!r})"


class Provider(Protocol):
    """One way to come by credentials. `name` stands in the error that lists what every provider answered."""

    name: str

    def load(self, context: Context) -> Flow[Credentials]:
        """Return fresh credentials.

        Raises:
            NotConfigured: this provider does not apply here.
            CredentialsError: it applies, and fails; the chain stops.
        """
        ...
