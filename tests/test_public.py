"""What is public says where it can be imported from."""

from __future__ import annotations

import pickle
import pkgutil
import subprocess
import sys
import typing
from importlib import import_module
from typing import Any

import pytest

import cognito_idp
from cognito_idp import errors, types

FACADES = (
    "cognito_idp",
    *(
        f"cognito_idp.{name}"
        for name in ("errors", "types", "login", "credentials", "observability", "testing", "guards")
    ),
    *(f"cognito_idp.guards.{name}" for name in ("asgi", "wsgi", "fastapi", "aws_lambda")),
)
# The generated structs and enums, and what refers to a neighbour by its bare name: `typing.get_type_hints` looks for it
# in the module that the class says it is from.
ELSEWHERE = {*types.__all__, "SignedIn"}


def classes() -> dict[str, type[Any]]:
    """Return the classes that the package itself offers."""
    names = import_module("cognito_idp").__all__
    return {name: getattr(cognito_idp, name) for name in names if isinstance(getattr(cognito_idp, name), type)}


@pytest.mark.parametrize("facade", FACADES)
def test_a_facade_offers_what_it_lists(facade: str) -> None:
    """Every name in `__all__` is there, once, and `dir` shows it."""
    module = import_module(facade)
    assert len(set(module.__all__)) == len(module.__all__)
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        assert getattr(module, name) is getattr(module, name)


@pytest.mark.parametrize("facade", ["cognito_idp.sign_in", "cognito_idp.tokens", *FACADES])
def test_no_name_is_that_of_a_module(facade: str) -> None:
    """A module that is loaded sets its name in its package, in place of what the package offers under that name."""
    module = import_module(facade)
    below = {found.name for found in pkgutil.iter_modules(getattr(module, "__path__", ()))}
    assert set() == below & set(module.__all__)


def test_public_classes_are_from_the_package() -> None:
    """A class that is imported from `cognito_idp` says so; every exception does."""
    found = {name for name, cls in classes().items() if cls.__module__ == "cognito_idp"}
    assert classes().keys() - ELSEWHERE == found
    assert set(errors.__all__) - {"service_error"} <= found


def test_a_traceback_shows_the_name_to_import() -> None:
    """Python's own traceback names an exception as a program would catch it."""
    code = "import cognito_idp; cognito_idp.ListUsersRequest(user_pool_id='')"
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    assert "\ncognito_idp.RequestValidationError: " in text


@pytest.mark.parametrize("name", sorted(classes()))
def test_a_class_can_be_pickled(name: str) -> None:
    """Pickles refer to a class by the place that it says it is from."""
    cls = classes()[name]
    assert cls is pickle.loads(pickle.dumps(cls))


@pytest.mark.parametrize(
    "name", ["AppClient", "Device", "NotAuthorizedException", "ServiceError", "SignedIn", "Timeout"]
)
def test_annotations_can_be_read(name: str) -> None:
    """The annotations of a class mean something where it says it is from."""
    assert typing.get_type_hints(classes()[name]) or issubclass(classes()[name], Exception)


def test_older_places_still_load() -> None:
    """A pickle that refers to the module of the definition loads."""
    for name in ("RequestValidationError", "ServiceError"):
        assert getattr(cognito_idp, name) is pickle.loads(b"ccognito_idp._errors\n%b\n." % name.encode())
