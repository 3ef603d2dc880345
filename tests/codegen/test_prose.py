"""The sentences are our own: none shares seven words in a row with AWS's documentation."""

from __future__ import annotations

import ast
import html
import inspect
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AdminInitiateAuthRequest,
    AdminRespondToAuthChallengeRequest,
    AuthFlowType,
    CreateIdentityProviderRequest,
    IdentityProviderTypeType,
    InitiateAuthRequest,
    RespondToAuthChallengeRequest,
    model,
)
from cognito_idp.model.operations import Operations
from cognito_idp.sign_in.machine import STARTS, TABLE
from cognito_idp_codegen.families import FAMILIES, TEXTS
from cognito_idp_codegen.model import ModelError, load
from cognito_idp_codegen.prose import FILES, TABLES, Prose, marked, sentences
from tests.conformance.reference import lent, wheel, wheel_document
from tests.conformance.values import struct_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp._structs.struct import Struct

RUN = 7
Words = tuple[str, ...]


def tables() -> list[Any]:
    """Return the hand-written texts, by table."""
    return [pytest.param(sentences(TEXTS, table), id=table) for table in FILES]


def shared_with_aws(text: str) -> set[Words]:
    """Return the runs of a text, its code spans left out, that stand in AWS's documentation."""
    return {run for part in re.split(r"`[^`]*`", text) for run in runs(part)} & runs_of_aws()


def documentation(node: Any) -> Iterator[str]:
    """Yield every text of AWS's documentation in the service's document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "documentation" and isinstance(value, str):
                yield value
            else:
                yield from documentation(value)
    elif isinstance(node, list):
        for value in node:
            yield from documentation(value)


def runs(text: str) -> set[Words]:
    """Return every seven words in a row, without marks, markup and case."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"['\u2019]", "", text.lower()))
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


@cache
def runs_of_aws() -> set[Words]:
    """Return every seven words in a row of AWS's documentation."""
    found: set[Words] = set()
    for text in documentation(wheel_document("service-2")):
        found |= runs(html.unescape(re.sub(r"<[^>]+>", " ", text)))
    return found


def test_there_is_something_to_compare_with() -> None:
    """The document has AWS's texts, and the comparison finds one of them when it is copied."""
    texts = list(documentation(wheel_document("service-2")))
    assert len(texts) > 1000
    longest = html.unescape(re.sub(r"<[^>]+>", " ", max(texts, key=len)))
    copied = " ".join(longest.split()[20:40])
    assert runs(f"Our beginning: {copied.upper()}!") & runs_of_aws()


@pytest.mark.parametrize("texts", lent(tables()))
def test_no_sentence_is_taken_from_aws(texts: dict[str, str]) -> None:
    """No seven words in a row, names in code spans aside, stand in AWS's documentation."""
    assert {name: found for name, text in texts.items() if (found := shared_with_aws(text))} == {}


def test_no_draft_is_left() -> None:
    """Nothing that `--newest` drafted still waits for its sentence."""
    assert [] == marked(TEXTS)


def is_plain(text: str) -> bool:
    """Tell whether a text is one line of plain prose with a beginning and an end."""
    return bool(
        re.match(r"[A-Z`]", text)
        and text.endswith(".")
        and " ".join(text.split()) == text
        and not re.search(r"<\w|</|&\w+;|\"\"\"|\\", text)
        and text.count("`") % 2 == 0
    )


@pytest.mark.parametrize("texts", tables())
def test_sentences_are_plain_and_complete(texts: dict[str, str]) -> None:
    """A text begins with a capital or a name in code, ends with a full stop, and has no markup or stray blanks."""
    assert [name for name, text in texts.items() if not is_plain(text)] == []


# --- names and tables ---

GENERATED = sorted(Path(model.__path__[0]).glob("*.py"))
MEMBERS = {member.wire_name for cls in struct_classes() for member in cls._members}
OPERATIONS = {operation for _, operations in FAMILIES.values() for operation in operations}


def docstrings(path: Path) -> Iterator[str]:
    """Yield every docstring of a module: of classes and functions, and those below members."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


@pytest.mark.parametrize("path", GENERATED, ids=[path.stem for path in GENERATED])
def test_docstrings_name_members_in_snake_case(path: Path) -> None:
    """No docstring names a member as the service does: users write it in snake case."""
    camel = {name for name in MEMBERS - OPERATIONS if name != name.lower()}
    named = {part for text in docstrings(path) for span in re.findall(r"`([^`]+)`", text) for part in span.split(".")}
    assert set() == named & camel


def test_a_sentence_with_a_wire_name_is_refused() -> None:
    """The generator refuses a sentence that names a member as the service does, and says which."""
    texts = {**TEXTS, "prose/enums.toml": TEXTS["prose/enums.toml"].replace("`auth_parameters`", "`AuthParameters`")}
    with pytest.raises(ModelError, match="enums AuthFlowType has `AuthParameters`, the wire name of a member"):
        Prose(load(wheel()), texts)


def test_a_table_that_nothing_uses_is_refused() -> None:
    """A table on a member that doesn't exist is named."""
    texts = {**TEXTS, TABLES: TEXTS[TABLES] + '\n["InitiateAuthRequest.Nothing"]\ncolumns = []\nrows = []\n'}
    with pytest.raises(ModelError, match=r"tables has InitiateAuthRequest\.Nothing, which nothing uses"):
        Prose(load(wheel()), texts)


def rows_of(cls: type[Struct], member: str) -> dict[str, str]:
    """Return the rows of the table in a method's docstring, the rest of each by the names in its first column."""
    method = getattr(Operations, re.sub(r"(?<!^)(?=[A-Z])", "_", cls.operation.name).lower())  # type: ignore[attr-defined]
    text = (inspect.getdoc(method) or "").partition(f"    {member}: ")[2]
    table = re.search(r"\n\n((?: +\|.*\n)+)", text)
    assert table is not None
    lines = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table[1].splitlines()]
    return {name: " | ".join(rest) for first, *rest in lines[2:] for name in re.findall(r"`(\w+)`", first)}


