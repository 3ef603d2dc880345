"""Shows the members of attrs classes as one table a class, with what the model says: required, bounds, wire name.

An extension of Griffe, which reads the source without running it. Only a struct's shapes are looked up in the running
class, since the bounds stand there.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

import griffe

_EXCEPTION = re.compile(r"\b[A-Z][A-Za-z]+Exception\b")
_ADDRESS = re.compile(r"https://docs\.aws\.amazon\.com/\S+")
_DECORATORS = ("attrs.define", "attrs.frozen", "define", "frozen")


class Structs(griffe.Extension):
    """Gives the docstring of each attrs class a section `Attributes`."""

    def on_module(self, *, mod: griffe.Module, **_: Any) -> None:
        """Leave out what a generated module says of itself; the page has its heading."""
        if mod.path.startswith("cognito_idp.model."):
            mod.docstring = None

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Link what the docstring of an operation names: the exceptions, and AWS's own page.

        How a class is made may be told by the class itself, and is not told twice.
        """
        if func.name == "__init__":
            own = func.parent.docstring if func.parent is not None else None
            func.docstring = None if own is not None and "\nArgs:\n" in own.value else func.docstring
        if not func.path.startswith("cognito_idp.model.operations.") or func.docstring is None:
            return
        text = _EXCEPTION.sub(r"[\g<0>][cognito_idp.\g<0>]", func.docstring.value)
        func.docstring.value = _ADDRESS.sub(r"[The service's own page](\g<0>).", text)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Write the section, and leave out special methods, which say what Python says they do."""
        for name in [name for name in cls.members if name.startswith("__") and name != "__init__"]:
            cls.del_member(name)
        if not any(str(decorator.callable_path) in _DECORATORS for decorator in cls.decorators):
            return
        lines = []
        known = _members_of(cls)
        for name, attribute in cls.members.items():
            if attribute.is_alias or not attribute.is_attribute or "instance-attribute" not in attribute.labels:
                continue
            text, table = _parts(attribute.docstring.value if attribute.docstring else "")
            lines.append(f"    {name}: {text or '&nbsp;'}{known.get(name, '')}")
            lines += ["", *(f"        {line}" for line in table)] if table else []
            # It stands in the table, so no heading of its own.
            attribute.public = False
        own = cls.docstring.value.rstrip() if cls.docstring else ""
        if "\nArgs:\n" in own:
            # A class may describe its members as what it is made of.
            own = own.replace("\nArgs:\n", "\nAttributes:\n")
        elif lines:
            own = "\n".join([own, "", "Attributes:", *lines])
        cls.docstring = griffe.Docstring(own, parent=cls, parser="google")


def _parts(docstring: str) -> tuple[str, list[str]]:
    """Return the text of a member as one line, and the lines of the table below it."""
    lines = docstring.splitlines()
    table = [line.strip() for line in lines if line.lstrip().startswith("|")]
    return " ".join(" ".join(line for line in lines if not line.lstrip().startswith("|")).split()), table


def _members_of(cls: griffe.Class) -> dict[str, str]:
    """Return what to add to each member of a struct; nothing for other classes."""
    if not cls.path.startswith("cognito_idp.model."):
        return {}
    found = getattr(importlib.import_module(cls.module.path), cls.name)
    return {member.name: _facts(member) for member in getattr(found, "_members", ())}


def _facts(member: Any) -> str:
    bounds = _bounds(member.shape)
    facts = [*(["required"] if member.required else []), *([bounds] if bounds else [])]
    secret = {"": "", "secret": " Secret: never shown.", "personal": " Personal: masked in a `repr`."}.get(
        member.sensitive, " Masked in a `repr`; holds secrets."
    )
    return f" ({'; '.join(facts)}){secret} `{member.wire_name}`" if facts else f"{secret} `{member.wire_name}`"


def _bounds(shape: Any) -> str:
    low, high = getattr(shape, "minimum", None), getattr(shape, "maximum", None)
    unit = {"Text": " characters", "Blob": " bytes", "ListOf": " items", "MapOf": " entries"}.get(
        type(shape).__name__, ""
    )
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {low:,}{unit}"
    return f"at most {high:,}{unit}" if low is None else f"{low:,} to {high:,}{unit}"
