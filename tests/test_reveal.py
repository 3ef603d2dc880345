"""`reveal` shows personal data, and never a secret."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AppClient,
    AttributeType,
    Client,
    Credentials,
    Device,
    EmailOtp,
    InitiateAuthRequest,
    ListUsersResponse,
    NotAuthorizedException,
    RequestValidationError,
    SignedIn,
    Tokens,
    TotpSetup,
    UserType,
    WaitFailedError,
    reveal,
    to_wire,
)
from cognito_idp._protocol.redaction import REDACTED, Opaque
from cognito_idp._reveal import revealed
from cognito_idp.sign_in.packing import ChallengeState
from cognito_idp.tokens.claims import access_token_claims
from tests.conformance.values import build, plain_structs, struct_classes
from tests.support.sensitive import Marks, filled

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._structs.struct import Struct

MARY = UserType(username="mary", attributes={"email": "mary@example.com"})
CREDENTIALS = Credentials("AKID", "hunter2")


@pytest.mark.parametrize("cls", struct_classes(), ids=lambda cls: cls.__name__)
def test_every_personal_member_shows_and_no_secret(cls: type[Struct]) -> None:
    """Of a struct with every member, each mark of a personal one is shown, and none of a secret one."""
    marks = Marks("a")
    struct = filled(cls, marks)
    for value in (struct, [struct], {"struct": (struct,)}):
        text = reveal(value)
        assert [] == [mark for mark in marks.made["secret"] if mark in text]
        assert [] == [mark for mark in marks.made["personal"] if mark not in text]
    assert [] == [mark for marks_of in marks.made.values() for mark in marks_of if mark in repr(struct)]


@pytest.mark.parametrize("cls", struct_classes(), ids=lambda cls: cls.__name__)
def test_no_plain_dict_shows_a_secret(cls: type[Struct]) -> None:
    """The same holds for a struct's wire form, as `call` returns it."""
    marks = Marks("a")
    text = reveal(to_wire(filled(cls, marks)))
    assert [] == [mark for mark in marks.made["secret"] if mark in text]
    assert [] == [mark for mark in marks.made["personal"] if mark not in text]


@given(st.sampled_from(struct_classes()).flatmap(lambda cls: plain_structs(cls).map(lambda plain: build(cls, plain))))
def test_what_is_not_sensitive_reads_as_in_a_repr(struct: Struct) -> None:
    """Where a struct has nothing to hide, the text is its `repr`, but for the line breaks."""
    if REDACTED not in repr(struct):
        assert repr(struct) == revealed(struct)


def test_a_long_value_is_broken_over_lines() -> None:
    """What doesn't fit on a line stands one member a line, and what fits stays together."""
    text = reveal(ListUsersResponse(users=[MARY, UserType(username="bob", enabled=True)], pagination_token="next"))
    expected = """\
ListUsersResponse(
    users=(
        UserType(
            username='mary',
            attributes=(AttributeType(name='email', value='mary@example.com'),),
        ),
        UserType(username='bob', enabled=True),
    ),
    pagination_token='next',
)"""
    assert expected == text