@pytest.mark.parametrize(
    ("cls", "flows"),
    [
        (InitiateAuthRequest, {flow for flow, start in STARTS.items() if start.public}),
        (AdminInitiateAuthRequest, {flow for flow, start in STARTS.items() if start.admin}),
    ],
)
def test_the_tables_of_flows(cls: type[Struct], flows: set[str]) -> None:
    """The docstring of `auth_parameters` has a row for each flow of the operation, with what it needs."""
    rows = rows_of(cls, "auth_parameters")
    assert {str(flow) for flow in flows} == set(rows)
    for flow, row in rows.items():
        needed = row.partition(" | ")[0]
        start = STARTS[AuthFlowType(flow)]
        assert ("`PASSWORD`" in needed or "`SRP_A`" in needed) == ("password" in start.required)
        assert ("`USERNAME`" in needed) == ("username" in start.required)
        assert ("`REFRESH_TOKEN`" in needed) == ("refresh_token" in start.required)


@pytest.mark.parametrize("cls", [RespondToAuthChallengeRequest, AdminRespondToAuthChallengeRequest])
def test_the_tables_of_challenges(cls: type[Struct]) -> None:
    """The docstring of `challenge_responses` has a row for each challenge, with the keys that answer it."""
    rows = rows_of(cls, "challenge_responses")
    assert {str(name) for name in TABLE} == set(rows)
    for name, row in TABLE.items():
        for key in filter(None, row.answer.values()):
            assert f"`{key}`" in rows[name]


def test_the_table_of_providers() -> None:
    """The docstring of `provider_details` has a row for each kind of identity provider."""
    assert {str(kind) for kind in IdentityProviderTypeType} == set(
        rows_of(CreateIdentityProviderRequest, "provider_details")
    )


def test_a_struct_has_the_same_table() -> None:
    """The table stands below the member of the struct, too."""
    for family in ("sign_in", "sign_in_by_server"):
        text = (Path(model.__path__[0]) / f"{family}.py").read_text("utf-8")
        assert 1 == text.count("| auth_flow | needs | takes as well |")
