"""Writes the wheel's SBOM and the table of licences from the same facts: `python docs/tools/dependencies.py [--check]`.

What the library itself needs, and what its extras need, stands in `pyproject.toml`. What these packages need, and under
which licence each of them is, stands in the metadata of the installed packages: so this runs in an environment with all
of the extras. The SBOM is CycloneDX 1.7 (ECMA-424). It names no version, since the wheel contains none of these
packages and pins nothing: it has the range that `pyproject.toml` admits.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
import tomllib
import uuid
from collections import defaultdict
from importlib.metadata import distribution
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from cognito_idp._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
SBOM: Final = ROOT / "docs" / "cognito-idp.cdx.json"
PAGE: Final = ROOT / "docs" / "pages" / "platforms.md"
_BEGIN, _END = "<!-- dependencies -->\n", "<!-- end of dependencies -->\n"
PROJECT: Final[Mapping[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# These are for a developer's own machine; no code of the library runs in them.
_TOOLS = {"local", "examples", "docs", "test", "dev"}
# "BSD License" doesn't say which.
_LICENCES = {"segno": "BSD-3-Clause"}
_ID = r"[A-Za-z]+-[\d.]+(?:-Clause)?"
_CLASSIFIERS = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
}
_SYSTEMS = (
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
)


class Package(NamedTuple):
    """A package that the library needs: which versions it admits itself, what needs it, and with which extras."""

    name: str
    licence: str
    range: SpecifierSet
    needs: tuple[str, ...]
    extras: tuple[str, ...]


def pythons() -> list[str]:
    """Return the versions of Python that the classifiers name."""
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text) for text in PROJECT["classifiers"])
    return [match[1] for match in found if match]


def is_needed(requirement: Requirement, extras: set[str]) -> bool:
    """Whether a requirement counts on any of the Pythons and systems that we speak of, with any of some extras."""
    return requirement.marker is None or any(
        requirement.marker.evaluate(
            {**system, "python_version": version, "python_full_version": f"{version}.0", "extra": extra}
        )
        for system, version, extra in product(_SYSTEMS, pythons(), ("", *extras))
    )


def requirements_of(name: str, extras: set[str]) -> list[Requirement]:
    """Return what an installed package requires."""
    texts = distribution(name).requires or []
    return [requirement for requirement in map(Requirement, texts) if is_needed(requirement, extras)]


def licence_of(name: str) -> str:
    """Return a package's licence as an SPDX expression."""
    if name in _LICENCES:
        return _LICENCES[name]
    metadata = distribution(name).metadata
    # Some have the whole text of a licence there.
    short = [text for text in metadata.get_all("License") or [] if re.fullmatch(rf"{_ID}( OR {_ID})*", text)]
    classifiers = (_CLASSIFIERS.get(text) for text in metadata.get_all("Classifier") or [])
    found: str | None = next(
        filter(None, [*(metadata.get_all("License-Expression") or []), *short, *classifiers]), None
    )
    assert found, f"{name} doesn't say its licence in a form that is known here; add it to _LICENCES"
    return found


def required_by(extra: str) -> Iterator[Requirement]:
    """Yield what `pyproject.toml` requires with an extra, and with the extras that this one includes."""
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if canonicalize_name(requirement.name) == PROJECT["name"]:
            for included in requirement.extras:
                yield from required_by(included)
        else:
            yield requirement


def direct() -> Iterator[tuple[str, Requirement]]:
    """Yield what `pyproject.toml` requires, each with its extra ("" for none)."""
    for text in PROJECT["dependencies"]:
        yield "", Requirement(text)
    for extra in PROJECT["optional-dependencies"].keys() - _TOOLS:
        for requirement in required_by(extra):
            yield extra, requirement


