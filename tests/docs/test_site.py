"""The documentation site is whole: every operation on one page, every public name in the reference, no dead link."""

from __future__ import annotations

import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
import zlib
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

import cognito_idp
from cognito_idp import credentials, errors, guards, observability, testing, types
from cognito_idp._call.waiters import WAITERS
from cognito_idp._updates import WAYS
from cognito_idp.model.index import load_type
from cognito_idp.model.operations import Operations
from cognito_idp.sign_in.machine import TABLE
from tests.support.browser import PATIENCE, browser

from .blocks import PAGES, ROOT, blocks_of, documents

if TYPE_CHECKING:
    from pathlib import Path

ZENSICAL = (
    importlib.util.find_spec("zensical") is not None and importlib.util.find_spec("mkdocstrings_handlers") is not None
)
# What the site is made of.
SOURCES = ("src", "examples", "CHANGELOG.md", "SECURITY.md")
MOST_CALLED = {
    "admin_add_user_to_group",
    "admin_create_user",
    "admin_delete_user",
    "admin_get_user",
    "admin_initiate_auth",
    "admin_list_groups_for_user",
    "admin_set_user_password",
    "admin_update_user_attributes",
    "admin_user_global_sign_out",
    "change_password",
    "confirm_forgot_password",
    "confirm_sign_up",
    "create_user_pool",
    "create_user_pool_client",
    "describe_user_pool",
    "forgot_password",
    "get_user",
    "global_sign_out",
    "initiate_auth",
    "list_users",
    "resend_confirmation_code",
    "respond_to_auth_challenge",
    "revoke_token",
    "sign_up",
}
_SHOWN = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def shown() -> Counter[str]:
    """Return what the pages have mkdocstrings show, with how often."""
    return Counter(name for page in PAGES.rglob("*.md") for name in _SHOWN.findall(page.read_text("utf-8")))


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of each row, without the head, of the table below a heading of the page on calls."""
    section = (PAGES / "calls.md").read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_operation_is_on_one_page() -> None:
    """Each operation's method, and each iterator over pages, is shown exactly once."""
    prefix = "cognito_idp.model.operations.Operations."
    methods = {name for name in vars(Operations) if not name.startswith("_")}
    assert {prefix + name: 1 for name in methods} == {
        name: count for name, count in shown().items() if name.startswith(prefix)
    }


def test_every_family_is_on_one_page() -> None:
    """Each module with structs and enums is shown exactly once."""
    homes = {getattr(types, name).__module__ for name in types.__all__}
    assert dict.fromkeys(homes, 1) == {home: shown()[home] for home in homes}


def test_the_pages_on_operations_are_current() -> None:
    """The pages by family are what their tool writes from the families."""
    command = (sys.executable, "docs/tools/reference_pages.py", "--check")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout.strip() + done.stderr)


def test_operations_have_examples() -> None:
    """An example stands right below its method and calls it; the operations that applications call most have one."""
    found = set()
    for page in (PAGES / "reference" / "operations").glob("*.md"):
        text = page.read_text("utf-8")
        for block in blocks_of(page):
            method = _SHOWN.findall(text[: text.index(block.code)])[-1].rpartition(".")[2]
            calls = (f"client.{method}(", f"client.iter_{method}(", "client.send(updated(")
            assert any(call in block.code for call in calls), block
            found.add(method)
    assert set() == MOST_CALLED - found


def test_the_table_of_challenges_is_complete() -> None:
    """The guide's table has each challenge by class and name, and an argument that answers it."""
    text = (PAGES / "sign-in.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `([A-Z_]+)` \|.*$", text, re.MULTILINE))
    assert {row.challenge.__name__: str(name) for name, row in TABLE.items()} == {
        name: code for name, code in rows.items() if name != "TotpSetup"
    }
    for row in TABLE.values():
        line = next(line for line in text.splitlines() if line.startswith(f"| `{row.challenge.__name__}` "))
        assert all(f"`{keyword}=`" in line for keyword in row.answer if keyword != "device"), line
        own = [name for name, member in vars(row.challenge).items() if isinstance(member, property)]
        assert all(f"`{name}`" in line for name in own), line


def test_the_table_of_waiters_is_complete() -> None:
    """The guide's table has each waiter, with what it is looked for by."""
    rows = {cells[0].strip("`"): cells[1] for cells in rows_of("Waiting")}
    assert list(WAITERS) == list(rows)
    for name, arguments in rows.items():
        request = load_type(WAITERS[name].request)
        expected = [member.name for member in request._members if member.required]
        expected += [item] if (item := WAITERS[name].item) else []
        assert expected == re.findall(r"`(\w+)`", arguments)


def test_the_table_of_updates_is_complete() -> None:
    """The guide's table has each description that `updated` takes, where it is found, and the request that it makes."""
    rows = rows_of("Updates that keep the rest")
    assert {name: way.request for name, way in WAYS.items()} == {
        description.strip("`"): request.strip("`") for description, _, request in rows
    }
    for description, source, _ in rows:
        operation, member = re.findall(r"^`(\w+)\(\.\.\.\)(?:\.(\w+))?`", source)[0]
        answer = getattr(Operations, operation).__annotations__["return"]
        name = description.strip("`")
        if member:
            struct = getattr(types, name)
            assert getattr(types, answer).__annotations__[member] in (struct, struct | None)
        else:
            assert answer == name


