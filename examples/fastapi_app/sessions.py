"""Server-side sessions: a cookie holds a random id; the tokens, which are too large for a cookie, stay here."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol
from weakref import WeakValueDictionary

import anyio

from cognito_idp import AsyncUserSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import AppClient, AsyncClient, Tokens


class SessionStore(Protocol):
    """A store for tokens, by session id.

    Several processes need a shared store, such as Redis. If the pool rotates refresh tokens, they must also take turns
    refreshing a session, with a lock in that store.
    """

    async def add(self, session_id: str, tokens: Tokens, seconds: float) -> None:
        """Keep the tokens of a new session for a number of seconds."""
        ...

    async def get(self, session_id: str) -> Tokens | None:
        """Return the tokens, or None if the session doesn't exist or has ended."""
        ...

    async def replace(self, session_id: str, tokens: Tokens) -> None:
        """Replace a session's tokens until its original end; do nothing if the session is gone."""
        ...

    async def remove(self, session_id: str) -> None:
        """Remove a session."""
        ...


class _Entry(NamedTuple):
    tokens: Tokens
    ends: float


class MemoryStore:
    """A store in this process: sessions end with it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    async def add(self, session_id: str, tokens: Tokens, seconds: float) -> None:
        """Keep the tokens of a new session for a number of seconds."""
        now = self._clock()
        for ended in [key for key, entry in self._entries.items() if entry.ends <= now]:
            del self._entries[ended]
        self._entries[session_id] = _Entry(tokens, now + seconds)

    async def get(self, session_id: str) -> Tokens | None:
        """Return the tokens, or None if the session doesn't exist or has ended."""
        entry = self._entries.get(session_id)
        return entry.tokens if entry is not None and entry.ends > self._clock() else None

    async def replace(self, session_id: str, tokens: Tokens) -> None:
        """Replace a session's tokens until its original end; do nothing if the session is gone."""
        entry = self._entries.get(session_id)
        if entry is not None:
            self._entries[session_id] = entry._replace(tokens=tokens)

    async def remove(self, session_id: str) -> None:
        """Remove a session."""
        self._entries.pop(session_id, None)


class Sessions:
    """Starts, finds and ends sessions."""

    def __init__(
        self, client: AsyncClient, app: AppClient, store: SessionStore, *, seconds: float, margin: float
    ) -> None:
        """Take a session's maximum seconds, and how many seconds before its end an access token is replaced."""
        self._client = client
        self._app = app
        self._store = store
        self._seconds = seconds
        self._margin = margin
        # Concurrent requests share a session object, and so a single refresh. Entries live as long as they are in use.
        self._live: WeakValueDictionary[str, AsyncUserSession] = WeakValueDictionary()
        self._finding: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def begin(self, tokens: Tokens) -> str:
        """Start a session and return its id: 256 random bits, since anyone who has the id is the person."""
        session_id = secrets.token_urlsafe(32)
        await self._store.add(session_id, tokens, self._seconds)
        return session_id

    async def find(self, session_id: str) -> AsyncUserSession | None:
        """Return a session, which keeps its tokens fresh and stored, or None if it has ended."""
        lock = self._finding.setdefault(session_id, anyio.Lock())
        async with lock:
            # Looked up before the store is asked. Otherwise another request's session could refresh the tokens and end
            # in between, and the refresh token from the store would be one that was used already.
            session = self._live.get(session_id)
            tokens = await self._store.get(session_id)
            if tokens is None:
                return None
            if session is None:
                session = self._live[session_id] = self._session(session_id, tokens)
            return session

    def _session(self, session_id: str, tokens: Tokens) -> AsyncUserSession:
        session: AsyncUserSession
        session = AsyncUserSession(
            self._client,
            self._app,
            tokens,
            # A refresh goes on when its request has been given up. So it keeps the session in use until it has stored.
            on_tokens=lambda _: self._store.replace(session_id, session.tokens),
            margin=self._margin,
        )
        return session

    async def end(self, session_id: str) -> None:
        """Remove a session; its tokens stay valid until they are revoked."""
        self._live.pop(session_id, None)
        await self._store.remove(session_id)
