"""Credentials of botocore, boto3 and aiobotocore, taken as they are: known by their shape, without importing them.

| what | how it is asked |
|---|---|
| a session: has `get_credentials` | for its credentials, once |
| `Credentials` and its refreshable kinds: have `get_frozen_credentials` | each time credentials are needed |
| `ReadOnlyCredentials`: has `access_key`, `secret_key`, `token` | once |

Refreshable credentials renew themselves, which blocks, so they are asked outside the event loop.
"""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .._errors import CognitoIdpError, CredentialsError
from .._flow.effects import call, offload
from .provider import NotConfigured, checked_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .provider import Context
    from .types import Credentials


class _Session(Protocol):
    def get_credentials(self) -> Any: ...


class _Renewing(Protocol):
    def get_frozen_credentials(self) -> Any: ...


class _Frozen(Protocol):
    @property
    def access_key(self) -> Any: ...
    @property
    def secret_key(self) -> Any: ...
    @property
    def token(self) -> Any: ...


BotoLike: TypeAlias = _Session | _Renewing | _Frozen


class BotoCredentials:
    """A source of credentials, and a provider, that asks botocore's objects."""

    def __init__(self, origin: Any) -> None:
        """Take a session or credentials."""
        self._origin = origin
        self._last: Credentials | None = None
        self.name = f"{type(origin).__module__}.{type(origin).__qualname__}"

    def get(self) -> Flow[Credentials]:
        """Return credentials that are valid now.

        Raises:
            CredentialsError: there are none, or they can't be refreshed; botocore's error is the `__cause__`.
        """
        try:
            keys = yield from self._keys()
        except NotConfigured as error:
            msg = f"{self.name} {error}"
            raise CredentialsError(msg) from None
        credentials = checked_credentials(self.name, *keys)
        # The same object as long as the keys are the same, so that an observer hears of new ones only.
        if self._last is None or credentials != self._last:
            self._last = credentials
        return self._last

    def replace(self, rejected: Credentials) -> Flow[Credentials]:  # noqa: ARG002 - botocore decides when to refresh
        """Return what botocore has now."""
        return (yield from self.get())

    def load(self, context: Context) -> Flow[Credentials]:  # noqa: ARG002 - a parameter of the protocol
        """Return the credentials, as a provider of a chain does.

        Raises:
            NotConfigured: the session has none.
        """
        return checked_credentials(self.name, *(yield from self._keys()))

    def _keys(self) -> Flow[tuple[Any, Any, Any]]:
        origin = self._origin
        if hasattr(origin, "get_credentials"):
            origin = yield from self._asked(origin.get_credentials)
            if origin is None:
                msg = "has no credentials"
                raise NotConfigured(msg)
            self._origin = origin
        if hasattr(origin, "get_frozen_credentials"):
            frozen = origin.get_frozen_credentials
            # Fresh ones are at hand, so a thread would cost more than the answer.
            needs_refresh = getattr(origin, "refresh_needed", None)
            if iscoroutinefunction(frozen) or (needs_refresh is not None and needs_refresh()):
                origin = yield from self._asked(frozen)
            else:
                origin = frozen()
        return origin.access_key, origin.secret_key, origin.token

    def _asked(self, function: Callable[[], Any]) -> Flow[Any]:
        try:
            return (yield from (call(function) if iscoroutinefunction(function) else offload(function)))
        except CognitoIdpError:
            raise
        except Exception as error:
            # The text stays in the cause: a foreign exception's message may contain a secret.
            msg = f"{self.name} raised {type(error).__name__}"
            raise CredentialsError(msg) from error
