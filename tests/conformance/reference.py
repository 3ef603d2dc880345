"""What results are held against: botocore with its own model of the service, and with that of a given wheel.

The installed botocore is the one that ministack pins, which doesn't know the newest operations. A newer model can be
lent to it: `COGNITO_IDP_MODEL_WHEEL` names the wheel of the pinned botocore (`src/cognito_idp_codegen/pin.txt`).
"""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.support.loop import Law

VARIABLE = "COGNITO_IDP_MODEL_WHEEL"
_FOLDER = "botocore/data/cognito-idp/2016-04-18"


_MISSING = f"{VARIABLE} names no botocore wheel with the model to compare with"


def require_wheel() -> None:
    """Skip the whole module that is being imported where the environment names no wheel."""
    if not os.environ.get(VARIABLE):
        pytest.skip(_MISSING, allow_module_level=True)


def wheel() -> Path:
    """Return the wheel that the environment names, or skip the test."""
    name = os.environ.get(VARIABLE)
    if not name:
        pytest.skip(_MISSING)
    return Path(name)


@cache
def wheel_document(name: str) -> dict[str, Any]:
    """Return one of the JSON documents of the service in the wheel."""
    with zipfile.ZipFile(wheel()) as archive:
        packed = f"{_FOLDER}/{name}.json.gz"
        if packed in archive.namelist():
            return json.loads(gzip.decompress(archive.read(packed)))  # type: ignore[no-any-return]
        return json.loads(archive.read(f"{_FOLDER}/{name}.json"))  # type: ignore[no-any-return]


@cache
def wheel_model() -> Any:
    """Return the service's model in the wheel, as botocore's own classes read it."""
    return ServiceModel(wheel_document("service-2"), "cognito-idp")


@cache
def installed_model() -> Any:
    """Return the service's model in the installed botocore."""
    return ServiceModel(Loader().load_service_model("cognito-idp", "service-2"), "cognito-idp")


def installed_paginators() -> dict[str, Any]:
    """Return the paginators that the installed botocore has for the service."""
    found: dict[str, Any] = Loader().load_service_model("cognito-idp", "paginators-1")["pagination"]
    return found


MODELS: dict[str, Callable[[], Any]] = {"installed": installed_model, "wheel": wheel_model}


def lent(items: list[Any]) -> list[Any]:
    """Return the cases of a test that needs the wheel; without one, a single case, which is skipped."""
    return items if os.environ.get(VARIABLE) else items[:1]


def operation_model(source: str, name: str) -> Any:
    """Return botocore's model of an operation."""
    return MODELS[source]().operation_model(name)


def operation_models(name: str) -> list[Any]:
    """Return the models of an operation, the installed one and the wheel's, or skip the test where none is there."""
    installed = [installed_model()] if name in installed_model().operation_names else []
    lent_model = [wheel_model()] if os.environ.get(VARIABLE) or not installed else []
    return [model.operation_model(name) for model in (*installed, *lent_model)]


def for_each_operation(names: Iterable[str]) -> Callable[[Law], Law]:
    """Run a test, which takes `source` and `name`, for each model, in a loop over those operations that it knows."""
    ours = list(names)
    installed = set(installed_model().operation_names)
    known = {"installed": [name for name in ours if name in installed], "wheel": lent(ours)}

    def decorate(test: Law) -> Law:
        def over(source: str) -> None:
            for_each("name", known[source])(partial(test, source=source))()

        over.__name__, over.__doc__ = test.__name__, test.__doc__
        return pytest.mark.parametrize("source", MODELS)(over)

    return decorate


def known_members(shape: Any, members: dict[str, Any]) -> dict[str, Any]:
    """Return what is left of plain members without those that a botocore shape doesn't know."""
    return {name: _known(shape.members[name], value) for name, value in members.items() if name in shape.members}


def _known(shape: Any, value: Any) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    match shape.type_name:
        case "structure":
            return known_members(shape, value)
        case "list":
            return [_known(shape.member, item) for item in value]
        case "map":
            return {key: _known(shape.value, item) for key, item in value.items()}
    return value
