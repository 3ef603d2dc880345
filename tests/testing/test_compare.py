"""What differs between two values, as pytest and the stub show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AttributeType,
    AuthenticationResultType,
    EmailOtp,
    ListUsersResponse,
    ResponseMetadata,
    SignedIn,
    SmsMfa,
    Tokens,
    UserType,
)
from cognito_idp.testing.compare import explained, gaps
from tests.conformance.values import struct_classes
from tests.support.sensitive import Marks, filled

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Struct

EMAIL = AttributeType(name="email", value="mary@example.com")
CHALLENGE: Any = {"client_id": "c", "session": "s"}
CHALLENGE_SHOWN = "client_id='c', username='mary', session='***', answer with code="


@pytest.mark.parametrize("cls", struct_classes(), ids=lambda cls: cls.__name__)
def test_every_personal_difference_shows_and_no_secret_one(cls: type[Struct]) -> None:
    """Of two structs that differ everywhere, both sides' personal data show, and secrets only by their place."""
    one, other = Marks("a"), Marks("b")
    lines = explained("==", filled(cls, one), filled(cls, other))
    assert lines is not None
    text = "\n".join(lines)
    assert [] == [mark for marks in (one, other) for mark in marks.made["secret"] if mark in text]
    assert [] == [mark for marks in (one, other) for mark in marks.made["personal"] if mark not in text]
    assert bool(one.made["secret"]) == ("'***' differs" in text)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (EMAIL, EMAIL, []),
        (EMAIL, AttributeType(name="email", value="b"), ["value: 'mary@example.com' != 'b'"]),
        (EMAIL, AttributeType(name="email"), ["value: 'mary@example.com' != None"]),
        ((EMAIL,), (), ["[0]: AttributeType(name='email', value='mary@example.com') != nothing"]),
        (
            ListUsersResponse(users=[UserType(username="mary", attributes=[EMAIL])]),
            ListUsersResponse(users=[UserType(username="bob", attributes={"email": "b"})]),
            ["users[0].username: 'mary' != 'bob'", "users[0].attributes[0].value: 'mary@example.com' != 'b'"],
        ),
        (
            AuthenticationResultType(access_token="hunter1", expires_in=1),
            AuthenticationResultType(access_token="hunter2", id_token="hunter3", expires_in=2),
            ["access_token: '***' differs", "expires_in: 1 != 2", "id_token: None != '***'"],
        ),
        (
            SignedIn(tokens=Tokens(access_token="hunter1")),
            SignedIn(tokens=Tokens(access_token="hunter1"), device_dropped=True),
            ["device_dropped: False != True"],
        ),
        (
            EmailOtp(username="mary", **CHALLENGE),
            EmailOtp(username="bob", parameters={"SECRET_BLOCK": "hunter2", "USERNAME": "bob"}, **CHALLENGE),
            ["username: 'mary' != 'bob'", "parameters: None != {'SECRET_BLOCK': '***', 'USERNAME': 'bob'}"],
        ),
        (
            EmailOtp(username="mary", **CHALLENGE),
            SmsMfa(username="mary", **CHALLENGE),
            [f"EmailOtp({CHALLENGE_SHOWN}) != SmsMfa({CHALLENGE_SHOWN})"],
        ),
        ({"user": EMAIL, "password": "hunter1"}, {"password": "hunter2"}, None),
    ],
)
def test_what_differs(left: object, right: object, expected: list[str] | None) -> None:
    """Each difference is named by its path, with what stands on either side."""
    if expected is None:
        expected = [
            "['user']: AttributeType(name='email', value='mary@example.com') != nothing",
            "['password']: '***' differs",
        ]
    assert expected == [gap.said(" != ") for gap in gaps(left, right)]


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("==", 1, 2),
        ("==", [1, "a"], {"a": [None]}),
        ("in", "email", ["name"]),
        ("==", ResponseMetadata("r", 200, 1), ResponseMetadata("r", 200, 2)),
    ],
)
def test_other_values_are_pytests_own_business(operator: str, left: object, right: object) -> None:
    """What holds nothing with data of this library is left to pytest."""
    assert explained(operator, left, right) is None


def test_other_operators() -> None:
    """Whatever the comparison, both sides are shown with personal data."""
    shown = "AttributeType(name='email', value='mary@example.com')"
    assert [f"{shown} not in ({shown},)"] == explained("not in", EMAIL, (EMAIL,))
    assert [f"{shown} != {shown}"] == explained("!=", EMAIL, EMAIL)
    assert [f"None == {shown}"] == explained("==", None, EMAIL)
