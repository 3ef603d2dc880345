from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import cognito_idp
from cognito_idp import model, types
from cognito_idp.model.index import HOMES, load_type

FAMILIES = sorted({f"cognito_idp.model.{home}" for home in HOMES.values()})
BOTO = {"boto3", "botocore", "s3transfer", "aiobotocore", "moto", "ministack"}


def modules_after(code: str) -> set[str]:
    """Return the names of the modules that a fresh interpreter has loaded after some code."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    source = Path(cognito_idp.__file__).parent.parent
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys\nsys.path.insert(0, {str(source)!r})\n{script}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    names: list[str] = json.loads(result.stdout)
    return set(names)


def families(modules: set[str]) -> set[str]:
    """Return the short names of the families among modules."""
    return {name.rpartition(".")[2] for name in modules & set(FAMILIES)}


def test_importing_the_package_loads_next_to_nothing() -> None:
    """`import cognito_idp` loads no family, no HTTP library, no event loop, no cryptography and no boto."""
    modules = modules_after("import cognito_idp")
    assert families(modules) == set()
    heavy = {"httpx", "httpcore", "anyio", "asyncio", "ssl", "socket", "cryptography", "cattrs", "attrs", "logging"}
    assert (heavy | BOTO) & modules == set()


def test_the_first_request_loads_its_family_only() -> None:
    """Making a request struct loads its family and what the sign-in families share."""
    code = """
from cognito_idp import AdminInitiateAuthRequest
AdminInitiateAuthRequest(user_pool_id="p", client_id="c", auth_flow="USER_AUTH")
"""
    modules = modules_after(code)
    assert families(modules) == {"common_sign_in", "common_sign_in_by_server", "sign_in_by_server"}
    assert {"httpx", "anyio", "asyncio", "cattrs", "cryptography", "cognito_idp.errors", *BOTO} & modules == set()


def test_converting_loads_cattrs_and_no_further_family() -> None:
    """Going to wire data and back stays within the family."""
    code = """
from cognito_idp import AdminInitiateAuthRequest, AdminInitiateAuthResponse, from_wire, to_wire
to_wire(AdminInitiateAuthRequest(user_pool_id="p", client_id="c", auth_flow="USER_AUTH"))
from_wire(AdminInitiateAuthResponse, {"Session": "s"})
"""
    modules = modules_after(code)
    assert families(modules) == {"common_sign_in", "common_sign_in_by_server", "sign_in_by_server"}
    assert {"httpx", "anyio", "cryptography", *BOTO} & modules == set()


def test_making_a_client_loads_no_http_library() -> None:
    """A client loads its HTTP library when it first sends, not when it is made."""
    code = """
from cognito_idp import Client, Credentials
Client("eu-west-1", credentials=Credentials("a", "b"))
"""
    modules = modules_after(code)
    assert families(modules) == set()
    assert {"httpx", "httpcore", "anyio", "asyncio", "cryptography", *BOTO} & modules == set()


@pytest.mark.slow
def test_a_call_loads_its_family_and_no_boto() -> None:
    """A whole call through the default kind of transport needs one family, and nothing of boto's."""
    code = """
import httpx
from cognito_idp import Client
with Client("eu-west-1", transport=httpx.MockTransport(lambda request: httpx.Response(200, json={}))) as client:
    client.initiate_auth(client_id="c", auth_flow="USER_AUTH")
"""
    modules = modules_after(code)
    assert families(modules) == {"common_sign_in", "common_sign_in_by_app", "sign_in"}
    assert modules & BOTO == set()


def test_an_error_is_importable_without_any_family() -> None:
    """Code that only catches errors loads no structs."""
    modules = modules_after("from cognito_idp import NotAuthorizedException, ThrottlingException, CognitoIdpError")
    assert families(modules) == set()
    assert "attrs" not in modules


@pytest.mark.slow
def test_a_star_import_brings_every_name() -> None:
    """`from cognito_idp import *` works and brings all that `__all__` lists."""
    code = """
import cognito_idp
found = {}
exec("from cognito_idp import *", found)
assert set(cognito_idp.__all__) <= found.keys(), set(cognito_idp.__all__) - found.keys()
"""
    assert families(modules_after(code)) == {name.rpartition(".")[2] for name in FAMILIES}


def test_every_listed_name_resolves() -> None:
    """Each name of `dir()` is there, keeps being the same object, and is listed once."""
    names = dir(cognito_idp)
    assert len(set(names)) == len(names)
    listed = import_module("cognito_idp").__all__
    assert len(set(listed)) == len(listed)
    for name in names:
        assert getattr(cognito_idp, name) is getattr(cognito_idp, name)
    assert set(types.__all__) | {"Client", "AsyncClient", "NotAuthorizedException", "to_wire"} <= set(names)


def test_every_type_is_the_one_of_its_family() -> None:
    """The package, `types` and the family offer the same class, in the module that the index says."""
    assert set(types.__all__) == set(HOMES)
    for name, home in HOMES.items():
        defined = getattr(import_module(f"cognito_idp.model.{home}"), name)
        assert (name, f"cognito_idp.model.{home}") == (defined.__name__, defined.__module__)
        assert getattr(types, name) is defined
        assert getattr(cognito_idp, name) is defined
        assert load_type(name) is defined


@pytest.mark.parametrize("module", [cognito_idp, types])
@pytest.mark.parametrize("name", ["Nonsense", "adminInitiateAuthRequest", "_private", "AdminInitiateAuth"])
def test_a_name_that_does_not_exist_is_an_attribute_error(module: Any, name: str) -> None:
    """An unknown name is reported as Python reports one, with the module's and its own name."""
    with pytest.raises(AttributeError, match=rf"module '{module.__name__}' has no attribute '{name}'") as caught:
        getattr(module, name)
    assert caught.value.name == name
    assert not hasattr(module, name)


def test_importing_a_name_that_does_not_exist_is_an_import_error() -> None:
    """`from cognito_idp import Nonsense` fails as for any package."""
    with pytest.raises(ImportError, match="Nonsense"):
        exec("from cognito_idp import Nonsense")


def test_no_generated_module_is_left_out() -> None:
    """Each module of `model` is a family with types, or one of the seven others."""
    folder = Path(str(model.__file__)).parent
    found = {f"cognito_idp.model.{path.stem}" for path in folder.glob("*.py")}
    names = ("__init__", "async_operations", "choices", "exceptions", "index", "operations", "sensitive")
    others = {f"cognito_idp.model.{name}" for name in names}
    assert found - others == set(FAMILIES)
