"""Whether an access token was revoked. Its signature can't tell; GetUser can, and its answer is kept for a while."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from hashlib import sha256
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Final, NamedTuple

from .._call.base_client import BaseClient
from .._call.invoke import invoke
from .._errors import (
    CognitoIdpError,
    ConfigError,
    RevocationUnknownError,
    TokenRevokedError,
    TokenScopeError,
    WaitedTooLongError,
)
from .._flow.clock import age_clock, is_over
from .._flow.effects import Lock, UnderWay, call, finish, hold
from .._flow.locks import new_lock
from .._protocol.app_client import AppClient
from .._protocol.arguments import NUMBER, check, instance_of
from .._protocol.tracebacks import clear_frames
from ..model.exceptions import (
    NotAuthorizedException,
    PasswordResetRequiredException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from ..sign_in.calls import in_region_of
from ..types import GetUserRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._errors import ServiceError
    from .._flow.effects import Flow
    from .._protocol.redaction import Opaque
    from ..async_client import AsyncClient
    from ..client import Client
    from .claims import AccessTokenClaims

# GetUser refuses a token without it, in the same words as a revoked one.
_SCOPE: Final = "aws.cognito.signin.user.admin"
# What GetUser answers for a token that is valid by its signature and no longer by the pool: for good, or for now.
_FOR_GOOD: Final = (NotAuthorizedException, UserNotFoundException)
_FOR_NOW: Final = (PasswordResetRequiredException, UserNotConfirmedException)
# An entry takes about 200 bytes.
_MOST_REMEMBERED: Final = 10_000


class _Answer(NamedTuple):
    until: float
    refusal: str | None


class _Question:
    """A question that is on its way, who waits for it, and why it got no answer."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.under_way = UnderWay()
        self.callers = 0
        self.is_asked = False
        self.is_answered = False
        self.failure: RevocationUnknownError | None = None


