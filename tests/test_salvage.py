"""What can't be read in an answer is left out and told, and never costs what can be read."""

from __future__ import annotations

import copy
import json
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.parsers import create_parser
from botocore.utils import parse_timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import (
    AdminInitiateAuthRequest,
    AppClient,
    CreateUserPoolClientRequest,
    ListUsersRequest,
    SmsMfa,
    UserType,
    from_wire,
    to_wire,
)
from cognito_idp._structs import shapes
from cognito_idp._structs.convert import read_struct
from cognito_idp._structs.salvage import salvaged
from cognito_idp.errors import InvalidResponseError, SignInError
from cognito_idp.observability import CallEnded, MemberUnreadable
from tests.conformance.reference import installed_model
from tests.conformance.values import plain, request_classes, response_classes, sample
from tests.support.responder import Responder, success

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.observability import Event
    from tests.support.kit import Kit

APP = AppClient("us-east-1_a", "c")
SIGN_IN = AdminInitiateAuthRequest(user_pool_id="us-east-1_a", client_id="c", auth_flow="ADMIN_USER_PASSWORD_AUTH")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MARK = "hunter2"


def answered(
    kit: Kit, members: Any, request: Any = SIGN_IN, *, body: bytes | None = None
) -> tuple[Any, list[MemberUnreadable]]:
    """Send a request, and return the answer and what the observer was told about members."""
    events: list[Event] = []
    respond = Responder(success(members) if body is None else httpx.Response(200, content=body))
    answer = kit.run(kit.client(respond=respond, observer=events.append, retry="off").send, request)
    assert isinstance(events[-1], CallEnded)
    assert events[-1].error is None
    return answer, [event for event in events if isinstance(event, MemberUnreadable)]


# -- dates ------------------------------------------------------------------------------------------------------------


def test_a_date_in_text_does_not_cost_the_new_clients_id(kit: Kit) -> None:
    """An app client whose creation date came as ISO text is there with its id, its secret and the date."""
    client = {"ClientId": "abc", "ClientSecret": "s", "CreationDate": "2026-01-02T03:04:05Z"}
    request = CreateUserPoolClientRequest(user_pool_id="us-east-1_a", client_name="web")
    answer, events = answered(kit, {"UserPoolClient": client}, request)
    assert ("abc", "s", MOMENT) == (
        answer.user_pool_client.client_id,
        answer.user_pool_client.client_secret,
        answer.user_pool_client.creation_date,
    )
    assert [] == events


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02T03:04:05Z", MOMENT),
        ("2026-01-02T03:04:05.250Z", MOMENT + timedelta(milliseconds=250)),
        ("2026-01-02T03:04:05.123456789Z", MOMENT + timedelta(microseconds=123456)),
        ("2026-01-02T05:04:05+02:00", MOMENT),
        ("2026-01-01T19:04:05-0800", MOMENT),
        ("2026-01-02t03:04:05z", MOMENT),
        ("2026-01-02 03:04:05", MOMENT),
        ("20260102T030405Z", MOMENT),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 03:04:05 GMT", MOMENT),
        ("1767323045", MOMENT),
        ("1767323045.25", MOMENT + timedelta(milliseconds=250)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_dates_in_text_are_read_as_botocore_reads_them(text: str, moment: datetime) -> None:
    """ISO 8601, an HTTP date and a number in text give an aware moment in UTC, the same as boto3's."""
    read = from_wire(UserType, {"UserCreateDate": text}).user_create_date
    assert read is not None
    assert (moment, timedelta()) == (read, read.utcoffset())
    theirs = parse_timestamp(text)
    assert read == (theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        "2026-13-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "Fri, 99 Jan 2026 03:04:05 GMT",
        "nan",
        "1e400",
        "9" * 20,
        "\ud800",
        "\u0662\u0660\u0662\u0666",
        10**30,
        1e300,
        float("inf"),
        float("nan"),
        True,
        [],
        {},
    ],
    ids=ascii,
)
def test_a_date_that_is_none_is_absent(kit: Kit, value: Any) -> None:
    """A date that nobody can read, or that no datetime can hold, is None, and the observer hears of it."""
    body = json.dumps({"Users": [{"Username": "u", "UserCreateDate": value, "Enabled": True}]}).encode()
    answer, events = answered(kit, None, ListUsersRequest(user_pool_id="us-east-1_a"), body=body)
    assert (UserType(username="u", enabled=True),) == answer.users
    assert ["UserType.user_create_date"] == [event.member for event in events]


