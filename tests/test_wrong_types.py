"""Arguments of the wrong type: each is refused where it is passed, by an error of ours that names it.

The table has every parameter of the public constructors and functions, except the members of requests, which
`test_shapes.py` covers, and those that take anything (`transport=` has tests of its own, too).
"""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AdaptiveRetry,
    AppClient,
    AsyncClient,
    AsyncMachineSession,
    AsyncTokenVerifier,
    AsyncUserSession,
    AuthenticationResultType,
    Client,
    CognitoIdpError,
    Credentials,
    Device,
    EmailOtp,
    MachineSession,
    ManagedLogin,
    MfaSetup,
    RequestValidationError,
    SignedIn,
    StandardRetry,
    Timeout,
    Tokens,
    TokenVerifier,
    TrustedPool,
    UserSession,
    challenge_from_state,
    from_wire,
    secret_hash,
    to_wire,
    totp,
    user_filter,
)
from cognito_idp.credentials import (
    AssumeRoleProvider,
    CachedCredentials,
    FunctionProvider,
    ProcessProvider,
    ProviderChain,
    StaticCredentials,
    default_chain,
    make_context,
)
from cognito_idp.observability import LoggingObserver, combined
from cognito_idp.testing import StubTransport, TokenIssuer
from cognito_idp.types import GetUserRequest, GetUserResponse, ListUsersRequest
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kit import Kit

POOL = "eu-west-1_AbCdEfGhI"
APP = AppClient(POOL, "client", "secret")
MACHINE = AppClient(POOL, "client", "secret-of-the-app-client-51")
TOKENS = Tokens(access_token="t")
ISSUER = TokenIssuer(POOL, "client")
LOGIN = ManagedLogin(APP, domain="my-app", redirect_uri="https://app.example.com/")
DEVICE = Device(key="k", group_key="g", password="p")
ANSWER = GetUserResponse(username="u", user_attributes=[])
CODE = EmailOtp(client_id="client", username="u")
SETUP = MfaSetup(client_id="client", username="u")


class Other:
    """Nothing that anybody takes."""


TEXT = (5, b"x", ["x"], Other())
FLAG = ("yes", 1, Other())
NUMBER = ("3", True, [1], Other())
FUNCTION = (5, "time", Other())
OBJECT = (5, "x", Other())
MAPPING = (5, "x", ["x"], Other())
NAMES = (5, b"x", [5], Other())


def method(name: str) -> Callable[..., Any]:
    """Return a function that calls a method of a client; if it is an iterator, up to its first item."""

    def call(**named: Any) -> Any:
        result = getattr(StubTransport().client(), name)(**named)
        return next(result) if inspect.isgenerator(result) else result

    return call


def stub(name: str) -> Callable[..., Any]:
    """Return a function that calls a method of a stub."""

    def call(**named: Any) -> Any:
        return getattr(StubTransport(), name)(**named)

    return call


