from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AsyncClient, Client, Credentials, RequestValidationError, UserType
from cognito_idp._call.requests import made_request
from cognito_idp._errors import Fault
from cognito_idp.types import AdminInitiateAuthRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGN_IN = {"user_pool_id": "p", "client_id": "c", "auth_flow": "USER_AUTH"}


class Sent(Exception):
    """A request reached the transport."""


def refuse(_: httpx.Request) -> httpx.Response:
    """Fail the test that sends."""
    raise Sent


@pytest.fixture
def client() -> Iterator[Client]:
    """Give a client that can't send."""
    with Client("eu-west-1", credentials=Credentials("a", "b"), transport=httpx.MockTransport(refuse)) as made:
        yield made


def async_client() -> AsyncClient:
    """Make an async client that can't send."""
    return AsyncClient("eu-west-1", credentials=Credentials("a", "b"), transport=httpx.MockTransport(refuse))


def faults(client: Any, **arguments: Any) -> tuple[Fault, ...]:
    """Return the faults with which `admin_initiate_auth` refuses its arguments before sending."""
    with pytest.raises(RequestValidationError) as caught:
        client.admin_initiate_auth(**arguments)
    return caught.value.faults


def test_a_missing_argument_is_reported_before_sending(client: Client) -> None:
    """All missing arguments come in one error that names them as members of the request."""
    assert faults(client, user_pool_id="p") == (
        Fault("AdminInitiateAuthRequest.client_id", "client_id", "is required"),
        Fault("AdminInitiateAuthRequest.auth_flow", "auth_flow", "is required"),
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("UserPoolId", "is not a member; did you mean user_pool_id?"),
        ("ClientMetadata", "is not a member; did you mean client_metadata?"),
        ("user_pool", "is not a member; did you mean user_pool_id?"),
        ("authflow", "is not a member; did you mean auth_flow?"),
        ("zzz", "is not a member"),
        ("operation", "is not a member"),
        ("_members", "is not a member"),
    ],
)
def test_an_unknown_argument_is_reported_with_a_hint(client: Client, name: str, hint: str) -> None:
    """An argument by its wire name or with a slip of the pen is refused, saying which one was probably meant."""
    assert faults(client, **SIGN_IN, **{name: "x"}) == (Fault(f"AdminInitiateAuthRequest.{name}", name, hint),)


def test_all_unknown_arguments_are_reported(client: Client) -> None:
    """Arguments in boto3's spelling are all named at once."""
    found = faults(client, UserPoolId="p", ClientId="c", AuthFlow="x")
    assert [fault.path for fault in found] == ["UserPoolId", "ClientId", "AuthFlow"]


def test_unknown_arguments_join_the_other_faults(client: Client) -> None:
    """A name that isn't a member is reported together with what is missing or out of bounds, without counting twice."""
    found = faults(client, UserPoolId="p", client_id="c" * 129, sesion="s")
    assert [(fault.path, fault.problem) for fault in found] == [
        ("UserPoolId", "is not a member; did you mean user_pool_id?"),
        ("sesion", "is not a member; did you mean session?"),
        ("client_id", "must have between 1 and 128 characters, has 129"),
        ("auth_flow", "is required"),
    ]


def test_an_argument_out_of_bounds_is_reported(client: Client) -> None:
    """The request struct's checks apply to a method's arguments."""
    (fault,) = faults(client, **{**SIGN_IN, "client_id": "c" * 129})
    assert fault.problem == "must have between 1 and 128 characters, has 129"


def test_positional_arguments_are_a_type_error(client: Client) -> None:
    """Arguments are given by name only."""
    with pytest.raises(TypeError, match="positional"):
        client.admin_initiate_auth("p", "c", "USER_AUTH")  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="positional"):
        client.iter_list_users("p")  # type: ignore[call-arg]


def test_legal_arguments_are_sent(client: Client) -> None:
    """With all arguments legal the request reaches the transport."""
    with pytest.raises(Sent):
        client.admin_initiate_auth(**SIGN_IN)  # type: ignore[arg-type]  # mypy sees a dict of str


def test_iterators_check_their_arguments_when_called(client: Client) -> None:
    """A wrong argument of an iterator is reported by the call, not by the first step."""
    with pytest.raises(RequestValidationError, match="user_pool_id: is required"):
        client.iter_list_users()  # type: ignore[call-arg]