def packages() -> list[Package]:
    """Return all packages that the library and its extras need, by name."""
    ranges: dict[str, SpecifierSet] = {}
    extras: defaultdict[str, set[str]] = defaultdict(set)
    needs: defaultdict[str, set[str]] = defaultdict(set)
    seen = set()

    def add(requirement: Requirement, extra: str) -> str:
        name = canonicalize_name(requirement.name)
        extras[name].add(extra)
        key = (name, extra, frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            for nested in requirements_of(name, requirement.extras):
                needs[name].add(add(nested, extra))
        return name

    for extra, requirement in direct():
        name = add(requirement, extra)
        ranges[name] = requirement.specifier
    return [
        Package(
            name,
            licence_of(name),
            ranges.get(name, SpecifierSet()),
            tuple(sorted(needs[name])),
            () if "" in extras[name] else tuple(sorted(extras[name])),
        )
        for name in sorted(extras)
    ]


def _purl(name: str) -> str:
    return f"pkg:pypi/{name}"


def _licences(expression: str) -> list[dict[str, Any]]:
    is_one = " " not in expression
    return [{"license": {"id": expression}} if is_one else {"expression": expression}]


def _bounds(specifiers: SpecifierSet) -> list[str]:
    """Return the bounds, lowest first."""
    return sorted(map(str, specifiers), key=lambda text: (text[0] != ">", text))


def sbom(found: list[Package]) -> str:
    """Return the SBOM. The same facts give the same bytes."""
    own = f"{_purl(PROJECT['name'])}@{__version__}"
    components = [
        {
            "type": "library",
            "bom-ref": _purl(package.name),
            "name": package.name,
            "scope": "optional" if package.extras else "required",
            "licenses": _licences(package.licence),
            "purl": _purl(package.name),
            "isExternal": True,
            **({"versionRange": f"vers:pypi/{'|'.join(_bounds(package.range))}"} if package.range else {}),
            "properties": [{"name": "python:extra", "value": each} for each in package.extras],
        }
        for package in found
    ]
    named = sorted({canonicalize_name(requirement.name) for _, requirement in direct()})
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, own).urn,
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "pre-build"}],
            "component": {
                "type": "library",
                "bom-ref": own,
                "name": PROJECT["name"],
                "version": __version__,
                "description": PROJECT["description"],
                "licenses": _licences(PROJECT["license"]),
                "purl": own,
            },
        },
        "components": [{key: value for key, value in each.items() if value != []} for each in components],
        "dependencies": [
            {"ref": own, "dependsOn": list(map(_purl, named))},
            *({"ref": _purl(each.name), "dependsOn": list(map(_purl, each.needs))} for each in found),
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def table(found: list[Package]) -> str:
    """Return the table of licences."""
    lines = ["| package | licence | versions | needed with |", "|---|---|---|---|"]
    for each in found:
        extras = ", ".join(f"`{extra}`" for extra in each.extras) or "always"
        versions = ", ".join(_bounds(each.range)) if each.range else "set by the packages that need it"
        lines.append(f"| {each.name} | {each.licence} | {versions} | {extras} |")
    return "\n".join(lines) + "\n"


def page(found: list[Package]) -> str:
    """Return the page with the table in its place."""
    before, _, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    assert after, f"{PAGE} has no place for the table"
    return f"{before}{_BEGIN}{table(found)}{_END}{after}"


def main() -> int:
    """Write the files, or say what differs."""
    found = packages()
    wanted = {SBOM: sbom(found), PAGE: page(found)}
    if "--check" not in sys.argv[1:]:
        for path, text in wanted.items():
            path.write_text(text, "utf-8")
        return 0
    code = 0
    for path, text in wanted.items():
        present = path.read_text("utf-8") if path.is_file() else ""
        name = str(path.relative_to(ROOT))
        lines = difflib.unified_diff(present.splitlines(), text.splitlines(), name, "now", n=0, lineterm="")
        for line in lines:
            code = 1
            print(line)
    if code:
        print("run docs/tools/dependencies.py, and read which licences and packages are new")
    return code


if __name__ == "__main__":
    sys.exit(main())
