"""What an editor offers inside the quotes of a parameter, asked of basedpyright's language server."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

import cognito_idp
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each is typed up to the quote in `|`, and must be completed with the value.
TYPED = {
    'AdminInitiateAuthRequest(auth_flow="|")': "USER_PASSWORD_AUTH",
    'AttributeType(name="|")': None,
    'CreateUserPoolClientRequest(explicit_auth_flows=["|"])': "ALLOW_USER_SRP_AUTH",
    'UserPoolType(mfa_configuration="|")': "OPTIONAL",
    'client.initiate_auth(auth_flow="|")': "USER_PASSWORD_AUTH",
    'client.admin_create_user(message_action="|")': "SUPPRESS",
    'client.create_user_pool_client(explicit_auth_flows=["|"])': "ALLOW_USER_SRP_AUTH",
    'client.sign_in(app, flow="|")': "USER_PASSWORD_AUTH",
    'client.sign_in(app, preferred_challenge="|")': "PASSWORD_SRP",
    'client.respond(app, challenge, choice="|")': "SOFTWARE_TOKEN_MFA",
    'client.call("|")': "ListUsers",
    'client.call_pages("|")': "ListUsers",
    'client.warm_up("|")': "InitiateAuth",
    'client.with_options(retry="|")': "adaptive",
    'Client(retry="|")': "adaptive",
    'AsyncClient(retry="|")': "adaptive",
    'UserSession(client, app, tokens, refresh_with="|")': "REFRESH_TOKEN_AUTH",
}
HEAD = """from cognito_idp import *
from cognito_idp import (
    AdminInitiateAuthRequest, AppClient, AsyncClient, AttributeType, Client, CreateUserPoolClientRequest, SmsMfa,
    Tokens, UserPoolType, UserSession,
)


def typed(client: Client, app: AppClient, challenge: SmsMfa, tokens: Tokens) -> None:
"""


class LanguageServer:
    """A connection to a language server (LSP 3.17, base protocol)."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from basedpyright.langserver import main; main()", "--stdio"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._number = 0

    def _pipe(self, pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe

    def tell(self, **message: Any) -> None:
        """Send a message."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = self._pipe(self._process.stdin)
        pipe.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        pipe.flush()

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result; the server's own questions are answered with nothing."""
        self._number += 1
        self.tell(id=self._number, method=method, params=params)
        while True:
            message = self._read()
            if "method" not in message and message["id"] == self._number:
                return message["result"]
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items", [])
                self.tell(id=message["id"], result=[None for _ in items] or None)

    def _read(self) -> dict[str, Any]:
        pipe = self._pipe(self._process.stdout)
        length = 0
        while line := pipe.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(pipe.read(length))
        return message

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[str]]]:
    """Ask for what is offered at each place."""
    pytest.importorskip("basedpyright")
    folder = tmp_path_factory.mktemp("editor")
    source = Path(cognito_idp.__file__).parents[1]
    # The server would look for attrs beside the first Python on the path, which may be another one.
    paths = [str(source), sysconfig.get_path("purelib")]
    (folder / "pyrightconfig.json").write_text(json.dumps({"include": ["typed.py"], "extraPaths": paths}), "utf-8")
    lines = [f"    {line}" for line in TYPED]
    text = HEAD + "\n".join(lines).replace("|", "") + "\n"
    document = {"uri": (folder / "typed.py").as_uri()}
    (folder / "typed.py").write_text(text, "utf-8")
    server = LanguageServer(folder)
    try:
        root = folder.as_uri()
        workspace = [{"uri": root, "name": "typed"}]
        server.ask("initialize", processId=None, rootUri=root, capabilities={}, workspaceFolders=workspace)
        server.tell(method="initialized", params={})
        opened = {**document, "languageId": "python", "version": 1, "text": text}
        server.tell(method="textDocument/didOpen", params={"textDocument": opened})
        found = {}
        for number, line in enumerate(lines, HEAD.count("\n")):
            place = {"line": number, "character": line.index("|")}
            answer = server.ask("textDocument/completion", textDocument=document, position=place) or {"items": []}
            found[line.strip()] = {item["label"].strip('"') for item in answer["items"]}
        yield found
    finally:
        server.close()


@for_each("typed", [*TYPED])
def test_an_editor_completes_known_values(offered: dict[str, set[str]], typed: str) -> None:
    """Inside the quotes of a parameter that takes an enum, an operation or a mode, the known ones are offered."""
    value = TYPED[typed]
    assert value in offered[typed] if value is not None else not offered[typed]
