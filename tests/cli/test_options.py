from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cognito_idp import (
    AdminCreateUserRequest,
    AttributeType,
    CreateUserPoolRequest,
    ListUsersRequest,
    SetUICustomizationRequest,
)
from cognito_idp._structs import shapes
from cognito_idp.cli.catalog import families, first_sentence, link, member_texts, operation_names, request_of
from cognito_idp.cli.failures import InputError
from cognito_idp.cli.inputs import Given
from cognito_idp.cli.operations import OperationCommand
from cognito_idp.cli.options import option_name
from cognito_idp.cli.settings import GlobalOption, Settings
from cognito_idp.cli.shorthand import ShorthandError, parse_shorthand
from cognito_idp.cli.values import parse, read_json
from tests.conformance.values import build, plain_structs, request_classes
from tests.support.loop import for_each

from .support import Service, cli
from .writing import arguments

if TYPE_CHECKING:
    from pathlib import Path

    from cognito_idp._structs.struct import Request

NAMES = operation_names()


def parsed(command: OperationCommand, args: list[str], **more: Any) -> Request[Any]:
    """Return the request that a command line stands for."""
    own = Settings(allow_secrets_on_command_line=True, **more)
    with command.make_context(command.name, args, obj=own) as context:
        return command.make_request(own, context.params)[0]


def read(name: str, *args: str) -> Request[Any]:
    """Return the request that a command line stands for."""
    return parsed(OperationCommand(name), list(args))


def test_every_operation_is_a_command() -> None:
    """The commands are the operations under boto3's names in kebab case, each in one family."""
    expected = {cls.operation.name.lower() for cls in request_classes()}

    assert sorted(expected) == sorted(name.replace("-", "") for name in NAMES)
    assert sorted(NAMES) == sorted(name for names in families().values() for name in names)
    assert "admin-set-user-mfa-preference" in NAMES


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_options_say_whatever_a_request_can_say(name: str, data: st.DataObject) -> None:
    """The options that are written out of a request read back as the same request, for every operation."""
    command = OperationCommand(name)
    request = build(command.request, data.draw(plain_structs(command.request)))

    args = arguments(request, lambda: data.draw(st.booleans()))

    assert request == parsed(command, args)


@for_each("name", NAMES)
def test_help_describes_every_member(name: str) -> None:
    """Every member of every operation has its option and its description in the help, and no option is there twice."""
    command = OperationCommand(name)
    texts = member_texts(name)
    spelled = [one for param in command.params for one in (*param.opts, *param.secondary_opts)]

    assert {member.name for member in command.members} == set(texts)
    assert all("(required" in texts[member.name] for member in command.members if member.required)
    assert len(spelled) == len(set(spelled))
    assert not {param.name for param in command.params if isinstance(param, GlobalOption)} & set(texts)
    assert first_sentence(name).strip(".")
    assert link(name).startswith("https://docs.aws.amazon.com/")


def test_options_have_the_names_of_the_aws_cli() -> None:
    """Every option of the AWS CLI is taken, also where it splits the word OAuth."""
    xform_name = pytest.importorskip("botocore").xform_name
    for name in NAMES:
        command = OperationCommand(name)
        taken = {spelled for param in command.params for spelled in param.opts}
        assert {f"--{xform_name(member.wire_name, '-')}" for member in command.members} <= taken


def test_help_shows_types_choices_and_members() -> None:
    """The help of a command shows what is required, the known values, and the members of nested values."""
    shown = " ".join(cli("admin-create-user", "--help").out.split())

    assert "--username TEXT Username for the new user" in shown
    assert "(required; 1 to 128 characters)" in shown
    assert "One of RESEND, SUPPRESS, or a newer value." in shown
    assert "--user-attributes JSON|NAME=VALUE,... " in shown
    assert "Members: Name, Value?." in shown
    assert "--temporary-password -|@FILE" in shown
    assert "--force-alias-creation / --no-force-alias-creation" in shown
    assert "Global options:" in shown


def test_lists_in_all_forms() -> None:
    """A list is given as a repeated option, as several values of one option, or as JSON; they add up."""
    forms = (
        ["--attributes-to-get", "email", "--attributes-to-get", "name"],
        ["--attributes-to-get", "email", "name"],
        ["--attributes-to-get", '["email", "name"]'],
        ["--attributes-to-get=email", "--attributes-to-get", '["name"]'],
    )
    expected = ListUsersRequest(user_pool_id="p", attributes_to_get=("email", "name"))

    assert [expected] * 4 == [read("list-users", *form, "--user-pool-id", "p") for form in forms]


def test_nested_values_in_all_forms() -> None:
    """A nested value is JSON with wire names, or shorthand."""
    expected = AdminCreateUserRequest(
        user_pool_id="p",
        username="u",
        user_attributes=(AttributeType(name="email", value="a=b@c"), AttributeType(name="name", value='A, "B"')),
    )
    forms = (
        ["--user-attributes", "Name=email,Value=a=b@c", 'Name=name,Value="A, \\"B\\""'],
        ["--user-attributes", '[{"Name": "email", "Value": "a=b@c"}, {"Name": "name", "Value": "A, \\"B\\""}]'],
        ["--user-attributes", '{"Name": "email", "Value": "a=b@c"}', "Name=name,Value='A, \"B\"'"],
    )

    assert [expected] * 3 == [read("admin-create-user", "--user-pool-id=p", "--username=u", *form) for form in forms]