@given(text=st.text() | st.from_regex(r"[0-9TZ:. +,A-Za-z-]{0,30}"))
@settings(deadline=None)
def test_any_text_is_a_date_or_refused(text: str) -> None:
    """No text for a date raises anything but the refusal."""
    try:
        read = from_wire(UserType, {"UserCreateDate": text}).user_create_date
    except InvalidResponseError:
        return
    assert read is not None
    assert timedelta() == read.utcoffset()


# -- nulls ------------------------------------------------------------------------------------------------------------


def test_a_null_among_the_parameters_does_not_end_a_sign_in(kit: Kit) -> None:
    """A challenge whose Lambda trigger left a parameter null is a challenge without that parameter."""
    parameters = {"hint": None, "CODE_DELIVERY_DESTINATION": "+1***"}
    respond = Responder(success({"ChallengeName": "SMS_MFA", "Session": "s" * 20, "ChallengeParameters": parameters}))
    client = kit.client(respond=respond)
    outcome = kit.run(client.sign_in, APP, username="mary", password="p", flow="USER_PASSWORD_AUTH")
    assert isinstance(outcome, SmsMfa)
    assert {"CODE_DELIVERY_DESTINATION": "+1***"} == outcome.parameters


@pytest.mark.parametrize("cls", response_classes(), ids=lambda cls: cls.__name__)
def test_nulls_are_dropped_everywhere(cls: Any) -> None:
    """A null beside every item and entry of an answer, at any depth, changes nothing and is no fault."""
    whole = sample(cls)

    def sprinkled(shape: Any, wire: Any) -> Any:
        match shape:
            case shapes.ListOf():
                return [None, *(sprinkled(shape.item, item) for item in wire), None]
            case shapes.MapOf():
                return {"": None, **{key: sprinkled(shape.value, item) for key, item in wire.items()}}
            case shapes.Nested():
                return members(shape.struct, wire)
        return wire

    def members(struct: Any, wire: Any) -> Any:
        known = {member.wire_name: member.shape for member in struct._members}
        return {**{name: sprinkled(known[name], value) for name, value in wire.items()}, "OfTomorrow": None}

    assert whole == from_wire(cls, members(cls, to_wire(whole)))


def pruned(value: Any) -> Any:
    """Return parsed data without the nulls that boto3 leaves in lists and maps."""
    if isinstance(value, dict):
        return {key: pruned(item) for key, item in value.items() if item is not None}
    return [pruned(item) for item in value if item is not None] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("request_class", "data"),
    [
        (AdminInitiateAuthRequest, {"ChallengeParameters": {"hint": None, "a": "b"}, "Session": None}),
        (AdminInitiateAuthRequest, {"AvailableChallenges": [None, "PASSWORD"], "AuthenticationResult": None}),
        (ListUsersRequest, {"Users": [None, {"Username": None, "Attributes": [None, {"Name": "n", "Value": None}]}]}),
        (ListUsersRequest, {"Users": [], "PaginationToken": None}),
    ],
)
def test_nulls_mean_what_they_mean_to_botocore(request_class: Any, data: dict[str, Any]) -> None:
    """Where boto3 gives None, or leaves a member out, there is nothing; all else is the same."""
    operation = request_class.operation
    shape = installed_model().operation_model(operation.name).output_shape
    theirs = create_parser("json").parse({"status_code": 200, "headers": {}, "body": json.dumps(data).encode()}, shape)
    del theirs["ResponseMetadata"]
    assert pruned(theirs) == plain(from_wire(operation.response_type, data))


# -- members of a wrong type ------------------------------------------------------------------------------------------

JSON_VALUES: tuple[Any, ...] = ("%", 5, 1.5, True, [], {}, [[]], {"a": {}}, float("inf"))


# By the class of a shape: the types that it is read from. None of the values above is a date in text or base64.
READ_FROM: dict[type[shapes.Shape], tuple[type, ...]] = {
    shapes.Text: (str,),
    shapes.Choice: (str,),
    shapes.Boolean: (bool,),
    shapes.Integer: (int,),
    shapes.Timestamp: (int, float),
    shapes.Blob: (),
    shapes.ListOf: (list,),
    shapes.PairsOf: (list,),
    shapes.MapOf: (dict,),
    shapes.Nested: (dict,),
    shapes.Document: (str, int, float, bool, list, dict),
}


