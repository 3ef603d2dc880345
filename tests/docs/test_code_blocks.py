"""Every Python block of the documentation runs as it stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import CodeMismatchException

from .blocks import PAGES, ROOT, blocks_of, documents
from .stage import PASSWORD, Stage, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cognito_idp.testing import CognitoServer

# Documents whose blocks are run by another test, which knows their form.
ELSEWHERE: Mapping[str, str] = {
    "docs/pages/testing.md": "tests/testing/test_docs.py",
    "examples/from_boto3.md": "tests/examples/test_from_boto3.py",
}
# Blocks that can't run, by a text in them, and why. They are compiled, and what they import must exist.
NOT_RUN: Mapping[str, str] = {}

HERE = [path for path in documents() if str(path.relative_to(ROOT)) not in ELSEWHERE and path.exists()]
WITH_BLOCKS = [path for path in HERE if blocks_of(path)]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=[str(path.relative_to(ROOT)) for path in WITH_BLOCKS])
def test_the_blocks_of_a_page_run(page: Path, server: CognitoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page, run in order as one session against a real server, do what they show without an error."""
    monkeypatch.setattr("builtins.input", lambda _: "123456")
    stage = Stage(server)
    names: dict[str, Any] = {"__name__": "page"}
    try:
        for block in blocks_of(page):
            code = stage.code(block.code)
            if any(text in code for text in NOT_RUN):
                compile(code, str(page), "exec")
                code = "\n".join(line for line in code.splitlines() if line.startswith(("import ", "from ")))
            if block.set_up:
                run(stage.code(block.set_up), names, page, 1)
            run(code, names, page, block.line)
    finally:
        stage.close(names)


@pytest.mark.slow
def test_the_guarded_route_of_the_readme(server: CognitoServer) -> None:
    """The README's guarded route takes five lines besides its imports, and wants a token, which a sign-in gives."""
    from fastapi.testclient import TestClient

    stage = Stage(server)
    (block,) = (block for block in blocks_of(ROOT / "README.md") if "guards" in block.code)
    lines = [line for line in block.code.splitlines() if line and not line.startswith(("from ", "import "))]
    assert 5 == len(lines)
    names: dict[str, Any] = {"__name__": "page"}
    run(stage.code(block.code), names, ROOT / "README.md", block.line)
    outcome: Any = stage.client.sign_in(stage.app, username="mary", password=PASSWORD)
    with TestClient(names["api"]) as browser:
        answer = browser.get("/me", headers={"Authorization": f"Bearer {outcome.tokens.access_token}"})
        assert (200, "mary") == (answer.status_code, answer.json())
        refusal = browser.get("/me", headers={"Authorization": f"Bearer {outcome.tokens.id_token}"})
        assert 401 == refusal.status_code
        assert 'error="invalid_token"' in refusal.headers["www-authenticate"]
        assert browser.portal is not None
        browser.portal.call(names["verifier"].aclose)
    stage.close(names)


def test_the_codes_of_the_local_server(server: CognitoServer) -> None:
    """The codes that the pages name are those of the server, which refuses any other."""
    stage = Stage(server)
    client, app = stage.client, stage.app
    codes = dict(re.findall(r"^\| `(\d+)` \| `(\w+)`", (PAGES / "testing.md").read_text("utf-8"), re.MULTILINE))
    right = {operation: code for code, operation in codes.items()}
    wrong = dict.fromkeys(right, "111111")
    anna: Any = {"client_id": app, "username": "anna"}

    client.sign_up(**anna, password="Correct-Horse-2", user_attributes={"email": "anna@example.com"})
    client.resend_confirmation_code(**anna)
    with pytest.raises(CodeMismatchException):
        client.confirm_sign_up(**anna, confirmation_code=wrong["confirm_sign_up"])
    client.confirm_sign_up(**anna, confirmation_code=right["confirm_sign_up"])
    client.forgot_password(**anna)
    with pytest.raises(CodeMismatchException):
        client.confirm_forgot_password(
            **anna, confirmation_code=wrong["confirm_forgot_password"], password="Battery-Staple-3"
        )
    client.confirm_forgot_password(
        **anna, confirmation_code=right["confirm_forgot_password"], password="Battery-Staple-3"
    )
    stage.close({})

    page = (PAGES / "sign-up.md").read_text("utf-8")
    assert [] == [code for code in codes if f"`{code}`" not in page]


def test_no_exception_is_left_over() -> None:
    """Each entry of the lists of exceptions names a block, or a file, that exists."""
    code = [block.code for path in WITH_BLOCKS for block in blocks_of(path)]
    for text in NOT_RUN:
        assert any(text in block for block in code), text
    known = {str(path.relative_to(ROOT)) for path in documents()}
    for document, test in ELSEWHERE.items():
        assert document in known
        assert document.rpartition("/")[2] in (ROOT / test).read_text("utf-8")


@pytest.mark.slow
def test_pages_have_blocks() -> None:
    """The reader of blocks finds those of the guide."""
    assert {"index.md", "sign-in.md", "errors.md", "credentials.md", "transports.md"} <= {
        path.name for path in WITH_BLOCKS if path.is_relative_to(PAGES)
    }