@pytest.mark.anyio
async def test_the_async_client_reports_the_same() -> None:
    """The async methods refuse the same arguments with the same faults, iterators when called."""
    async with async_client() as client:
        with pytest.raises(RequestValidationError) as caught:
            await client.admin_initiate_auth(UserPoolId="p")  # type: ignore[call-arg]
        assert caught.value.faults[0].problem == "is not a member; did you mean user_pool_id?"
        with pytest.raises(RequestValidationError, match="user_pool_id: is required"):
            client.iter_list_users()  # type: ignore[call-arg]
        with pytest.raises(Sent):
            await client.admin_initiate_auth(**SIGN_IN)  # type: ignore[arg-type]


def test_a_type_error_inside_a_value_is_not_hidden() -> None:
    """A `TypeError` that a given value raises is the caller's own, and stays what it is."""

    class Broken:
        def __iter__(self) -> Iterator[str]:
            msg = "from inside"
            raise TypeError(msg)

    with pytest.raises(TypeError, match="from inside"):
        made_request("AdminCreateUserRequest", {"user_pool_id": "p", "username": "u", "user_attributes": Broken()})


def test_made_request_makes_the_struct() -> None:
    """A request by name is the same as the struct made directly."""
    assert AdminInitiateAuthRequest(**SIGN_IN) == made_request("AdminInitiateAuthRequest", SIGN_IN)  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", [Client, AsyncClient])
def test_methods_show_their_signature(cls: type) -> None:
    """`inspect` (and so `help` and editors) shows explicit keyword-only parameters with types and the answer's type."""
    signature = inspect.signature(cls.admin_initiate_auth)  # type: ignore[attr-defined]
    parameters = list(signature.parameters.values())
    assert [parameter.name for parameter in parameters] == [
        "self",
        "user_pool_id",
        "client_id",
        "auth_flow",
        "auth_parameters",
        "client_metadata",
        "analytics_metadata",
        "context_data",
        "session",
    ]
    assert {parameter.kind for parameter in parameters[1:]} == {inspect.Parameter.KEYWORD_ONLY}
    assert parameters[3].annotation == "AuthFlowType | AuthFlowTypeValue | str"
    assert [parameter.name for parameter in parameters if parameter.default is None] == [
        "auth_parameters",
        "client_metadata",
        "analytics_metadata",
        "context_data",
        "session",
    ]
    assert signature.return_annotation == "AdminInitiateAuthResponse"


@pytest.mark.parametrize("cls", [Client, AsyncClient])
def test_methods_show_their_documentation(cls: type) -> None:
    """A method's text says what it does, each argument with its bounds, what is raised, and whether it is signed."""
    text = " ".join((inspect.getdoc(cls.admin_initiate_auth) or "").split())  # type: ignore[attr-defined]
    assert "(required; 1 to 128 characters)" in text
    assert "RequestValidationError:" in text
    assert "NotAuthorizedException" in text
    assert "Signed with AWS credentials." in text
    assert "API_AdminInitiateAuth.html" in text
    public = inspect.getdoc(cls.initiate_auth) or ""  # type: ignore[attr-defined]
    assert "Not signed: needs no AWS credentials." in public


def test_async_methods_are_coroutine_functions() -> None:
    """A method of the async client is recognised as one to await; an iterator is not, since it is iterated over."""
    assert inspect.iscoroutinefunction(AsyncClient.admin_initiate_auth)
    assert not inspect.iscoroutinefunction(Client.admin_initiate_auth)
    assert not inspect.iscoroutinefunction(AsyncClient.iter_list_users)


def test_an_iterator_gives_the_items_of_its_pages() -> None:
    """`iter_list_users` gives users, over pages of any size, empty ones included."""
    pages = {None: (["a", "b"], "t1"), "t1": ([], "t2"), "t2": (["c"], None)}

    def answer(request: httpx.Request) -> httpx.Response:
        names, token = pages[httpx.Response(200, content=request.content).json().get("PaginationToken")]
        members: dict[str, Any] = {"Users": [{"Username": name} for name in names]}
        return httpx.Response(200, json=members | ({"PaginationToken": token} if token else {}))

    with Client("eu-west-1", credentials=Credentials("a", "b"), transport=httpx.MockTransport(answer)) as client:
        users = client.iter_list_users(user_pool_id="p")
        assert [UserType(username=name) for name in "abc"] == list(users)
