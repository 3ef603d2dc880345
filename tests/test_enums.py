from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AuthFlowType,
    ChallengeNameType,
    ExplicitAuthFlowsType,
    MessageActionType,
    OAuthFlowType,
    from_wire,
    to_wire,
)
from tests.conformance.values import enum_classes
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._structs.enums import OpenEnum

ENUMS = enum_classes()
NEW = "Challenge_of-Tomorrow"


@for_each("enum", ENUMS)
def test_known_values(enum: type[OpenEnum]) -> None:
    """Each listed value is a known member that compares, hashes and prints as its string and is found by it."""
    for member in enum:
        value = str(member.value)
        assert enum(value) is member
        assert (value, hash(value), value, f"{value}!") == (member, hash(member), str(member), f"{member}!")
        assert member.is_known
        assert f"<{enum.__name__}.{member.name}: {value!r}>" == repr(member)
        assert json.dumps(member) == json.dumps(value)


@for_each("enum", ENUMS)
def test_unknown_values(enum: type[OpenEnum]) -> None:
    """A value that this version doesn't know is a member of the type like any other, but not a known one."""
    member = enum(NEW)
    assert isinstance(member, enum)
    assert (NEW, hash(NEW), NEW, f"{NEW}!") == (member, hash(member), str(member), f"{member}!")
    assert (NEW, NEW) == (member.value, member.name)
    assert not member.is_known
    assert f"<{enum.__name__}: {NEW!r}>" == repr(member)
    assert json.dumps(member) == json.dumps(NEW)


@pytest.mark.parametrize("value", [NEW, "USER_AUTH"])
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda member: pickle.loads(pickle.dumps(member))])
def test_values_survive_copies(clone: Callable[[AuthFlowType], AuthFlowType], value: str) -> None:
    """Known and unknown values come through `copy`, `deepcopy` and `pickle` as members of their type."""
    member = AuthFlowType(value)
    again = clone(member)
    assert (member, AuthFlowType, member.is_known) == (again, type(again), again.is_known)


@pytest.mark.parametrize(
    ("enum", "name", "hint"),
    [
        (MessageActionType, "SUPRESS", "; did you mean SUPPRESS?"),
        (MessageActionType, "resend", "; did you mean RESEND?"),
        (ChallengeNameType, "SMS_MFAA", "; did you mean SMS_MFA?"),
        (ChallengeNameType, "zzz", ""),
        (ChallengeNameType, "_zzz", ""),
    ],
)
def test_a_name_that_an_enum_does_not_have(enum: Any, name: str, hint: str) -> None:
    """A misspelt name is an AttributeError with the value that is near, if there is one."""
    with pytest.raises(AttributeError) as caught:
        getattr(enum, name)
    assert f"{enum.__name__} has no value {name!r}{hint}" == str(caught.value)
    assert not hasattr(enum, name)


def test_a_known_value_stays_one_object() -> None:
    """A pickled known value comes back as the member itself, so `is` keeps working."""
    assert pickle.loads(pickle.dumps(AuthFlowType.USER_AUTH)) is AuthFlowType.USER_AUTH


def test_unknown_values_do_not_join_the_type() -> None:
    """What was received never changes what the type lists: iteration, length and lookup by name stay as they are."""
    before = list(AuthFlowType)
    AuthFlowType(NEW)
    assert before == list(AuthFlowType)
    assert NEW not in AuthFlowType.__members__
    with pytest.raises(KeyError):
        AuthFlowType[NEW]


def test_two_unknown_values_compare_by_their_text() -> None:
    """Equal unknown values are equal and count once in a set; different ones differ."""
    assert AuthFlowType("A_NEW_ONE") == AuthFlowType("A_NEW_ONE")
    assert len({AuthFlowType("A_NEW_ONE"), AuthFlowType("A_NEW_ONE"), AuthFlowType("ANOTHER")}) == 2


@pytest.mark.parametrize("value", ["user_auth", "USER_AUTH ", "name", "value", "is_known", "__class__", "ü", "a b"])
def test_odd_text_is_only_text(value: str) -> None:
    """Text that resembles a known value or an attribute is an unknown value, nothing else."""
    member = AuthFlowType(value)
    assert (value, False) == (member, member.is_known)


@pytest.mark.parametrize("value", [None, 5, b"USER_AUTH", ["USER_AUTH"], 1.5, True])
def test_what_is_no_string_is_no_value(value: object) -> None:
    """Only strings are values; anything else is a `ValueError`, as for every enum."""
    with pytest.raises(ValueError, match="not a valid AuthFlowType"):
        AuthFlowType(value)  # type: ignore[arg-type]  # that is the point


def test_an_unknown_value_goes_in_and_out_unchanged() -> None:
    """A new value of the service is parsed, can be told from known ones, and is sent back as it came."""
    response = from_wire(AdminInitiateAuthResponse, {"ChallengeName": NEW, "AvailableChallenges": ["PASSWORD", NEW]})
    assert response.challenge_name == NEW
    assert not response.challenge_name.is_known
    assert response.available_challenges == (ChallengeNameType.PASSWORD, NEW)
    assert to_wire(response) == {"ChallengeName": NEW, "AvailableChallenges": ["PASSWORD", NEW]}
    assert type(to_wire(response)["ChallengeName"]) is str


def test_a_request_takes_an_unknown_value() -> None:
    """A flow that is newer than this version can be asked for by its name."""
    request = AdminInitiateAuthRequest(user_pool_id="p", client_id="c", auth_flow="FLOW_OF_TOMORROW")
    assert to_wire(request)["AuthFlow"] == "FLOW_OF_TOMORROW"


def test_members_are_named_in_capitals() -> None:
    """A member's Python name is its value in capitals, whatever the service's own spelling."""
    assert (OAuthFlowType.CODE, OAuthFlowType.CLIENT_CREDENTIALS) == ("code", "client_credentials")
    assert ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH == "ALLOW_USER_SRP_AUTH"


def test_members_can_be_matched() -> None:
    """`match` works on known and unknown values alike."""

    def kind(flow: AuthFlowType) -> str:
        match flow:
            case AuthFlowType.USER_AUTH:
                return "choice"
            case _ if not flow.is_known:
                return "new"
            case _:
                return "other"

    flows = [AuthFlowType("USER_AUTH"), AuthFlowType(NEW), AuthFlowType.CUSTOM_AUTH]
    assert [kind(flow) for flow in flows] == ["choice", "new", "other"]