VERIFIER = {
    "client_ids": NAMES,
    "region": TEXT,
    "required_scopes": NAMES,
    "required_groups": NAMES,
    "leeway": NUMBER,
    "max_token_bytes": NUMBER,
    "jwks_max_age": NUMBER,
    "timeout": NUMBER,
    "clock": FUNCTION,
    "token_use": OBJECT,
    "user_pool_id": (5, b"x", [5], Other()),
    "transport": (5, "x", Other()),
}
SETTINGS = {
    "region": TEXT,
    "credentials": (5, "AKIDEXAMPLE", Other(), Credentials),
    "endpoint_url": TEXT,
    "profile": TEXT,
    "use_fips": FLAG,
    "use_dualstack": FLAG,
    "transport": (5, "x", Other()),
    "timeout": NUMBER,
    "retry": (3, True, Other(), StandardRetry),
    "clock": FUNCTION,
    "correct_clock_skew": FLAG,
    "allow_http": FLAG,
    "max_response_bytes": NUMBER,
    "observer": FUNCTION,
}
SESSION = {
    "client": OBJECT,
    "app": OBJECT,
    "tokens": (5, "token", {"AccessToken": "t"}, Other()),
    "device": OBJECT,
    "on_tokens": FUNCTION,
    "margin": NUMBER,
    "refresh_with": OBJECT,
    "username": TEXT,
}
MACHINE_SESSION = {
    "client": OBJECT,
    "app": OBJECT,
    "scopes": NAMES,
    "endpoint": OBJECT,
    "resource": TEXT,
    "margin": NUMBER,
}
EXCHANGE = {
    "subject_token": (None, *TEXT),
    "audience": TEXT,
    "resource": TEXT,
    "scopes": NAMES,
    "subject_token_type": (None, *TEXT),
    "subject_token_provider_name": TEXT,
    "actor_token": TEXT,
    "actor_token_type": TEXT,
    "actor_token_provider_name": TEXT,
    "requested_token_type": TEXT,
}
SIGN_IN = {
    "app": (5, POOL, None, Other(), AppClient),
    "username": TEXT,
    "password": TEXT,
    "flow": TEXT,
    "admin": FLAG,
    "device": OBJECT,
    "preferred_challenge": TEXT,
    "refresh_token": TEXT,
    "session": TEXT,
    "client_metadata": MAPPING,
    "context_data": OBJECT,
    "analytics_metadata": OBJECT,
}
RESPOND = {
    "app": (5, POOL, None, Other()),
    "challenge": (5, "EMAIL_OTP", None, SignedIn(tokens=TOKENS), Other()),
    "code": TEXT,
    "choice": TEXT,
    "password": TEXT,
    "new_password": TEXT,
    "attributes": MAPPING,
    "answer": TEXT,
    "email": TEXT,
    "credential": (5, ["x"], Other()),
    "responses": MAPPING,
    "device": OBJECT,
    "client_metadata": MAPPING,
    "context_data": OBJECT,
    "analytics_metadata": OBJECT,
}

