from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import (
    AccountRecoverySettingType,
    AddCustomAttributesRequest,
    AdminCreateUserRequest,
    AdminInitiateAuthRequest,
    AttributeType,
    AuthFlowType,
    ContextDataType,
    CreateGroupRequest,
    CreateUserPoolRequest,
    HttpHeader,
    RecoveryOptionType,
    RequestValidationError,
    SchemaAttributeType,
    SetUICustomizationRequest,
)
from cognito_idp._errors import Fault
from cognito_idp._structs.enums import OpenEnum
from cognito_idp._structs.shapes import (
    Blob,
    Boolean,
    Choice,
    Document,
    Integer,
    ListOf,
    MapOf,
    Nested,
    Shape,
    Text,
    Timestamp,
)
from tests.conformance.values import request_classes, sample, struct_classes
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._structs.struct import Request


def problems(shape: Shape, value: Any) -> list[str]:
    """Return what a shape finds wrong with a value, once the struct has taken its copy."""
    faults: list[Fault] = []
    shape.check(shape.own(value), "Struct.member", (".member",), faults)
    return [fault.problem for fault in faults]


def refusal(make: Callable[[], object]) -> RequestValidationError:
    """Return the error with which a request is refused."""
    with pytest.raises(RequestValidationError) as caught:
        make()
    return caught.value


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Text(1, 3), "a"),
        (Text(1, 3), "abc"),
        (Text(0, 3), ""),
        (Text(None, 3), ""),
        (Text(), "x" * 1000),
        (Text(1, 3), "\U0001f600" * 3),
        (Choice(AuthFlowType), "USER_AUTH"),
        (Choice(AuthFlowType), "SOMETHING_NEW"),
        (Choice(AuthFlowType), AuthFlowType.USER_AUTH),
        (Integer(0, 60), 0),
        (Integer(0, 60), 60),
        (Integer(0), 10**12),
        (Integer(), -1),
        (Boolean(), False),
        (Blob(0, 3), b""),
        (Blob(0, 3), bytearray(b"abc")),
        (Blob(0, 3), memoryview(b"abc")),
        (Timestamp(), datetime(2026, 1, 1, tzinfo=UTC)),
        (ListOf(Text(), 1, 2), ["a"]),
        (ListOf(Text(), 1, 2), ("a", "b")),
        (ListOf(Text()), []),
        (ListOf(Text()), {"a": 1}.keys()),
        (ListOf(Text()), frozenset({"a"})),
        (MapOf(Text(), Text(), 0, 1), {}),
        (MapOf(Text(), Text(), 0, 1), {"a": "b"}),
        (Nested(AttributeType), AttributeType(name="a")),
        (Document(), {"a": [1, 2.5, None, True, {"b": ("c",)}]}),
        (Document(), None),
        (Document(), '{"a": [1, null]}'),
    ],
)
def test_legal_values_pass(shape: Shape, value: object) -> None:
    """A value of the right type and within its bounds, the limits included, has no fault."""
    assert problems(shape, value) == []