CHALLENGE: Any = {
    "client_id": "1example",
    "username": "mary",
    "session": "hunter2",
    "parameters": {"CODE_DELIVERY_DESTINATION": "m***@e***", "SECRET_BLOCK": "hunter2", "question": "hunter2"},
}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            InitiateAuthRequest(
                client_id="1example",
                auth_flow="USER_PASSWORD_AUTH",
                auth_parameters={"USERNAME": "mary", "PASSWORD": "hunter2", "NEW": "hunter2"},
            ),
            ("'mary'", "'1example'", "'PASSWORD': '***'", "'NEW': '***'"),
        ),
        (
            SignedIn(
                tokens=Tokens(access_token="hunter2"),
                new_device=Device(key="key", group_key="group", password="hunter2"),
            ),
            ("'key'",),
        ),
        (
            EmailOtp(**CHALLENGE),
            ("'mary'", "'1example'", "session='***'", "'SECRET_BLOCK': '***'", "answer with code="),
        ),
        (TotpSetup(**CHALLENGE, secret_code="hunter2"), ("'mary'", "secret_code='***'")),
        (AppClient("us-east-1_a", "1example", "hunter2"), ("'1example'", "client_secret='***'")),
        (CREDENTIALS, ("'AKID'", "secret_access_key='***'")),
        (ChallengeState("hunter2"), ("ChallengeState('***')",)),
        (Opaque("hunter2"), ("'***'",)),
        (Client("us-east-1", credentials=CREDENTIALS).with_options(headers={"x": "hunter2"}), ("Client(https://",)),
        (WaitFailedError("it failed", response=MARY), ("WaitFailedError(", "'it failed'", "mary@example.com")),
        (NotAuthorizedException("no"), ("NotAuthorizedException('NotAuthorizedException: no')",)),
        ({"AuthenticationResult": {"AccessToken": "hunter2", "ExpiresIn": 3600}}, ("3600", "'AccessToken': '***'")),
        ({"auth_parameters": {"USERNAME": "mary", "FOO": "hunter2"}}, ("'mary'",)),
        ({"PASSWORD": "hunter2", "secret_hash": "hunter2", "SOFTWARE_TOKEN_MFA_CODE": "hunter2"}, ()),
        ({"Credential": {"id": "hunter2"}, "session": MARY}, ("mary@example.com",)),
        ({"ProviderDetails": {"client_id": "1example", "client_secret": "hunter2"}}, ("1example",)),
        (OrderedDict(user=MARY, password="hunter2"), ("OrderedDict({", "mary@example.com")),
        (MappingProxyType({"user": MARY, "password": "hunter2"}), ("mappingproxy({", "mary@example.com")),
        ([MARY, (MARY,), {"a": {1}}, set(), frozenset({1})], ("mary@example.com", "{1}", "set()", "frozenset({1})")),
        ("mary", ("'mary'",)),
        (None, ("None",)),
    ],
)
def test_other_values(value: object, shown: tuple[str, ...]) -> None:
    """Outcomes, errors, containers and plain dicts show what is personal, and no secret."""
    text = reveal(value)
    assert [] == [piece for piece in shown if piece not in text]
    assert "hunter2" not in text


def test_claims() -> None:
    """The claims of a token say who the user is, once revealed."""
    claims = {"sub": "1234", "iss": "i", "client_id": "c", "username": "mary", "device_key": "d"}
    found = access_token_claims(claims, datetime(2026, 1, 1, tzinfo=UTC))
    assert "mary" not in repr(found)
    assert {"sub='1234'", "username='mary'", "device_key='d'"} <= set(reveal(found).replace(",", "").split())


def test_a_refused_request_shows_no_value() -> None:
    """The error of a request is shown with its faults."""
    with pytest.raises(RequestValidationError) as caught:
        InitiateAuthRequest(client_id="c", auth_flow="A", auth_parameters={"PASSWORD": 5})  # type: ignore[dict-item]
    assert "InitiateAuthRequest.auth_parameters" in reveal(caught.value)


def endless() -> list[Any]:
    """Return a list that holds itself, twice."""
    value: list[Any] = [MARY]
    value += [value, {"again": value}]
    return value


def deep() -> object:
    """Return a struct at the bottom of very many lists."""
    value: Any = MARY
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("make", [endless, deep])
def test_an_end_is_found(make: Callable[[], object]) -> None:
    """What holds itself, or is very deep, is cut off with dots."""
    text = reveal(make())
    assert "..." in text
    assert len(text) < 20_000


@pytest.mark.slow
def test_many_users() -> None:
    """An answer of many users has lines for each of them."""
    users = [UserType(username=f"user-{number}", attributes={"email": f"{number}@x.y"}) for number in range(2_000)]
    text = reveal(ListUsersResponse(users=users))
    assert 2_000 == text.count("AttributeType(name='email', value='")
    assert max(map(len, text.splitlines())) <= 100


def test_an_own_struct_is_no_member() -> None:
    """The metadata of an answer stay out, as in its `repr`, since headers may carry cookies."""
    assert "ListUsersResponse()" == reveal(ListUsersResponse())
    assert "AttributeType(name='email')" == reveal(AttributeType(name="email"))