# A callable, the arguments that are right, and the wrong values of each parameter.
TABLE: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, tuple[Any, ...]]]] = {
    "Client": (Client, {}, SETTINGS),
    "AsyncClient": (AsyncClient, {}, SETTINGS),
    "Client.with_options": (
        method("with_options"),
        {},
        {name: SETTINGS[name] for name in ("timeout", "retry", "max_response_bytes", "observer")}
        | {"headers": (*MAPPING, {5: "x"}, {"x-mine": 5})},
    ),
    "Client.send": (
        method("send"),
        {},
        {"request": (5, "GetUser", GetUserRequest, GetUserResponse(username="u", user_attributes=[]), Other())},
    ),
    "Client.paginate": (method("paginate"), {}, {"request": (5, "ListUsers", ListUsersRequest, Other())}),
    "Client.call": (
        method("call"),
        {"operation": "ListUsers"},
        {"operation": TEXT, "members": MAPPING, "signed": FLAG},
    ),
    "Client.call_pages": (
        method("call_pages"),
        {"operation": "ListUsers"},
        {"operation": TEXT, "members": MAPPING, "signed": FLAG, "input_token": TEXT, "output_token": TEXT},
    ),
    "Client.wait_for": (
        method("wait_for"),
        {"waiter": "UserPoolDomainActive", "domain": "d"},
        {"waiter": TEXT, "timeout": NUMBER, "min_delay": NUMBER, "max_delay": NUMBER, "domain": TEXT},
    ),
    "Client.sign_in": (method("sign_in"), {"app": APP, "username": "u", "password": "p"}, SIGN_IN),
    "Client.respond": (method("respond"), {"app": APP, "challenge": CODE, "code": "1"}, RESPOND),
    "Client.set_up_totp": (
        method("set_up_totp"),
        {"app": APP, "challenge": SETUP},
        {"app": RESPOND["app"], "challenge": RESPOND["challenge"]},
    ),
    "Client.remember_device": (
        method("remember_device"),
        {"app": APP, "access_token": "t", "device": DEVICE},
        {"app": RESPOND["app"], "access_token": TEXT, "device": (None, *OBJECT), "name": TEXT},
    ),
    "Timeout": (Timeout, {}, dict.fromkeys(("total", "connect", "read", "write"), NUMBER)),
    "StandardRetry": (StandardRetry, {}, {"max_attempts": (*NUMBER, 2.5), "also": (5, "x", Other())}),
    "AdaptiveRetry": (AdaptiveRetry, {}, {"max_attempts": (*NUMBER, 2.5), "also": (5, "x", Other())}),
    "AppClient": (
        AppClient,
        {"user_pool_id": POOL, "client_id": "c"},
        {"user_pool_id": (None, *TEXT), "client_id": (None, *TEXT), "client_secret": TEXT},
    ),
    "Tokens": (
        Tokens,
        {"access_token": "t"},
        {
            "access_token": (None, *TEXT),
            "id_token": TEXT,
            "refresh_token": TEXT,
            "token_type": TEXT,
            "expires_at": (5, "2026-01-01", Other()),
        },
    ),
    "Device": (
        Device,
        {"key": "k", "group_key": "g", "password": "p"},
        dict.fromkeys(("key", "group_key", "password"), (None, *TEXT)),
    ),
    "Credentials": (
        Credentials,
        {"access_key_id": "a", "secret_access_key": "s"},
        {
            "access_key_id": (None, *TEXT),
            "secret_access_key": (None, *TEXT),
            "session_token": TEXT,
            "expiration": (5, "2026-01-01", Other()),
        },
    ),
    "UserSession": (UserSession, {"client": StubTransport().client(), "app": APP, "tokens": TOKENS}, SESSION),
    "AsyncUserSession": (
        AsyncUserSession,
        {"client": StubTransport().async_client(), "app": APP, "tokens": TOKENS},
        SESSION,
    ),
    "MachineSession": (MachineSession, {"client": StubTransport().client(), "app": MACHINE}, MACHINE_SESSION),
    "AsyncMachineSession": (
        AsyncMachineSession,
        {"client": StubTransport().async_client(), "app": MACHINE},
        MACHINE_SESSION,
    ),
    "MachineSession.exchange": (
        MachineSession(StubTransport().client(), MACHINE).exchange,
        {"subject_token": "t", "actor_token": "a"},
        EXCHANGE,
    ),
    "TokenVerifier": (TokenVerifier, {"user_pool_id": POOL, "token_use": "access", "client_ids": "c"}, VERIFIER),
    "AsyncTokenVerifier": (
        AsyncTokenVerifier,
        {"user_pool_id": POOL, "token_use": "access", "client_ids": "c"},
        VERIFIER,
    ),
    "TokenVerifier.verify": (
        TokenVerifier(ISSUER.pool, token_use="access").verify,
        {"token": ISSUER.access_token("u")},
        {"token": (None, *TEXT), "required_scopes": NAMES, "required_groups": NAMES},
    ),
    "TrustedPool": (
        TrustedPool,
        {"user_pool_id": POOL, "client_ids": "c"},
        {
            "user_pool_id": (None, *TEXT),
            "client_ids": NAMES,
            "region": TEXT,
            "replica_regions": NAMES,
            "issuer": TEXT,
            "jwks_uri": TEXT,
            "jwks": MAPPING,
            "allow_http": FLAG,
        },
    ),
    "CachedCredentials": (CachedCredentials, {}, {"provider": OBJECT, "context": FUNCTION, "monotonic": FUNCTION}),
    "ProviderChain": (ProviderChain, {}, {"providers": (5, "x", [5], Other())}),
    "FunctionProvider": (FunctionProvider, {}, {"function": OBJECT}),
    "StaticCredentials": (StaticCredentials, {}, {"credentials": OBJECT}),
    "AssumeRoleProvider": (
        AssumeRoleProvider,
        {"profile_providers": (), "sources": {}},
        {"profile_providers": (5, "x", [5], Other()), "sources": MAPPING, "mfa_code": FUNCTION},
    ),
    "ProcessProvider": (ProcessProvider, {}, {"timeout": NUMBER}),
    "default_chain": (default_chain, {}, {"mfa_code": FUNCTION}),
    "make_context": (
        make_context,
        {"environ": {}, "clock": lambda: 0.0, "random": lambda: 0.0},
        {"environ": MAPPING, "clock": FUNCTION, "random": FUNCTION, "profile": TEXT, "region": TEXT},
    ),
    "LoggingObserver": (LoggingObserver, {}, {"logger": OBJECT, "level": ("DEBUG", [1], Other())}),
    "combined": (lambda observers: combined(*observers), {}, {"observers": ([5], ["x"], [Other()])}),
    "challenge_from_state": (challenge_from_state, {"state": CODE.to_state()}, {"state": (None, *TEXT), "app": OBJECT}),
    "from_wire": (from_wire, {"cls": GetUserResponse, "data": {}}, {"cls": (5, "x", Other), "data": MAPPING}),
    "to_wire": (to_wire, {}, {"struct": (5, "x", {}, GetUserResponse, Other())}),
    "secret_hash": (
        secret_hash,
        {"username": "u", "client_id": "c", "client_secret": "s"},
        dict.fromkeys(("username", "client_id", "client_secret"), (None, *TEXT)),
    ),
    "totp": (
        totp,
        {"secret_base32": "JBSWY3DPEHPK3PXP", "at": 0.0},
        {"secret_base32": (None, *TEXT), "at": NUMBER, "digits": NUMBER, "period": NUMBER},
    ),
    "StubTransport": (StubTransport, {}, {"in_order": FLAG}),
    "StubTransport.add": (
        lambda answer=ANSWER, **named: StubTransport().add(answer, **named),
        {},
        {
            "answer": (5, "x", {}, GetUserResponse, Other()),
            "to": (5, "GetUser", GetUserResponse, Other()),
            "when": FUNCTION,
            "times": (0, "x", 1.5, True, Other()),
        },
    ),
    "StubTransport.sent": (stub("sent"), {}, {"cls": (5, "GetUser", GetUserResponse, Other())}),
    "StubTransport.assert_sent": (
        stub("assert_sent"),
        {"request": GetUserRequest(access_token="t")},
        {"request": (5, "GetUser", GetUserRequest, Other()), "times": ("1", True, Other())},
    ),
    "TokenIssuer": (TokenIssuer, {}, {"user_pool_id": (None, *TEXT), "client_id": (None, *TEXT), "clock": FUNCTION}),
}
CASES = [
    (f"{name}({parameter}={value!r:.30})", name, parameter, value)
    for name, (_, _, parameters) in TABLE.items()
    for parameter, values in parameters.items()
    for value in values
]