@pytest.mark.parametrize(
    ("shape", "value", "problem"),
    [
        (Text(), 5, "must be a string, not int"),
        (Text(), b"a", "must be a string, not bytes"),
        (Text(), ["a"], "must be a string, not list"),
        (Text(1, 3), "", "must have between 1 and 3 characters, has 0"),
        (Text(1, 3), "abcd", "must have between 1 and 3 characters, has 4"),
        (Text(4), "abc", "must have at least 4 characters, has 3"),
        (Text(None, 3), "abcd", "must have at most 3 characters, has 4"),
        (Text(2, 2), "a", "must have exactly 2 characters, has 1"),
        (Text(0, 2_048), "a" * 2_049, "must have between 0 and 2,048 characters, has 2,049"),
        (Choice(AuthFlowType), 5, "must be an AuthFlowType or a string, not int"),
        (Choice(AuthFlowType), "", "must not be empty"),
        (Choice(AuthFlowType), AuthFlowType, "must be an AuthFlowType or a string, not the class AuthFlowType"),
        (Integer(0, 60), "5", "must be an integer, not str"),
        (Integer(0, 60), 5.0, "must be an integer, not float"),
        (Integer(0, 60), True, "must be an integer, not bool"),
        (Integer(0, 60), -1, "must be between 0 and 60, is -1"),
        (Integer(0, 60), 61, "must be between 0 and 60, is 61"),
        (Integer(1), 0, "must be at least 1, is 0"),
        (Boolean(), 1, "must be a bool, not int"),
        (Boolean(), "true", "must be a bool, not str"),
        (Blob(0, 3), "abc", "must be a bytes object, not str"),
        (Blob(0, 3), b"abcd", "must have between 0 and 3 bytes, has 4"),
        (Timestamp(), 1_700_000_000, "must be a datetime, not int"),
        (Timestamp(), "2026-01-01", "must be a datetime, not str"),
        (Timestamp(), datetime(2026, 1, 1), "must be an aware datetime: it has no time zone"),  # noqa: DTZ001 - the point
        (ListOf(Text()), "abc", "must be a sequence, not str"),
        (ListOf(Text()), b"abc", "must be a sequence, not bytes"),
        (ListOf(Text()), {"a": "b"}, "must be a sequence, not dict"),
        (ListOf(Text()), 5, "must be a sequence, not int"),
        (ListOf(Text(), 1, 2), [], "must have between 1 and 2 items, has 0"),
        (ListOf(Text(), 1, 2), ["a", "b", "c"], "must have between 1 and 2 items, has 3"),
        (ListOf(Text()), ["a", None], "must be a string, not NoneType"),
        (MapOf(Text(), Text()), [("a", "b")], "must be a mapping, not list"),
        (MapOf(Text(), Text(), 0, 1), {"a": "b", "c": "d"}, "must have between 0 and 1 entries, has 2"),
        (MapOf(Text(), Text()), {1: "b"}, "must be a string, not int"),
        (MapOf(Text(), Text()), {"a": 1}, "must be a string, not int"),
        (MapOf(Text(), Text()), {"a": None}, "must be a string, not NoneType"),
        (MapOf(Text(1, 2), Text()), {"": "b"}, "must have between 1 and 2 characters, has 0"),
        (Nested(AttributeType), [("Name", "a")], "must be an AttributeType, not list"),
        (Nested(AttributeType), HttpHeader(), "must be an AttributeType, not HttpHeader"),
        (Nested(AttributeType), AttributeType, "must be an AttributeType, not the class AttributeType"),
        (Document(), {1: "a"}, "must be a JSON object with string keys, not int"),
        (Document(), {"a": {1, 2}}, "must be a JSON value, not set"),
        (Document(), {"a": b"bytes"}, "must be a JSON value, not bytes"),
        (Document(), [datetime(2026, 1, 1, tzinfo=UTC)], "must be a JSON value, not datetime"),
        (Document(), "secret", "must be a JSON object or its text; this text is not one"),
        (Document(), '["secret"]', "must be a JSON object or its text; this text is not one"),
        (Document(), '{"a": NaN}', "must be a JSON value; infinities and NaN are not"),
        (Document(), '{"a":' * 100_000, "must be a JSON object or its text; this text is not one"),
    ],
)
def test_illegal_values_are_named_with_their_bound(shape: Shape, value: object, problem: str) -> None:
    """A fault says what must be and what is: the type, or the size with the bound."""
    assert problems(shape, value) == [problem]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_document_holds_no_number_that_json_cannot_say(number: float) -> None:
    """Infinities and NaN have no form in JSON (RFC 8259, 6), so they are refused before sending."""
    assert len(problems(Document(), {"a": [number]})) == 1


def test_a_mutable_item_in_a_list_is_owned_as_well() -> None:
    """Ownership goes all the way down: lists of lists become tuples of tuples."""
    inner = ["a"]
    kept = ListOf(ListOf(Text())).own([inner])
    inner.append("b")
    assert kept == (("a",),)