def test_enums_are_open() -> None:
    """An enum takes a value that this version doesn't know."""
    request: Any = read("update-user-pool", "--user-pool-id", "p", "--deletion-protection", "SOMETIMES")

    assert "SOMETIMES" == request.deletion_protection
    assert not request.deletion_protection.is_known


def test_a_blob_comes_from_a_file_as_it_is(tmp_path: Path) -> None:
    """A file is a blob byte by byte; text on the command line is base64."""
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\xff\n")
    by_file = read("set-ui-customization", "--user-pool-id=p", "--image-file", f"@{tmp_path / 'logo.png'}")
    by_url = read("set-ui-customization", "--user-pool-id=p", "--image-file", f"fileb://{tmp_path / 'logo.png'}")
    by_text = read("set-ui-customization", "--user-pool-id=p", "--image-file", "iVBORw0K/wo=")

    assert SetUICustomizationRequest(user_pool_id="p", image_file=b"\x89PNG\r\n\xff\n") == by_file == by_url == by_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-31T12:00:00Z", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("2025-01-31T13:00:00+01:00", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("2025-01-31", datetime(2025, 1, 31, tzinfo=UTC)),
        ("1738324800", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("-1.5", datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)),
    ],
)
def test_timestamps(text: str, expected: datetime) -> None:
    """A time is ISO 8601 (UTC without a zone), or seconds since 1970."""
    assert expected == parse(shapes.Timestamp(), Given(text, typed=True), "--at")


@pytest.mark.parametrize("text", ["tomorrow", "nan", "1e400", "2025-13-01", ""])
def test_what_is_no_timestamp(text: str) -> None:
    """Anything else is refused, and not shown."""
    with pytest.raises(InputError, match=r"^--at: must be a time"):
        parse(shapes.Timestamp(), Given(text, typed=True), "--at")


def test_input_json_comes_after_the_options(tmp_path: Path) -> None:
    """`--cli-input-json` gives a whole request, from text, a file or standard input; an option counts more."""
    whole = {"PoolName": "by-json", "MfaConfiguration": "ON", "UserPoolTags": {"a": "b"}, "Schema": None}
    (tmp_path / "pool.json").write_text(json.dumps(whole))
    service = Service({})
    for source, given_input in (
        (json.dumps(whole), b""),
        (f"@{tmp_path}/pool.json", b""),
        ("-", json.dumps(whole).encode()),
    ):
        args = ("create-user-pool", "--cli-input-json", source, "--pool-name", "by-option")
        assert 0 == cli(*args, respond=service, given=given_input).code

    expected = {"PoolName": "by-option", "MfaConfiguration": "ON", "UserPoolTags": {"a": "b"}}
    assert [("CreateUserPool", expected)] * 3 == service.sent


@pytest.mark.slow
@for_each("name", NAMES)
def test_skeleton_names_every_member(name: str) -> None:
    """`--generate-cli-skeleton` prints JSON with every member, asks for nothing and sends nothing."""
    shown = cli(name, "--generate-cli-skeleton")

    assert 0 == shown.code
    assert [member.wire_name for member in request_of(name)._members] == list(shown.data)


def test_skeleton_can_be_read_back() -> None:
    """A skeleton, once its bounds are met, is a request."""
    filled = {**cli("list-users", "--generate-cli-skeleton").data, "UserPoolId": "p", "AttributesToGet": ["email"]}

    request = read("list-users", "--cli-input-json", json.dumps({**filled, "PaginationToken": None}))

    assert ListUsersRequest(user_pool_id="p", attributes_to_get=("email",), limit=0, filter="") == request


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("A=,B=x", {"A": "", "B": "x"}),
        ("A=a,b,B=c", {"A": ["a", "b"], "B": "c"}),
        ("A={B=[x,'y,z',{C=1}],D={}},E=[]", {"A": {"B": ["x", "y,z", {"C": "1"}], "D": {}}, "E": []}),
        (r'A="q\"\\",B=a\,b', {"A": 'q"\\', "B": "a,b"}),
        ("A=x]y}", {"A": "x]y}"}),
    ],
)
def test_shorthand(text: str, expected: dict[str, Any]) -> None:
    """Shorthand has bare and quoted text, lists and structs."""
    assert expected == parse_shorthand(text)


@pytest.mark.parametrize("text", ["", "A", "=x", "A=1,A=2", "A={B=1", "A=[x", "A='x'y", "A=1,B=2,A=3", "A={B=1}}"])
def test_what_is_no_shorthand(text: str) -> None:
    """Shorthand that is cut off, or names a member twice, is refused with the place."""
    with pytest.raises(ShorthandError, match=r"^at character \d+, .* is expected$"):
        parse_shorthand(text)


