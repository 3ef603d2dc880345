"""What is shown to users, they can write themselves: examples and documentation import public names only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.docs.blocks import ROOT, blocks_of, documents
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = {
    "cognito_idp",
    "cognito_idp.credentials",
    "cognito_idp.errors",
    "cognito_idp.guards",
    "cognito_idp.guards.asgi",
    "cognito_idp.guards.aws_lambda",
    "cognito_idp.guards.fastapi",
    "cognito_idp.guards.wsgi",
    "cognito_idp.login",
    "cognito_idp.observability",
    "cognito_idp.testing",
    "cognito_idp.types",
}


def programs() -> dict[str, list[str]]:
    """Return the code of every example, and of every document's Python blocks."""
    examples = {str(path.relative_to(ROOT)): [path.read_text("utf-8")] for path in (ROOT / "examples").rglob("*.py")}
    pages = {
        str(path.relative_to(ROOT)): [part for block in blocks_of(path) for part in (block.set_up, block.code)]
        for path in documents()
        if path.exists()
    }
    return examples | pages


PROGRAMS = programs()


def is_ours(module: str) -> bool:
    """Tell whether a module belongs to the library."""
    return module.split(".", maxsplit=1)[0] == "cognito_idp"


def imported(code: str) -> Iterator[str]:
    """Yield the modules of ours that some code imports, and the names with an underscore that it takes from them."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_ours(alias.name))
        elif (
            isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "cognito_idp"
        ):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name.startswith("_"))


@for_each("document", list(PROGRAMS))
def test_only_public_names_are_imported(document: str) -> None:
    """An example imports from the modules that are public, and no name with an underscore."""
    modules = {module for code in PROGRAMS[document] for module in imported(code)}
    assert set() == modules - PUBLIC


def test_examples_and_pages_are_there() -> None:
    """The search reads the migration, the FastAPI application, the front page and the pages of the site."""
    assert set(PROGRAMS) >= {
        "README.md",
        "examples/migration/create.py",
        "examples/fastapi_app/app.py",
        "docs/pages/observability.md",
    }
    assert sum(any(map(imported, codes)) for codes in PROGRAMS.values()) > 20


@for_each(
    "code", ["import cognito_idp.tokens", "from cognito_idp import _errors", "from cognito_idp._flow import drive"]
)
def test_other_imports_are_noticed(code: str) -> None:
    """A module that is not public is noticed in every form of import."""
    assert not set(imported(code)) <= PUBLIC