@for_each("name,parameter,value", {label: case for label, *case in CASES})
def test_a_wrong_type_is_refused_by_name(name: str, parameter: str, value: Any) -> None:
    """An argument of the wrong type raises an error of ours, or a TypeError, that names the parameter."""
    function, right, _ = TABLE[name]
    with pytest.raises((CognitoIdpError, TypeError, ValueError)) as caught:
        function(**{**right, parameter: value})
    assert isinstance(caught.value, CognitoIdpError | TypeError) or name.startswith("StubTransport")
    assert parameter.removesuffix("s") in str(caught.value)


def test_the_table_is_complete() -> None:
    """Every parameter of every callable in the table has a row, so that a new parameter needs one."""
    for name, (function, _, parameters) in TABLE.items():
        if inspect.isclass(function):
            signature = inspect.signature(function)
            own = {each.name for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD}
            assert own <= set(parameters), name
    for method_name in ("sign_in", "respond", "set_up_totp", "remember_device", "call", "call_pages", "with_options"):
        own = set(inspect.signature(getattr(Client, method_name)).parameters) - {"self"}
        assert own == set(TABLE[f"Client.{method_name}"][2]), method_name
    assert set(inspect.signature(MachineSession.exchange).parameters) - {"self"} == set(EXCHANGE)