def test_all_faults_come_in_one_error() -> None:
    """One error lists every fault of the request and its nested structs, each with member, place and bound."""
    error = refusal(
        lambda: AdminInitiateAuthRequest(
            user_pool_id="",
            client_id="c" * 129,
            auth_flow=5,  # type: ignore[arg-type]  # that is the point
            session="short",
            client_metadata={"a": 1},  # type: ignore[dict-item]
            context_data=ContextDataType(
                ip_address="1.2.3.4",
                server_name="s",
                server_path=None,  # type: ignore[arg-type]
                http_headers=[HttpHeader(), HttpHeader(header_name=b"x")],  # type: ignore[arg-type]
            ),
        )
    )
    assert (error.struct, len(error.faults)) == ("AdminInitiateAuthRequest", 7)
    assert str(error) == (
        "AdminInitiateAuthRequest is not valid: "
        "AdminInitiateAuthRequest.user_pool_id: must have between 1 and 55 characters, has 0; "
        "AdminInitiateAuthRequest.client_id: must have between 1 and 128 characters, has 129; "
        "AdminInitiateAuthRequest.auth_flow: must be an AuthFlowType or a string, not int; "
        "AdminInitiateAuthRequest.client_metadata: must be a string, not int (at client_metadata['a']); "
        "ContextDataType.server_path: is required (at context_data.server_path); "
        "HttpHeader.header_name: must be a string, not bytes (at context_data.http_headers[1].header_name); "
        "AdminInitiateAuthRequest.session: must have between 20 and 4,096 characters, has 5"
    )


def test_faults_say_member_path_and_problem() -> None:
    """A program can read each fault: the member as `Struct.member`, where it stands in the request, and the problem."""
    error = refusal(
        lambda: AdminCreateUserRequest(
            user_pool_id="p", username="u", user_attributes=[AttributeType(name="ok"), AttributeType(name="")]
        )
    )
    assert error.faults == (
        Fault("AttributeType.name", "user_attributes[1].name", "must have between 1 and 32 characters, has 0"),
    )


@for_each("cls", request_classes())
def test_missing_members_are_all_named(cls: type[Request[Any]]) -> None:
    """A request made with nothing reports exactly its required members."""
    required = tuple(
        Fault(f"{cls.__name__}.{member.name}", member.name, "is required") for member in cls._members if member.required
    )
    if required:
        assert required == refusal(cls).faults
    else:
        assert cls() == cls()


def bounded() -> dict[str, Any]:
    """Return every text, number, blob, list and map of a request that has a bound."""
    return {
        f"{cls.__name__}.{member.name}": (cls, member)
        for cls in request_classes()
        for member in cls._members
        if isinstance(member.shape, Text | Integer | Blob | ListOf)
        and (member.shape.minimum, member.shape.maximum) != (None, None)
    }


def of_size(shape: Any, size: int) -> Any:  # noqa: PLR0911 - one a shape
    """Return a value of the given length, or the number itself; None where there is no such value."""
    match shape:
        case Integer():
            return size
        case _ if size < 0:
            return None
        case Text():
            return "x" * size
        case Blob():
            return b"x" * size
        case ListOf(item=Nested(struct=struct)):
            return [sample(struct)] * size
        case ListOf(item=Text(minimum=least)):
            return ["x" * max(least or 0, 1)] * size
        case ListOf(item=Choice()):
            return ["x"] * size
    msg = f"no value of a size is known for {shape!r}"
    raise AssertionError(msg)


@for_each("cls,member", bounded())
def test_the_bounds_of_every_member_are_held(cls: type[Request[Any]], member: Any) -> None:
    """The least and the most that the model allows pass, and one less or one more is refused, naming the bound."""
    given = {other.name: getattr(sample(cls), other.name) for other in cls._members if other.required}
    shape = member.shape
    for bound, outside in ((shape.minimum, -1), (shape.maximum, 1)):
        if bound is None or (value := of_size(shape, bound)) is None:
            continue
        assert cls(**{**given, member.name: value})
        illegal = of_size(shape, bound + outside)
        if illegal is not None:
            (fault,) = refusal(partial(cls, **{**given, member.name: illegal})).faults
            assert fault.member == f"{cls.__name__}.{member.name}"
            assert f"{bound:,}" in fault.problem