@given(st.text(max_size=40) | st.text("A=,[]{}'\"\\ ", max_size=40))
def test_shorthand_never_fails_otherwise(text: str) -> None:
    """Whatever is given as shorthand is read, or refused as such."""
    try:
        found = parse_shorthand(text)
    except ShorthandError:
        return
    assert all(found)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--limit", "many"], "--limit: must be a whole number"),
        (["--limit", "61"], "--limit: must be between 0 and 60, is 61"),
        (["--cli-input-json", "{"], "--cli-input-json: this is not valid JSON (line 1, column 2)"),
        (["--cli-input-json", '{"Limit": 1, "Limit": 2}'], "--cli-input-json: this is not valid JSON"),
        (["--cli-input-json", '{"Limits": 1}'], "unknown member Limits; the members are UserPoolId"),
        (["--cli-input-json", "[]"], "--cli-input-json: must be an object"),
        (["--filter", "@/no/such/file"], "--filter: the file can't be read: No such file or directory"),
        (
            ["--filter", "-", "--pagination-token", "-"],
            "--filter: standard input was read for --pagination-token already",
        ),
        (["--query", "Users["], "--query is not JMESPath"),
        (["--attributes-to-get", "[1]"], "--attributes-to-get[0]: must be a string"),
    ],
)
def test_what_is_wrong_is_named(args: list[str], expected: str) -> None:
    """A value that can't be used is refused with its option and the reason, and nothing is sent."""
    result = cli("list-users", "--user-pool-id", "p", *args)

    assert 252 == result.code
    assert expected in result.err


def test_faults_of_nested_values_name_the_option() -> None:
    """A fault inside a nested value names the option, the struct's member and the place."""
    args = ("--pool-name", "p", "--policies", "PasswordPolicy={MinimumLength=1000}")
    result = cli("create-user-pool", *args)

    place = "(PasswordPolicyType.minimum_length, at policies.password_policy.minimum_length)"
    assert f"--policies {place}: must be between 6 and 99, is 1,000" in result.err


def test_several_entries_in_one_are_refused() -> None:
    """`A=1,B=2` would be two entries in the AWS CLI and one here, so it is refused; JSON can say either."""
    result = cli("create-user-pool", "--pool-name", "p", "--user-pool-tags", "a=1,b=2")
    request: Any = read("create-user-pool", "--pool-name", "p", "--user-pool-tags", '{"a": "1,b=2"}')

    assert 252 == result.code
    assert "this looks like several entries in one" in result.err
    assert CreateUserPoolRequest(pool_name="p", user_pool_tags={"a": "1,b=2"}) == request


def test_option_names_are_the_members() -> None:
    """An option is called as its member, in kebab case."""
    members = {member.wire_name: option_name(member) for member in request_of("create-user-pool-client")._members}

    assert "--callback-urls" == members["CallbackURLs"]
    assert "--allowed-oauth-flows" == members["AllowedOAuthFlows"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("admin-create-user", "--message-action", "SUPRESS"), ["--message-action: 'SUPRESS'", "SUPPRESS?"]),
        (("admin-create-user", "--message-action", "suppress"), ["--message-action: 'suppress'", "SUPPRESS?"]),
        (("admin-create-user", "--desired-delivery-mediums", "SMS", "EMIAL"), ["mediums (", "[1]", "EMAIL?"]),
        (
            ("admin-create-user", "--cli-input-json", '{"MessageAction": "RESNED"}'),
            ["--message-action: 'RESNED'", "RESEND?"],
        ),
        (("admin-create-user", "--message-action", "SUPPRESS"), []),
        (("admin-create-user", "--message-action", "POSTPONE_UNTIL_MONDAY"), []),
    ],
)
def test_values_that_are_nearly_known(args: tuple[str, ...], expected: list[str]) -> None:
    """A value near a known one is sent with a warning before; a known one and one that is far from all without."""
    service = Service({})
    command, *options = args
    result = cli(command, "--user-pool-id", "p", "--username", "u", *options, respond=service)
    said = result.err.splitlines()

    assert (0, 1) == (result.code, len(service.sent)), result.err
    assert (1 if expected else 0) == len(said)
    for text in expected:
        assert text in said[0]
        assert said[0].startswith("Warning: ")


def test_a_warning_comes_before_the_call() -> None:
    """The warning stands above the service's refusal."""
    refusal = Service({"__type": "InvalidParameterException", "message": "no"}, status=400)
    args = ("--user-pool-id", "p", "--username", "u", "--message-action", "SUPRESS")
    result = cli("admin-create-user", *args, respond=refusal)

    assert 254 == result.code
    assert result.err.startswith("Warning: --message-action: 'SUPRESS' is not a value that this version knows")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_json_that_is_nested_too_deep(text: str) -> None:
    """JSON with thousands of levels is refused with its reason, on every Python alike."""
    with pytest.raises(InputError, match=r"--filter: this is not valid JSON \(it is nested too deeply\)"):
        read_json(text, "--filter")