async def watch(event: object) -> None:
    """Stand for an observer that would have to be awaited."""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Client(retry=3), "for up to 3 attempts, pass StandardRetry(3)"),  # type: ignore[arg-type]
        (lambda: Client(retry=StandardRetry), "the class StandardRetry is not an instance"),  # type: ignore[arg-type]
        (lambda: Client("cognito-idp"), "is the service's name; a Client takes the region"),
        (
            lambda: StubTransport().client().sign_in("eu-west-1_x"),  # type: ignore[arg-type]
            "app= takes an AppClient(user_pool_id, client_id), not str",
        ),
        (
            lambda: StubTransport().client().respond(APP, "SMS_MFA"),  # type: ignore[arg-type]
            "challenge=str is not a challenge",
        ),
        (lambda: Client(observer=watch), "observer= takes a plain function of one argument, the event"),  # type: ignore[arg-type]
        (lambda: AppClient(None, "c"), "user_pool_id None is not the id of a user pool"),  # type: ignore[arg-type]
        (
            lambda: UserSession(StubTransport().async_client(), APP, TOKENS),  # type: ignore[arg-type]
            "client= takes a Client, not AsyncClient; AsyncUserSession takes that",
        ),
        (
            lambda: AsyncUserSession(StubTransport().client(), APP, TOKENS),  # type: ignore[arg-type]
            "client= takes an AsyncClient, not Client; UserSession takes that",
        ),
        (lambda: UserSession(StubTransport().client(), APP, CODE), "tokens= takes Tokens, SignedIn or"),  # type: ignore[arg-type]
    ],
)
def test_what_to_write_instead(call: Callable[[], object], message: str) -> None:
    """The commonest slips are answered with what to write."""
    with pytest.raises(CognitoIdpError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("cls", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("region_name", "; use region="),
        ("aws_access_key_id", "; use credentials=Credentials(access_key_id, secret_access_key, session_token)"),
        ("config", "; each setting is an argument of its own, such as timeout= and retry="),
        ("max_retries", "; for up to n attempts, use retry=StandardRetry(n)"),
        ("service_name", "; leave it out, since there is only one service"),
        ("regoin", "; did you mean region=?"),
        ("endpoint", "; did you mean endpoint_url=?"),
        ("zzz", ""),
    ],
)
def test_a_setting_that_a_client_does_not_have(cls: Any, name: str, hint: str) -> None:
    """boto3's settings and misspelt ones are TypeErrors that say what to use, and don't show the value."""
    with pytest.raises(TypeError) as caught:
        cls(**{name: "hunter2"})
    assert f"{cls.__name__}() got an unexpected keyword argument {name!r}{hint}" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("retries", "for up to n attempts, use retry=StandardRetry(n)"),
        ("read_timeout", "use timeout=Timeout(read=...)"),
        ("observers", "did you mean observer=?"),
        ("region", "what else there is to set takes a new client"),
    ],
)
def test_an_option_that_a_copy_of_a_client_does_not_have(name: str, hint: str) -> None:
    """The same holds for `with_options`, which says what only a new client can have."""
    client: Any = StubTransport().client()
    with pytest.raises(TypeError) as caught:
        client.with_options(**{name: 2})
    assert f"with_options() got an unexpected keyword argument {name!r}; {hint}" == str(caught.value)


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: user_filter("email", equals="x"), "the value is the second argument: user_filter(attribute, value)"),  # type: ignore[call-arg]
        (lambda: user_filter("email", startswith="x"), "did you mean starts_with=?"),  # type: ignore[call-arg]
        (lambda: user_filter(email="x"), "name the attribute first: user_filter(attribute, value)"),  # type: ignore[call-arg]
        (lambda: user_filter(phone_number="x"), "name the attribute first: user_filter(attribute, value)"),  # type: ignore[call-arg]
        (lambda: TokenVerifier(POOL, token_use="id", client_id="c"), "did you mean client_ids=?"),  # type: ignore[call-overload]
    ],
)
def test_an_argument_that_there_is_not(call: Callable[[], object], hint: str) -> None:
    """Functions that people call from memory say which argument was meant."""
    with pytest.raises(TypeError, match=rf"got an unexpected keyword argument '\w+'; {re.escape(hint)}$"):
        call()


def test_what_is_wrong_with_pages_is_said_at_once(kit: Kit) -> None:
    """`paginate` and `call_pages` refuse their arguments before the first page is asked for."""
    client = kit.client()
    hint = "pass a request struct, such as ListUsersRequest(user_pool_id=...)"
    with pytest.raises(TypeError, match=re.escape(f"keyword argument 'user_pool_id'; {hint}")):
        client.paginate("list_users", user_pool_id=POOL)
    with pytest.raises(TypeError, match="takes a request struct such as ListUsersRequest, not str"):
        client.paginate("list_users")
    with pytest.raises(TypeError, match="not paginated"):
        client.paginate(GetUserRequest(access_token="t"))
    with pytest.raises(RequestValidationError, match="did you mean ListUsers"):
        client.call_pages("list_users")