MARK = "hunter2"


@for_each("cls", request_classes())
def test_faults_never_show_values(cls: type[Request[Any]]) -> None:
    """Whatever is wrong with a request, no given value gets into the error: it could be a password."""
    wrong: list[Any] = [
        MARK * 40_000,
        {MARK: MARK.encode()},
        {MARK + "!": [MARK]},
        [MARK],
        [[MARK]],
        MARK.encode(),
        type(f"T{len(MARK)}", (), {"__repr__": lambda _: MARK})(),
    ]
    refusals = []
    for value in wrong:
        try:
            cls(**{member.name: value for member in cls._members})
        except RequestValidationError as error:
            refusals.append(str(error) + repr(error) + repr(error.faults))
    assert bool(refusals) == bool(cls._members)
    for shown in refusals:
        # A map's key that looks like a name is shown, to tell the entries apart.
        assert MARK not in shown.replace(f"['{MARK}']", "").replace(f"[\\'{MARK}\\']", "")


def test_an_odd_key_of_a_map_is_not_shown() -> None:
    """A key that is no plain name could be a value in the wrong place, so the fault does not show it."""
    error = refusal(
        lambda: AdminInitiateAuthRequest(
            user_pool_id="p",
            client_id="c",
            auth_flow="USER_AUTH",
            auth_parameters={"pa55 w0rd!": 1, "USERNAME": 2},  # type: ignore[dict-item]
        )
    )
    assert "w0rd" not in str(error)
    assert "auth_parameters['USERNAME']" in str(error)


def test_structs_inside_a_request_are_checked_when_the_request_is_made() -> None:
    """A nested struct may be made step by step; the request that holds it reports its faults."""
    unfinished = AccountRecoverySettingType(recovery_mechanisms=[RecoveryOptionType(priority=3, name="x")])
    error = refusal(lambda: CreateUserPoolRequest(pool_name="p", account_recovery_setting=unfinished))
    assert [fault.path for fault in error.faults] == ["account_recovery_setting.recovery_mechanisms[0].priority"]


def test_bounds_of_lists_are_held_with_the_faults_of_their_items() -> None:
    """Too many items, and a wrong one among them, are two faults."""
    attributes = [SchemaAttributeType(name="a")] * 25 + [SchemaAttributeType(name="")]
    error = refusal(lambda: AddCustomAttributesRequest(user_pool_id="p", custom_attributes=attributes))
    assert [fault.path for fault in error.faults] == ["custom_attributes", "custom_attributes[25].name"]


def test_bytes_are_counted_as_bytes() -> None:
    """The bound of a blob is on the bytes themselves, not on their base64 form."""
    assert SetUICustomizationRequest(user_pool_id="p", image_file=b"x" * 131_072)
    error = refusal(lambda: SetUICustomizationRequest(user_pool_id="p", image_file=b"x" * 131_073))
    assert "131,072 bytes" in str(error)


def test_patterns_are_not_checked() -> None:
    """The published patterns are stricter than the service, so text that breaks one passes."""
    assert CreateGroupRequest(group_name="with spaces and \u00fc", user_pool_id="no underscore")


def test_every_enum_member_becomes_its_enum() -> None:
    """Wherever the model has an enum, a plain string is kept as that enum."""
    for cls in struct_classes():
        made = sample(cls)
        for member in cls._members:
            if isinstance(member.shape, Choice):
                assert isinstance(getattr(made, member.name), member.shape.enum)
                assert issubclass(member.shape.enum, OpenEnum)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(AttributeType),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text() | st.integers(), inner, max_size=2),
    max_leaves=4,
)


@given(value=anything)
@settings(deadline=None)
def test_whatever_is_given_is_either_kept_or_refused(value: object) -> None:
    """No value of any type makes a request raise something other than its validation error."""
    members: dict[str, Any] = {"policies": value, "user_pool_tags": value, "alias_attributes": value}
    with suppress(RequestValidationError):
        made = CreateUserPoolRequest(pool_name="p", **members)
        assert made == attrs.evolve(made)