def fits(shape: Any, value: Any) -> bool:
    """Return whether a value has the JSON type of a shape."""
    return type(value) in READ_FROM[type(shape)] and not (value == float("inf") and isinstance(shape, shapes.Timestamp))


def spots(cls: Any, wire: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the path and the shape of every value inside a struct's wire data."""
    for member in cls._members:
        if member.wire_name in wire:
            yield from _inside((member.wire_name,), member.shape, wire[member.wire_name])


def _inside(path: tuple[Any, ...], shape: Any, wire: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, shape
    match shape:
        case shapes.Nested():
            for inner, found in spots(shape.struct, wire):
                yield (*path, *inner), found
        case shapes.ListOf():
            for index, item in enumerate(wire):
                yield from _inside((*path, index), shape.item, item)
        case shapes.MapOf():
            for key, item in wire.items():
                yield from _inside((*path, key), shape.value, item)


def changed(wire: Any, path: tuple[Any, ...], *value: Any) -> Any:
    """Return a copy of wire data with another value at a path, or without one."""
    whole = copy.deepcopy(wire)
    place = whole
    for step in path[:-1]:
        place = place[step]
    if value:
        place[path[-1]] = value[0]
    else:
        del place[path[-1]]
    return whole


@pytest.mark.parametrize("cls", response_classes(), ids=lambda cls: cls.__name__)
def test_a_wrong_type_anywhere_leaves_the_rest(cls: Any) -> None:
    """One value of a wrong JSON type, wherever it stands in whichever answer, is missing, and nothing else is."""
    wire = to_wire(sample(cls))
    for path, shape in spots(cls, wire):
        expected = from_wire(cls, changed(wire, path))
        for value in JSON_VALUES:
            if fits(shape, value):
                continue
            data = changed(wire, path, value)
            assert None is read_struct(cls, data), (path, value)
            read, faults = salvaged(cls, data)
            assert expected == read.value
            assert 1 == len(faults)
            with pytest.raises(InvalidResponseError):
                from_wire(cls, data)


PAGED = [cls for cls in request_classes() if cls.operation.pages is not None]


@pytest.mark.parametrize("cls", PAGED, ids=lambda cls: cls.operation.name)
def test_a_page_that_would_look_like_the_last_is_refused(cls: Any, fresh_kit: Kit) -> None:
    """A list whose items or next token can't be read is an error, since it would seem to end here."""
    by_name = {member.name: member.wire_name for member in cls.operation.response_type._members}
    for name in (cls.operation.pages.output_token, cls.operation.pages.result):
        respond = Responder(success({by_name[name]: True}))
        with pytest.raises(InvalidResponseError, match=f"not bool @ \\$.{name}") as caught:
            fresh_kit.run(fresh_kit.client(respond=respond).send, sample(cls))
        assert (cls.operation.name, 200, "request-1", 1) == (
            caught.value.operation,
            caught.value.status_code,
            caught.value.request_id,
            caught.value.attempts,
        )


@pytest.mark.parametrize(
    ("members", "expected", "told"),
    [
        ({"Session": 5}, {}, [("AdminInitiateAuthResponse.session", "must be a string, not int")]),
        (
            {"AuthenticationResult": []},
            {},
            [("AdminInitiateAuthResponse.authentication_result", "must be a JSON object, not list")],
        ),
        (
            {"AuthenticationResult": {"ExpiresIn": "soon", "AccessToken": "t"}},
            {"AuthenticationResult": {"AccessToken": "t"}},
            [("AuthenticationResultType.expires_in", "must be an integer, not str")],
        ),
        (
            {"AvailableChallenges": ["PASSWORD", 3, {}, 4]},
            {"AvailableChallenges": ["PASSWORD"]},
            [
                ("AdminInitiateAuthResponse.available_challenges", "must be a string, not int"),
                ("AdminInitiateAuthResponse.available_challenges", "must be a string, not dict"),
            ],
        ),
        (
            {"ChallengeParameters": {"a": 1, "b": "2"}},
            {"ChallengeParameters": {"b": "2"}},
            [("AdminInitiateAuthResponse.challenge_parameters", "must be a string, not int")],
        ),
    ],
)
def test_what_an_observer_hears(
    kit: Kit, members: dict[str, Any], expected: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    """There is one event for each member and problem, and the rest of the answer is there with its metadata."""
    answer, events = answered(kit, members)
    assert expected == to_wire(answer)
    assert told == [(event.member, event.problem) for event in events]
    assert "request-1" == answer.metadata.request_id


def test_a_whole_number_with_a_fraction_is_one(kit: Kit) -> None:
    """`3600.0`, as some servers write every number, is the integer 3600."""
    answer, events = answered(kit, {"AuthenticationResult": {"ExpiresIn": 3600.0}})
    assert (3600, int) == (answer.authentication_result.expires_in, type(answer.authentication_result.expires_in))
    assert [] == events
    for value in (3600.5, 1e300, float("inf"), float("nan")):
        answer, events = answered(kit, None, body=json.dumps({"AuthenticationResult": {"ExpiresIn": value}}).encode())
        assert None is answer.authentication_result.expires_in
        assert 1 == len(events)


@pytest.mark.parametrize("token", [5, None, ["t"], {}])
def test_a_sign_in_without_a_readable_access_token(kit: Kit, token: Any) -> None:
    """Tokens without an access token are the sign-in's own error, which says so."""
    client = kit.client(respond=Responder(success({"AuthenticationResult": {"AccessToken": token, "IdToken": "i"}})))
    with pytest.raises(SignInError, match="without an access token"):
        kit.run(client.sign_in, APP, username="mary", password="p", flow="USER_PASSWORD_AUTH")


def test_a_document_that_is_nested_too_deeply(kit: Kit) -> None:
    """JSON that Python's stack can't hold is a member that is missing or an answer that can't be read, by our error."""
    from cognito_idp import StartWebAuthnRegistrationRequest

    seen = set()
    for depth in (10, 300, 500, 900, 5_000, 200_000):
        body = b'{"CredentialCreationOptions": ' + b"[" * depth + b"]" * depth + b"}"
        try:
            answer, events = answered(kit, None, StartWebAuthnRegistrationRequest(access_token="t"), body=body)
        except InvalidResponseError as error:
            assert "the body is nested too deeply" == error.problem  # noqa: PT017 - either way is fine
            seen.add("refused")
        else:
            seen.add("absent" if answer.credential_creation_options is None else "read")
            assert (answer.credential_creation_options is None) == bool(events)
    assert {"read", "refused"} <= seen


@pytest.mark.parametrize(
    "members",
    [
        {"Session": [MARK]},
        {"AuthenticationResult": MARK},
        {"AuthenticationResult": {"AccessToken": {MARK: MARK}, "ExpiresIn": MARK}},
        {"ChallengeParameters": {"a": [MARK], MARK: 5}},
        {"AvailableChallenges": [{"a": MARK}]},
    ],
)
def test_no_event_shows_a_value_or_a_key(kit: Kit, members: dict[str, Any]) -> None:
    """Events name members of the model and types of JSON, and nothing that came."""
    _, events = answered(kit, members)
    assert events
    assert MARK not in repr(events)


def test_no_error_shows_the_answer(kit: Kit) -> None:
    """The error for a page that can't be read has no cause, and neither its text nor its traceback shows the answer."""
    respond = Responder(success({"Users": {MARK: MARK}}))
    with pytest.raises(InvalidResponseError) as caught:
        kit.run(kit.client(respond=respond).send, ListUsersRequest(user_pool_id="us-east-1_a"))
    assert None is caught.value.__cause__ is caught.value.__context__
    assert MARK not in "".join(traceback.format_exception(caught.value))


def test_while_the_observer_runs_no_frame_shows_the_answer(kit: Kit) -> None:
    """Where an observer looks up the stack, no local variable of the library has the answer in the clear."""
    import inspect

    shown: list[str] = []

    def look(event: Event) -> None:
        if isinstance(event, MemberUnreadable):
            frames = [info.frame for info in inspect.stack()]
            ours = [frame for frame in frames if frame.f_globals.get("__name__", "").startswith("cognito_idp")]
            shown.extend(repr(frame.f_locals) for frame in ours)

    members = {"AuthenticationResult": {"AccessToken": MARK, "ExpiresIn": "soon"}, "ChallengeParameters": {"a": MARK}}
    client = kit.client(respond=Responder(success(members)), observer=look)
    assert MARK == kit.run(client.send, SIGN_IN).authentication_result.access_token
    assert shown
    assert MARK not in "".join(shown)
