"""Loading what a first call needs ahead of time: a first call after it imports nothing, and compiles nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AppClient, preload
from cognito_idp.errors import ConfigError, JwtNotInstalledError
from cognito_idp.testing import TokenIssuer
from tests.sign_in.fake_accounts import PASSWORD, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.support.answers import answer

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority

APP = AppClient("us-east-1_EXAMPLE", "1example23456789", "secret")
PROGRAM = Path(__file__).with_name("preloaded.py")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("engine", ["httpx", "stdlib"])
@pytest.mark.parametrize("how", ["preload", "warm_up"])
def test_a_first_call_imports_and_compiles_nothing(
    serve: Serve, authority: Authority, how: str, engine: str, kind: str
) -> None:
    """After either, sign-ins by password and SRP over TLS (and a verification) import nothing and compile nothing."""
    fake, issuer = FakeCognito(APP, user()), TokenIssuer()

    def handle(connection: Connection, received: Received) -> None:
        if received.request_line.startswith("GET"):
            answer(json.dumps(issuer.pool.jwks).encode())(connection, received)
        else:
            response = fake(httpx.Request("POST", "https://a", headers=received.headers, content=received.body))
            answer(response.content, status=response.status_code)(connection, received)

    facts = {
        "url": serve(handle, tls=authority.server_context("127.0.0.1")).url,
        "app": [APP.user_pool_id, APP.client_id, APP.client_secret],
        "password": PASSWORD,
        "token": issuer.access_token("mary"),
        "issuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE",
    }
    found = run(str(PROGRAM), how, engine, kind, json.dumps(facts), AWS_CA_BUNDLE=str(authority.bundle))
    assert {"imported": [], "compiled": []} == json.loads(found)


def run(*arguments: str, **environ: str) -> str:
    """Run Python without the program's folder on its path, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-P", *arguments], check=True, stdout=subprocess.PIPE, env={**os.environ, **environ}, text=True
    )
    return done.stdout


def loaded_by(call: str) -> set[str]:
    """Return the modules that are loaded after a call of `preload`, which may use no socket."""
    return set(
        run(
            "-c",
            f"""
import sys
def hook(event, args):
    assert not event.startswith("socket.") or event == "socket.gethostname", event
sys.addaudithook(hook)
from cognito_idp import preload
{call}
print(*sys.modules)
""",
        ).split()
    )


@pytest.mark.slow
def test_without_names_all_is_loaded() -> None:
    """Without names, all families are loaded, the sign-in and the verifier; and no socket is used."""
    modules = loaded_by("preload()")
    families = {path.stem for path in (Path(__file__).parents[1] / "src/cognito_idp/model").glob("[!_]*.py")}
    expected = {f"cognito_idp.model.{family}" for family in families - {"async_operations", "sensitive"}}
    assert expected | {"cognito_idp.client", "cognito_idp.sign_in.srp", "cognito_idp.tokens.verify", "httpx"} <= modules


@pytest.mark.slow
def test_another_package_named_jwt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `jwt` is not PyJWT, there is no verifier to load, which is an error only if you ask for one."""
    other = ModuleType("jwt")
    other.__spec__ = ModuleSpec("jwt", None)
    monkeypatch.setitem(sys.modules, "jwt", other)
    monkeypatch.setitem(sys.modules, "jwt.algorithms", None)
    preload()
    with pytest.raises(JwtNotInstalledError):
        preload(verifier=True)


def test_only_what_is_named_is_loaded() -> None:
    """An engine, a kind of client, a sign-in and a verifier that nobody asks for are not loaded."""
    modules = loaded_by('preload("AdminGetUser", transport="stdlib")')
    assert {"cognito_idp.model.users", "cognito_idp._transport.stdlib_sync"} <= modules
    others = {"httpx", "anyio", "asyncio", "jwt", "cognito_idp.sign_in.conversation", "cognito_idp.model.user_pools"}
    assert set() == modules & others


@pytest.mark.parametrize(
    ("arguments", "settings", "problem"),
    [
        (("InitateAuth",), {}, "'InitateAuth' is not an operation.*InitiateAuth"),
        (("UserType",), {}, "is not an operation"),
        ((), {"transport": "curl"}, "transport='curl' is not known"),
        ((), {"asynchronous": 1}, "asynchronous= takes True or False, not int"),
        ((), {"verifier": "yes"}, "verifier= takes True or False, not str"),
    ],
)
def test_what_is_refused(arguments: Any, settings: Any, problem: str) -> None:
    """A name that is none of an operation or an engine, or a flag that is none, is an error that says so."""
    with pytest.raises(ConfigError, match=problem):
        preload(*arguments, **settings)
