"""Frames at work: what a transport, an observer, a hook, a policy or a function of the user's sees above itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
import rich.pretty

from cognito_idp import Credentials, SignedIn, to_wire
from cognito_idp._protocol.redaction import Opaque
from cognito_idp.credentials import CachedCredentials
from cognito_idp.errors import CognitoIdpError
from cognito_idp.testing import NoWaitRetry
from tests.conformance.values import request_classes
from tests.sign_in.fake_accounts import NOW
from tests.sign_in.party import DEVICE, RIGHT, SECRET_APP, WAYS, given_for
from tests.support.kit import FakeTime
from tests.tokens.session_party import hook_of, session_party

from .conftest import CREDENTIALS, MARKS
from .search import marks_in, reported
from .test_operations import METHODS, answered, members_of
from .test_operations import WAYS as NETWORKS
from .test_sign_in import SECRETS, learn, met
from .values import marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import ChallengeNameType
    from tests.support.kit import Kit

    from .search import Search

CLS = next(cls for cls in request_classes() if cls.operation.name == "AdminInitiateAuth")


class LookingPolicy(NoWaitRetry):
    """A retry policy that looks at the frames above it, and at the error that it is handed."""

    def __init__(self, look: Callable[[], None], look_at: Callable[[BaseException], None]) -> None:
        super().__init__()
        self._look = look
        self._look_at = look_at

    def before_attempt(self, now: float) -> float:
        """Look."""
        self._look()
        return super().before_attempt(now)

    def after_failure(self, failure: Any, *rest: Any) -> Any:
        """Look."""
        self._look()
        self._look_at(failure)
        return super().after_failure(failure, *rest)

    def after_success(self, *arguments: Any) -> None:
        """Look."""
        self._look()
        super().after_success(*arguments)


def looking(search: Search, respond: Callable[[httpx.Request], httpx.Response], case: str) -> dict[str, Any]:
    """Return settings of a client, all of whose functions are the user's and look at the frames above them."""

    def look() -> None:
        search.live(case)

    def transport(request: httpx.Request) -> httpx.Response:
        search.live(case)
        return respond(request)

    def load() -> Credentials:
        search.live(case)
        return CREDENTIALS

    return {
        "respond": transport,
        "observer": lambda _: look(),
        "retry": LookingPolicy(look, lambda error: search.error(error, case)),
        "credentials": load,
    }


@pytest.mark.parametrize("way", list(NETWORKS))
def test_operations(kit: Kit, search: Search, way: str) -> None:
    """Whatever becomes of a call, no function of the user's sees a secret of it above itself."""
    client = kit.client(**looking(search, NETWORKS[way](CLS), way), clock=lambda: NOW, time=FakeTime())
    request = marked(CLS, MARKS)
    for function, given in (
        (getattr(client, METHODS[CLS.operation.name.lower()]), members_of(request)),
        (client.send, {"request": request}),
        (client.call, {"operation": "AdminInitiateAuth", "members": to_wire(request)}),
    ):
        try:
            kit.run(function, **given)
        except (CognitoIdpError, RuntimeError) as error:
            search.error(error, way)
    kit.close(client)
    assert search.live_frames > 50


@pytest.mark.parametrize("way", list(NETWORKS))
def test_own_headers(kit: Kit, search: Search, way: str) -> None:
    """Whatever becomes of a call, no function of the user's sees the headers that a copy of the client sends along."""
    made = kit.client(**looking(search, NETWORKS[way](CLS), way), clock=lambda: NOW, time=FakeTime())
    with pytest.raises(CognitoIdpError) as refused:
        made.with_options(headers={"x-aws-waf-token": MARKS(), "host": MARKS()})
    search.error(refused.value, way)
    client = made.with_options(headers={"x-aws-waf-token": MARKS()})
    try:
        kit.run(client.send, marked(CLS, MARKS))
    except (CognitoIdpError, RuntimeError) as error:
        search.error(error, way)
    search.value(client)
    kit.close(client)
    assert search.live_frames > 10


def test_pages(kit: Kit, search: Search) -> None:
    """A walk over pages shows nothing of the page before while it asks for the next one."""
    cls = next(cls for cls in request_classes() if cls.operation.name == "ListUsers")
    answers = iter([answered(cls), answered(cls), b"{}"])
    settings = looking(search, lambda _: httpx.Response(200, content=next(answers)), "pages")
    client = kit.client(**settings, time=FakeTime())
    with pytest.raises(CognitoIdpError):
        kit.collect(client.paginate(marked(cls, MARKS)))
    kit.close(client)
    assert search.live_frames


def test_pages_by_name(kit: Kit, search: Search) -> None:
    """A walk by name shows neither its members nor the page before, which here are plain JSON."""
    page = json.loads(answered(CLS))
    answers = iter([{**page, "PaginationToken": "a"}, {**page, "PaginationToken": "b"}, page, page, ["not a page"]])
    settings = looking(search, lambda _: httpx.Response(200, json=next(answers)), "pages by name")
    client = kit.client(**settings, time=FakeTime())
    members = Opaque(to_wire(marked(CLS, MARKS)))
    for name in ("ListThings", "ListOthers", "ListUser"):
        try:
            kit.collect(client.call_pages(name, members.value, input_token="PaginationToken"))
        except CognitoIdpError as error:
            search.error(error, "pages by name")
    kit.close(client)
    assert search.live_frames


