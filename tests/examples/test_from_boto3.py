from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from cognito_idp import AttributeType, Client, SoftwareTokenMfaConfigType, SoftwareTokenMfaSettingsType, totp
from tests.support.marks import asks_pycognito

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer

PAGE = Path(__file__).resolve().parents[2] / "examples" / "from_boto3.md"
PASSWORD = "Correct-Horse-1"
FLOWS = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]
BLOCK = re.compile(r"(<!-- not run -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytest.importorskip("boto3", reason="boto3 is not installed")
pytest.importorskip("pycognito", reason="pycognito is not installed")
pytest.importorskip("jwt", reason="the extra `jwt` is not installed")


def blocks() -> list[tuple[int, str, bool]]:
    """Return the line, the code, and whether to run it, of each block of Python on the page."""
    text = PAGE.read_text("utf-8")
    return [(text.count("\n", 0, found.start(2)) + 1, found[2], found[1] is None) for found in BLOCK.finditer(text)]


def given(value: Any) -> Any:
    """Return a member that the server must have sent."""
    assert value is not None
    return value


def example_pool(server: CognitoServer) -> dict[str, str]:
    """Make the pool, the app clients and the users that the page speaks of; return its names."""
    with Client(server.region, credentials=server.credentials, endpoint_url=server.endpoint_url) as client:
        pool = given(client.create_user_pool(pool_name="people").user_pool).id
        client.set_user_pool_mfa_config(
            user_pool_id=pool,
            mfa_configuration="OPTIONAL",
            software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
        )
        public, secret = (
            given(
                client.create_user_pool_client(
                    user_pool_id=pool, client_name="web", generate_secret=with_secret, explicit_auth_flows=FLOWS
                ).user_pool_client
            )
            for with_secret in (False, True)
        )
        for username in ("mary", "tom", "new-1", "new-2", "new-3"):
            client.admin_create_user(
                user_pool_id=pool,
                username=username,
                temporary_password=PASSWORD,
                message_action="SUPPRESS",
                user_attributes=[AttributeType(name="email", value=f"{username}@example.com")],
            )
        for username in ("mary", "tom"):
            client.admin_set_user_password(user_pool_id=pool, username=username, password=PASSWORD, permanent=True)
        auth = client.initiate_auth(
            client_id=public.client_id,
            auth_flow="USER_PASSWORD_AUTH",
            auth_parameters={"USERNAME": "tom", "PASSWORD": PASSWORD},
        )
        token = given(given(auth.authentication_result).access_token)
        totp_secret = given(client.associate_software_token(access_token=token).secret_code)
        client.verify_software_token(access_token=token, user_code=totp(totp_secret, time.time()))
        client.set_user_mfa_preference(
            access_token=token,
            software_token_mfa_settings=SoftwareTokenMfaSettingsType(enabled=True, preferred_mfa=True),
        )
    return {
        "CLIENT_ID": public.client_id,
        "CLIENT_SECRET": secret.client_secret,
        "JWKS_URI": f"{server.endpoint_url}/{pool}/.well-known/jwks.json",
        "PASSWORD": PASSWORD,
        "POOL_ID": pool,
        "SECRET_CLIENT_ID": secret.client_id,
        "TOTP_SECRET": totp_secret,
    }


@asks_pycognito
@pytest.mark.long
def test_the_page_runs(cognito_server: CognitoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of the page, boto3's and pycognito's as well, runs from top to bottom, and what it asserts holds."""
    names = example_pool(cognito_server)
    module = ModuleType("example_pool")
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, "example_pool", module)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", cognito_server.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cognito_server.credentials.secret_access_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito_server.endpoint_url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with urlopen(names["JWKS_URI"]) as answer:
        # pycognito looks for the keys at AWS otherwise.
        keys = json.load(answer)
    from pycognito import Cognito

    monkeypatch.setattr(Cognito, "get_keys", lambda _: keys)

    namespace: dict[str, Any] = {"__name__": "from_boto3"}
    ran = 0
    for line, code, runs in blocks():
        compiled = compile("\n" * (line - 1) + code, str(PAGE), "exec")
        if runs:
            exec(compiled, namespace)
            ran += 1
    for value in namespace.values():
        # boto3's clients, those of pycognito's objects among them, and ours.
        close = getattr(getattr(value, "client", value), "close", None)
        if callable(close) and not isinstance(value, type):
            close()
    assert ran >= 30


def test_the_page_leaves_out_one_block() -> None:
    """Nothing but aiobotocore's block, which pins another botocore, is left unrun."""
    (left_out,) = [code for _, code, runs in blocks() if not runs]
    assert "aiobotocore" in left_out


def test_the_page_s_links_lead_somewhere() -> None:
    """Each link within the page has a heading."""
    text = PAGE.read_text("utf-8")
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    links = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert len(links) > 10
    assert set() == links - headings
