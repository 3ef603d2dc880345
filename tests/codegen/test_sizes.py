"""How large an answer may be by the bounds of the model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_idp_codegen.model import Model, load
from cognito_idp_codegen.sizes import LEAST, MIB, MOST, large_answers, largest
from tests.conformance.reference import require_wheel, wheel

require_wheel()
SCALARS: dict[str, Any] = {
    "boolean": False,
    "integer": -(2**31),
    "long": -(2**63),
    "timestamp": 1_234_567_890.123,
}


@pytest.fixture(scope="module")
def model() -> Model:
    """Give the model."""
    return load(wheel())


def fullest(model: Model, name: str) -> Any:
    """Return a value of a shape that fills all of its bounds, or None if it has parts without a bound."""
    shape = model.shapes[name]
    value = SCALARS.get(shape.type)
    if shape.enum:
        value = max(shape.enum, key=len)
    elif shape.type == "structure":
        members = {member.wire_name: fullest(model, member.shape) for member in shape.members}
        value = None if None in members.values() else members
    elif shape.type == "list" and shape.maximum is not None:
        item = fullest(model, shape.item or "")
        value = None if item is None else [item] * shape.maximum
    elif shape.type == "string" and shape.maximum is not None:
        value = "\u00e9" * shape.maximum
    return value


@pytest.mark.slow
def test_bounds_hold_for_the_fullest_value(model: Model) -> None:
    """The bound of each shape that has one in all its parts is no smaller than the JSON of its fullest value."""
    checked = 0
    for name in model.shapes:
        value = fullest(model, name)
        if value is not None:
            checked += 1
            assert len(json.dumps(value, separators=(",", ":"))) <= largest(model, name), name
    assert checked > 100


def test_a_blob_is_base64(model: Model) -> None:
    """A blob takes four characters for three bytes, and quotes."""
    assert 1_333_336 + 2 <= largest(model, "AssetBytesType") <= 1_333_336 + 6


def test_which_answers_are_large(model: Model) -> None:
    """Styles with images, pools and pages of users are; a sign-in, and what takes no signature, is not."""
    sizes = large_answers(model)
    assert {"DescribeManagedLoginBranding", "DescribeManagedLoginBrandingByClient", "ListUsers"} <= set(sizes)
    assert 40 * 1_333_336 < sizes["DescribeManagedLoginBranding"] * MIB
    assert not {"InitiateAuth", "AdminInitiateAuth", "AdminRespondToAuthChallenge", "GetUser"} & set(sizes)
    assert all(LEAST < size <= MOST for size in sizes.values())