@pytest.mark.parametrize("cls", [TokenVerifier, AsyncTokenVerifier])
def test_a_verifier_takes_app_clients(cls: Any) -> None:
    """An `AppClient`, or several, stand for their ids; the `repr` shows them and the pool."""
    assert f"{cls.__name__}('{POOL}', client_ids=['{APP.client_id}']; token_use='id')" == repr(
        cls(POOL, client_ids=APP, token_use="id")
    )
    pool = TrustedPool(POOL, client_ids=[APP, "other"])
    assert frozenset({APP.client_id, "other"}) == pool.client_ids
    both = repr(cls([pool, TrustedPool("eu-west-1_other", client_ids=None)], token_use=None))
    assert both.endswith("; 'eu-west-1_other', client_ids=None; token_use=None)")


def test_a_session_shows_its_app_client_and_no_token() -> None:
    """The `repr` of a session names the pool and the app client, and neither a secret nor a token."""
    app = AppClient(POOL, "c", "hunter2")
    assert f"UserSession({app!r})" == repr(UserSession(StubTransport().client(), app, TOKENS))
    assert f"AsyncUserSession({app!r})" == repr(AsyncUserSession(StubTransport().async_client(), app, TOKENS))
    assert "hunter2" not in repr(app)
    assert POOL in repr(app)


def test_no_message_shows_a_value() -> None:
    """An argument of the wrong type may be a secret in the wrong place, so it is not shown."""

    class Secret:
        def __repr__(self) -> str:
            return "hunter2"

    for name, parameter in (
        ("Client.sign_in", "username"),
        ("Tokens", "access_token"),
        ("secret_hash", "client_secret"),
        ("Credentials", "secret_access_key"),
    ):
        function, right, _ = TABLE[name]
        with pytest.raises(CognitoIdpError) as caught:
            function(**{**right, parameter: Secret()})
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("refused", [pickle.dumps, copy.deepcopy], ids=["pickle", "deepcopy"])
@pytest.mark.parametrize(
    ("made", "instead"),
    [
        (StubTransport().client(), "a Client can't be .*: make one in each process"),
        (StubTransport().async_client(), "an AsyncClient can't be .*: make one in each process"),
        (UserSession(StubTransport().client(), APP, TOKENS), "a UserSession can't be .*: store its tokens"),
        (AsyncUserSession(StubTransport().async_client(), APP, TOKENS), "an AsyncUserSession can't be .*: store its"),
        (TokenVerifier(ISSUER.pool, token_use="id"), "a TokenVerifier can't be .*: make one in each process"),
        (
            AsyncTokenVerifier(ISSUER.pool, token_use="id"),
            "an AsyncTokenVerifier can't be .*: make one in each process",
        ),
        (LOGIN, "a ManagedLogin can't be .*, since it has the pool's keys: make one in each process"),
    ],
    ids=[
        "Client",
        "AsyncClient",
        "UserSession",
        "AsyncUserSession",
        "TokenVerifier",
        "AsyncTokenVerifier",
        "ManagedLogin",
    ],
)
def test_what_has_connections_stays_in_its_process(refused: Any, made: Any, instead: str) -> None:
    """Pickling or deep-copying a client, a session or a verifier says what to do instead."""
    with pytest.raises(TypeError, match=instead):
        refused(made)


def test_a_shallow_copy_shares_the_keys() -> None:
    """A shallow copy of a login is the login, which can't change."""
    assert copy.copy(LOGIN) is LOGIN


def test_a_shallow_copy_shares_the_connections() -> None:
    """A shallow copy of a client is what `with_options` without a change returns."""
    with StubTransport() as stub, stub.client() as first:
        stub.add(ANSWER)
        assert ANSWER == copy.copy(first).get_user(access_token="t")


def test_a_session_takes_what_a_sign_in_returned(kit: Kit) -> None:
    """A session takes an outcome, its tokens, or the result in a response, whose lifetime counts from now."""
    client = kit.client(clock=lambda: 1_000.0)
    session: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    result = AuthenticationResultType(access_token="t", id_token="i", refresh_token="r", expires_in=60, token_type="B")
    tokens = Tokens(
        access_token="t",
        id_token="i",
        refresh_token="r",
        token_type="B",
        expires_at=datetime(1970, 1, 1, 0, 17, 40, tzinfo=UTC),
    )
    for given in (tokens, SignedIn(tokens=tokens), result):
        assert tokens == session(client, APP, given).tokens