class RevocationCheck:
    """Asks the service whether an access token was revoked (GetUser), and remembers the answer for a while.

    ```
    verifier = TokenVerifier(pool_id, client_ids=client_id, token_use="access", revocation=RevocationCheck(client))
    ```

    A token is revoked by RevokeToken, GlobalSignOut and AdminUserGlobalSignOut, and when its user is disabled or
    deleted. Without this check, a verifier accepts such a token until it expires. With it, a revoked token is accepted
    for up to `remember` seconds more.

    GetUser needs the scope `aws.cognito.signin.user.admin`. The tokens of `sign_in` have it; a token without it is
    refused. Each question counts towards the quota of GetUser (Cognito developer guide, "Quotas"). Callers who
    send the same token at once share one question, unless `remember` is 0. It goes on if they leave.

    Args:
        client: a `Client` for a `TokenVerifier`, an `AsyncClient` for an `AsyncTokenVerifier`.
        remember: for how many seconds an accepted token is not asked about again, by default 60; nor one whose user
            must first confirm or reset a password. Every other refusal is remembered as long as there is room. There is
            room for the 10,000 tokens that came last.
        clock: a function that returns seconds of a clock for ages, for tests.

    Raises:
        ConfigError: an argument can't be used.
    """

    __module__ = "cognito_idp"

    def __init__(
        self, client: Client | AsyncClient, *, remember: float = 60.0, clock: Callable[[], float] | None = None
    ) -> None:
        check(instance_of(BaseClient, "a Client or an AsyncClient"), client=client)
        check(NUMBER, remember=remember)
        if not 0 <= remember < math.inf:
            msg = f"remember={remember!r} must be a finite number, 0 or more"
            raise ConfigError(msg)
        self._client: Any = client
        self._remember = remember
        self._clock = clock or age_clock
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._questions: dict[bytes, _Question] = {}
        self._renewals = 0
        self._lock = new_lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client!r}, remember={self._remember!r})"

    def renew(self) -> None:
        """Forget all answers, so that the service is asked again; a verifier's `renew` calls it."""
        with self._lock:
            self._answers.clear()
            self._questions.clear()
            self._renewals += 1

    def confirm(self, token: Opaque[str], claims: AccessTokenClaims, user_pool_id: str) -> Flow[None]:
        """Check that a token with a valid signature was not revoked.

        Raises:
            TokenScopeError: the service doesn't answer for this token.
            TokenRevokedError: it was.
            RevocationUnknownError: the service can't be asked.
        """
        if _SCOPE not in claims.scope:
            msg = f"the token lacks the scope {_SCOPE}, without which the service doesn't say if it was revoked"
            raise TokenScopeError(msg)
        digest = sha256(token.value.encode()).digest()
        answer = self._remembered(digest)
        if answer is None:
            app = AppClient(user_pool_id, claims.client_id)
            if self._remember:
                answer = yield from self._shared(digest, token, app)
            else:
                answer = yield from self._asked_now(digest, token, app)
        if answer.refusal is not None:
            raise TokenRevokedError(answer.refusal)

    def _shared(self, digest: bytes, token: Opaque[str], app: AppClient) -> Flow[_Answer]:
        """Ask about a token once for all who wait: anyone with one token can send it any number of times at once."""
        with self._lock:
            question = self._questions.setdefault(digest, _Question())
            question.callers += 1
        try:
            wait = self._client._options.timeout.total  # noqa: SLF001 - the limit of the one who asks
            answer = yield from hold(question.lock, self._settled(question, digest, token, app), wait)
        except WaitedTooLongError as error:
            msg = f"the service can't be asked if the token was revoked: {error}"
            raise RevocationUnknownError(msg) from error
        finally:
            with self._lock:
                question.callers -= 1
                if not question.callers and not question.is_asked:
                    self._drop(digest, question)
        return (yield from self._asked_now(digest, token, app)) if answer is None else answer

    def _settled(self, question: _Question, digest: bytes, token: Opaque[str], app: AppClient) -> Flow[_Answer | None]:
        """Ask, unless somebody did while this waited for the lock; None if that answer is too old by now."""
        if question.failure is not None:
            raise copy.copy(question.failure) from question.failure.__cause__
        answer = self._remembered(digest)
        if answer is not None or question.is_answered:
            return answer
        # Anyone with one token could otherwise ask any number of times by requests that they break off.
        question.is_asked = True
        settling = self._settling(question, digest, token, app)
        return (yield from finish(settling, question.under_way, tasks_only=True))

    def _settling(self, question: _Question, digest: bytes, token: Opaque[str], app: AppClient) -> Flow[_Answer]:
        try:
            answer = yield from self._asked_now(digest, token, app)
        except RevocationUnknownError as error:
            clear_frames(error)
            question.failure = error
            raise
        finally:
            # Who comes later asks again, however many still wait.
            with self._lock:
                self._drop(digest, question)
        question.is_answered = True
        return answer

    def _drop(self, digest: bytes, question: _Question) -> None:
        if self._questions.get(digest) is question:
            del self._questions[digest]

    def _asked_now(self, digest: bytes, token: Opaque[str], app: AppClient) -> Flow[_Answer]:
        # The answer may have been long on its way: it is as old as its question.
        now, renewals = self._clock(), self._renewals
        refusal = yield from self._asked(token, app)
        text = None if refusal is None else f"the service refuses the token: {refusal.code}"
        answer = _Answer(math.inf if isinstance(refusal, _FOR_GOOD) else now + self._remember, text)
        self._keep(digest, answer, renewals)
        return answer

    def _asked(self, token: Opaque[str], app: AppClient) -> Flow[ServiceError | None]:
        """Ask the service, and return the error by which it refuses the token; None if it doesn't."""
        client = self._client
        flow = invoke(GetUserRequest(access_token=token.value), in_region_of(app, client._options))  # noqa: SLF001
        try:
            # The client's own driver, so that its transport, its limits and a test's stub count.
            yield from call(lambda: client._run(flow))  # noqa: SLF001
        except (*_FOR_GOOD, *_FOR_NOW) as error:
            return error
        except CognitoIdpError as error:
            msg = f"the service can't be asked if the token was revoked: {error}"
            raise RevocationUnknownError(msg) from error
        return None

    def _remembered(self, digest: bytes) -> _Answer | None:
        with self._lock:
            answer = self._answers.get(digest)
            if answer is None or (answer.until != math.inf and is_over(answer.until, self._clock(), self._remember)):
                return None
            self._answers.move_to_end(digest)
            return answer

    def _keep(self, digest: bytes, answer: _Answer, renewals: int) -> None:
        with self._lock:
            if renewals != self._renewals:  # it was under way when all answers were forgotten
                return
            self._answers[digest] = answer
            self._answers.move_to_end(digest)
            if len(self._answers) > _MOST_REMEMBERED:
                self._answers.popitem(last=False)


def check_kind(revocation: object, verify: Callable[..., object]) -> None:
    """Check that a verifier's `revocation=` is one, and that its client waits as the verifier's `verify` does.

    Raises:
        ConfigError: it isn't, or it doesn't.
    """
    check(instance_of(RevocationCheck, "a RevocationCheck"), revocation=revocation)
    is_async = iscoroutinefunction(verify)
    if iscoroutinefunction(getattr(revocation, "_client")._run) != is_async:  # noqa: B009, SLF001 - a part of the client
        takes, kind = ("an AsyncClient", "AsyncTokenVerifier") if is_async else ("a Client", "TokenVerifier")
        msg = f"revocation= of {kind} takes a RevocationCheck of {takes}"
        raise ConfigError(msg)