@pytest.mark.parametrize("admin", [False, True])
@pytest.mark.parametrize("name", list(WAYS))
def test_sign_ins(kit: Kit, search: Search, name: ChallengeNameType, admin: bool) -> None:
    """Whatever challenge comes, its session, proofs and answers can't be seen while the next step is sent."""
    flow, way = WAYS[name]
    party = met(kit)
    party.fake.forced = [str(each) for each in way]
    search.also(*SECRETS)

    def respond(request: httpx.Request) -> httpx.Response:
        answer = party.fake(request)
        learn(search, party.fake)
        return answer

    settings = looking(search, respond, str(name))
    client = kit.client(**settings, clock=lambda: NOW)
    party = attrs.evolve(party, client=client)
    given = {key: value for key, value in given_for(flow).items() if value is not None}
    try:
        outcome = party.sign_in(**{**given, "admin": admin or given.get("admin", False)})
        while not isinstance(outcome, SignedIn):
            outcome = party.respond(outcome, **RIGHT[outcome.name])
    except CognitoIdpError as error:
        search.error(error, str(name))
    kit.close(client)


def test_devices_and_authenticator_apps(kit: Kit, search: Search) -> None:
    """Remembering a device and setting up an app show neither the token, the password nor the key."""
    party = met(kit, "MFA_SETUP")
    search.also(*SECRETS)
    settings = looking(search, party.fake, "set-up")
    party = attrs.evolve(party, client=kit.client(**settings, clock=lambda: NOW))
    outcome = party.sign_in()
    learn(search, party.fake)
    setup = party.set_up_totp(outcome)
    learn(search, party.fake)
    for function, given in (
        (party.client.respond, {"challenge": setup, "code": "271828"}),
        (party.client.remember_device, {"access_token": MARKS(40), "device": DEVICE}),
    ):
        try:
            kit.run(function, SECRET_APP, **given)
        except CognitoIdpError as error:
            search.error(error, "set-up")
    assert search.live_frames


def test_sessions(kit: Kit, search: Search) -> None:
    """A session's hook, and an observer of its client, see no token above themselves."""
    party = session_party(
        kit,
        app=SECRET_APP,
        on_tokens=hook_of(kit, lambda _: search.live("hook")),
        client={"observer": lambda _: search.live("observer")},
    )
    learn(search, party.fake)
    party.refresh()
    learn(search, party.fake)
    party.refresh()
    for function in (party.session.sign_out,):
        kit.run(function)
    assert search.live_frames


def test_verifiers(kit: Kit, search: Search) -> None:
    """A transport of the user's that fetches keys sees nothing of the token."""
    pytest.importorskip("jwt")
    from cognito_idp import AsyncTokenVerifier, TokenVerifier
    from tests.tokens.issuing import token

    text = token()
    search.also(text, *text.split(".")[1:])

    def fetch(_: httpx.Request) -> httpx.Response:
        search.live("keys")
        return httpx.Response(500)

    cls: Any = TokenVerifier if kit.kind == "sync" else AsyncTokenVerifier
    pool = "us-east-1_EXAMPLE"
    verifier = cls(pool, token_use=None, client_ids=None, transport=httpx.MockTransport(fetch))
    with pytest.raises(CognitoIdpError) as caught:
        kit.run(verifier.verify, text)
    search.error(caught.value, "keys")
    kit.close(verifier)


def test_what_a_verifier_asks(kit: Kit, search: Search) -> None:
    """A rule of the user's, and the transport that asks if a token was revoked, see nothing of it above them."""
    pytest.importorskip("jwt")
    from cognito_idp import AsyncClient, AsyncTokenVerifier, Client, RevocationCheck, TokenVerifier
    from tests.tokens.issuing import Clock, offline_pool, token

    text = token(scope="aws.cognito.signin.user.admin")
    search.also(text, *text.split(".")[1:])

    def ask(_: httpx.Request) -> httpx.Response:
        search.live("question")
        return httpx.Response(500)

    def rule(_: object) -> bool:
        search.live("rule")
        return True

    client: Any = (Client if kit.kind == "sync" else AsyncClient)(
        "eu-west-1", transport=httpx.MockTransport(ask), retry="off"
    )
    cls: Any = TokenVerifier if kit.kind == "sync" else AsyncTokenVerifier
    verifier = cls(offline_pool(), token_use="access", clock=Clock(), check=rule, revocation=RevocationCheck(client))
    with pytest.raises(CognitoIdpError) as caught:
        kit.run(verifier.verify, text)
    search.error(caught.value, "question")
    kit.close(verifier)
    assert search.live_frames


def test_providers_of_credentials(kit: Kit, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider of the user's, which the chain runs, sees neither the environment's secrets nor the call's above."""
    monkeypatch.setenv("SECRET_OF_ANOTHER_KIND", MARKS(40))

    class Own:
        name = "own"

        def load(self, context: object) -> Any:
            del context
            search.live("provider")
            return CREDENTIALS
            yield

    client = kit.client(
        respond=NETWORKS["answer"](CLS), credentials=CachedCredentials(Own()), clock=lambda: NOW, time=FakeTime()
    )
    kit.run(client.send, marked(CLS, MARKS))
    kit.close(client)
    assert search.live_frames


def test_rich_shows_what_the_search_looks_at() -> None:
    """rich, which opens attrs classes, shows structs as their `repr` does; the search finds what rich would show."""
    request = marked(CLS, MARKS)
    for value in (request, CREDENTIALS, Opaque(MARKS()), {"in": [request]}):
        assert [] == marks_in(rich.pretty.pretty_repr(value, max_string=80))
        assert [] == [mark for text in reported(value) for mark in marks_in(text)]

    @attrs.define
    class Open:
        secret: str

        def __repr__(self) -> str:
            return "Open()"

    for shown in (Open(MARKS()), {"in": (MARKS(),)}, type("Quiet", (str,), {"__repr__": lambda _: "***"})(MARKS(200))):
        assert marks_in(rich.pretty.pretty_repr(shown, max_string=80))
        assert [mark for text in reported(shown) for mark in marks_in(text)]
