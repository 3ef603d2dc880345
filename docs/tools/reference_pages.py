"""Writes the reference's pages on operations, one a family: `python docs/tools/reference_pages.py [--check]`.

The pages name what is to be shown; mkdocstrings fills it in from the docstrings when the site is built.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from cognito_idp.model.operations import Operations
from cognito_idp_codegen.families import COMMON, FAMILIES, SHARED
from cognito_idp_codegen.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGES = Path(__file__).parents[1] / "pages" / "reference" / "operations"
_METHOD = "cognito_idp.model.operations.Operations"
EXAMPLES: Mapping[str, Mapping[str, str]] = tomllib.loads((Path(__file__).parent / "examples.toml").read_text("utf-8"))
_CLIENT = 'from cognito_idp import Client\n\nclient = Client("eu-west-1")\n'
_TITLES = {
    "mfa": "MFA",
    "sign_in": "Sign-in",
    "sign_in_by_server": "Sign-in by a server",
    "challenges_by_server": "Challenges, by a server",
    "sign_up": "Sign-up",
    "risk": "Threat protection",
    "imports": "User import",
    "recovery": "Point-in-time recovery",
    "client_metadata": "Client metadata (CIMD)",
}

_INDEX = """# Operations

This table lists every method of [`Client`][cognito_idp.Client] that calls an operation, and the page that describes it.
[`AsyncClient`][cognito_idp.AsyncClient] has the same methods; await them. `iter_` methods iterate over all pages.

| method | page |
|---|---|"""


def title(family: str) -> str:
    """Return the title of a family's page."""
    return _TITLES.get(family) or family.replace("_", " ").capitalize()


def methods(operation: str) -> tuple[str, ...]:
    """Return the methods of an operation: the call, and the iterator where it pages."""
    name = Names().snake(operation)
    return tuple(found for found in (name, f"iter_{name}") if hasattr(Operations, found))


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every page."""
    rows = {}
    for family, (heading, operations) in FAMILIES.items():
        lines = [f"# {title(family)}", "", heading, "", "## Methods", ""]
        examples = [name for name in map(Names().snake, operations) if name in EXAMPLES]
        if examples:
            lines += ['In the examples, `client` is a `Client("eu-west-1")`.', ""]
        for operation in operations:
            for method in methods(operation):
                lines += _shown(f"{_METHOD}.{method}")
                if method in examples:
                    lines += _example(EXAMPLES[method], is_first=method == examples[0])
                rows[method] = f"| [`{method}`][{_METHOD}.{method}] | [{title(family)}]({family}.md) |"
        yield f"{family}.md", "\n".join([*lines, "## Structs and enums", "", *_module(family)])
    lines = [f"# {title(COMMON)}", "", "What several families share.", ""]
    for shared in SHARED:
        lines += _module(shared)
    yield "common.md", "\n".join(lines)
    yield "index.md", "\n".join([_INDEX, *(rows[method] for method in sorted(rows)), ""])


def _shown(path: str) -> list[str]:
    return [f"::: {path}", "    options:", "      heading_level: 3", ""]


def _example(example: Mapping[str, str], *, is_first: bool) -> list[str]:
    """Return a block with an example, and before it what the tests run to set it up."""
    set_up = f"{_CLIENT if is_first else ''}{example.get('set_up', '').strip()}".strip()
    hidden = ["<!-- set-up", set_up, "-->"] if set_up else []
    return [*hidden, "```python", example["code"].strip(), "```", ""]


def _module(family: str) -> list[str]:
    options = ("show_root_heading: false", "show_root_toc_entry: false", "heading_level: 3")
    return [f"::: cognito_idp.model.{family}", "    options:", *(f"      {option}" for option in options), ""]


def main() -> int:
    """Write the pages, or with `--check` say which are not as they would be written."""
    known = {method for _, operations in FAMILIES.values() for name in operations for method in methods(name)}
    assert set(EXAMPLES) <= known, f"examples of no method: {sorted(set(EXAMPLES) - known)}"
    expected = {PAGES / name: text for name, text in pages()}
    if "--check" in sys.argv:
        stale = [path for path, text in expected.items() if not path.exists() or path.read_text("utf-8") != text]
        stale += [path for path in PAGES.glob("*.md") if path not in expected]
        print(*(f"{path} is not what {Path(__file__).name} writes" for path in stale), sep="\n")
        return bool(stale)
    PAGES.mkdir(parents=True, exist_ok=True)
    for path, text in expected.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