def test_the_readme_leads_to_a_server_and_to_the_reference() -> None:
    """The README says how to start a server that stays, how to look things up in Python, and how to build the site."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("python -m cognito_idp.testing") < text.index("\n## A call\n")
    assert "`help(client.admin_get_user)`" in text
    assert "zensical build -f docs/mkdocs.yml`" in text


def test_names_of_errors_exist() -> None:
    """Every name of an error on the page of errors is one of ours."""
    names = re.findall(r"\b[A-Z]\w+(?:Error_?|Exception)\b", (PAGES / "errors.md").read_text("utf-8"))
    builtin = {"ValueError", "TimeoutError"}
    assert [] == [name for name in names if not hasattr(errors, name) and name not in builtin]


def test_pages_that_lie_elsewhere_exist() -> None:
    """Each page that the site shows from outside the folder of pages is there."""
    outside = [path for path in documents()[1:] if not path.is_relative_to(PAGES)]
    assert {"CHANGELOG.md", "SECURITY.md", "from_boto3.md"} == {path.name for path in outside if path.exists()}


def test_the_navigation_has_every_page_once() -> None:
    """Each page stands in the navigation once, and the navigation names no other; the strict build checks neither."""
    nav = (ROOT / "docs" / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    named = Counter(re.findall(r"^ +- (?:.+: )?(\S+\.md)$", nav, re.MULTILINE))
    assert {str(path.relative_to(PAGES)): 1 for path in PAGES.rglob("*.md")} == named


def test_pictures_exist() -> None:
    """Each picture of a page is a file of the site; the strict build doesn't check this."""
    pictures = [
        page.parent / path
        for page in PAGES.rglob("*.md")
        for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text("utf-8"))
    ]
    assert pictures
    assert [] == [path for path in pictures if not (path.is_file() and path.resolve().is_relative_to(PAGES))]


def public_names() -> set[str]:
    """Return the name of every public class and function."""
    doors: list[Any] = [
        import_module(f"cognito_idp.guards.{name}") for name in ("asgi", "wsgi", "fastapi", "aws_lambda")
    ]
    modules: list[Any] = [cognito_idp, credentials, observability, testing, guards, *doors]
    found = {getattr(module, name) for module in modules for name in module.__all__ if name[0] != "_"}
    return {each.__qualname__ for each in found if inspect.isclass(each) or inspect.isfunction(each)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as CONTRIBUTING says, in a copy: the folder of the site can't be chosen on the command line."""
    if not ZENSICAL:
        pytest.skip("the site needs Zensical: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("site", ".cache"))
    for name in SOURCES:
        (folder / name).symlink_to(ROOT / name)
    command = (sys.executable, "-m", "zensical", "build", "--strict", "-f", "docs/mkdocs.yml")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    # A docstring that doesn't fit its signature is only said.
    assert [] == [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("griffe:")]
    return folder / "docs" / "site"


@pytest.mark.long
def test_the_reference_has_every_public_name(site: Path) -> None:
    """Every class and function that users can import is in the reference of the site that a strict build makes."""
    data = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    documented = {line.split(" ")[0].rpartition(".")[2] for line in zlib.decompress(data).decode().splitlines()}
    assert set() == public_names() - documented


@pytest.mark.long
def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """No page loads a script, a style, a font or a picture from another host."""
    loaded = re.compile(
        r"<(?:script|img|iframe)[^>]*\ssrc=[\"']?(?:https?:)?//|<link[^>]*\shref=[\"']?(?:https?:)?//[^>]*>"
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        found = [tag for tag in loaded.findall(page.read_text("utf-8")) if "canonical" not in tag]
        assert [] == found, page
    for style in site.rglob("*.css"):
        assert "url(http" not in style.read_text("utf-8"), style


@pytest.mark.long
def test_the_search_works_from_a_folder(site: Path, tmp_path: Path) -> None:
    """A page that is opened as a file, without a server, finds an operation by its name, and complains of nothing."""
    with browser(tmp_path / "profile") as driver:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        def inside(selector: str) -> list[Any]:
            # The search stands in a tree of its own.
            return [
                element
                for host in driver.find_elements("css selector", "body > div")
                if driver.execute_script("return !!arguments[0].shadowRoot", host)
                for element in host.shadow_root.find_elements("css selector", selector)
            ]

        wait = WebDriverWait(driver, PATIENCE, 0.05, ignored_exceptions=[StaleElementReferenceException])
        driver.set_window_size(1400, 1000)  # a narrow window has an icon instead of the button
        driver.get((site / "sign-in.html").as_uri())
        wait.until(lambda _: inside("dialog"))
        driver.find_element("css selector", ".md-search__button").click()
        box = wait.until(lambda _: [box for box in inside("input") if box.is_displayed()])[0]
        box.send_keys("admin_initiate_auth")
        links = wait.until(
            lambda _: [link.get_attribute("href") for link in inside("a[href*='?h=admin_initiate_auth']")]
        )
        complaints = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
        assert "admin_initiate_auth" == box.get_attribute("value")
    assert "reference/operations/sign_in_by_server.html" in links[0], links
    assert [] == complaints


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_of_pages_that_are_not_on_the_site(page: str) -> None:
    """Links of the pages that Zensical doesn't see lead to files of the repository."""
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text("utf-8"))
    assert links
    assert [] == [link for link in links if not (ROOT / link).exists()]
