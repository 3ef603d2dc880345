"""The stand-in for the service: what it answers, what it keeps, and how it fails."""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from cognito_idp import (
    AdminCreateUserResponse,
    AdminDeleteUserRequest,
    AdminGetUserRequest,
    AdminGetUserResponse,
    AppClient,
    AuthenticationResultType,
    CognitoIdpError,
    EmptyResponse,
    GetUserRequest,
    GetUserResponse,
    InitiateAuthRequest,
    InitiateAuthResponse,
    ListUsersRequest,
    ListUsersResponse,
    NotAuthorizedException,
    RespondToAuthChallengeRequest,
    RespondToAuthChallengeResponse,
    ResponseMetadata,
    SignedIn,
    TooManyRequestsException,
    UnknownServiceError,
    UserType,
    reveal,
)
from cognito_idp._structs.struct import Request
from cognito_idp.errors import ConnectError, InternalErrorException, InvalidResponseError, ReadTimeoutError
from cognito_idp.testing import LeftoverAnswersError, StubTransport, UnexpectedCallError, srp_parameters
from tests.conformance.values import request_classes, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kit import Kit

POOL = "eu-west-1_EXAMPLE"
MARY = AdminGetUserRequest(user_pool_id=POOL, username="mary")
BOB = AdminGetUserRequest(user_pool_id=POOL, username="bob")
TOKENS = AuthenticationResultType(
    access_token="access", id_token="id", refresh_token="refresh", expires_in=3600, token_type="Bearer"
)


def found(username: str) -> AdminGetUserResponse:
    """Return the answer for a user."""
    return AdminGetUserResponse(username=username)


def client_of(stub: StubTransport, kit: Kit, **settings: Any) -> Any:
    """Make a client of the kit's kind."""
    return stub.client(**settings) if kit.kind == "sync" else stub.async_client(**settings)


@pytest.mark.parametrize("cls", request_classes(), ids=lambda cls: cls.operation.name)
def test_every_operation(cls: type[Request[Any]]) -> None:
    """A response struct of each operation comes out as it was queued, and the request as it was sent."""
    request, response = sample(cls), sample(cls.operation.response_type)
    with StubTransport() as stub:
        stub.add(response, to=cls)
        assert response == stub.client().send(request)
        assert (request,) == stub.requests
        assert cls.operation.signed == stub.calls[0].signed


def test_an_enum_value_that_is_nearly_known(kit: Kit, recwarn: pytest.WarningsRecorder) -> None:
    """The stub warns once of a value that is spelled nearly like a known one, and of no other."""
    with StubTransport() as stub:
        client = client_of(stub, kit)
        stub.add(AdminCreateUserResponse(), times=5)
        for action in ("SUPRESS", "SUPRESS", "resent", "SUPPRESS", "A_VALUE_OF_TOMORROW"):
            kit.run(client.admin_create_user, user_pool_id=POOL, username="u", message_action=action)
    start = "AdminCreateUserRequest.message_action: "
    expected = [
        f"{start}'{wrong}' is not a value that this version knows; did you mean {meant}?"
        for wrong, meant in (("SUPRESS", "SUPPRESS"), ("resent", "RESEND"))
    ]
    assert expected == [str(warning.message) for warning in recwarn if warning.category is UserWarning]


def test_both_clients(kit: Kit) -> None:
    """Without credentials, region and network, a client of each kind gets the queued answer and its metadata."""
    stub = StubTransport()
    stub.add(found("mary"))
    response = kit.run(client_of(stub, kit).send, MARY)
    assert "mary" == response.username
    metadata = response.metadata
    assert ("stub-1", 200, 1) == (metadata.request_id, metadata.status_code, metadata.attempts)
    assert "AdminGetUser" == stub.calls[0].operation
    assert "cognito-idp.us-east-1.amazonaws.com" == urlsplit(stub.calls[0].url).hostname
    stub.assert_done()


def test_a_request_id_of_the_tests_own() -> None:
    """The request id in the metadata of a queued response is the one that the client sees."""
    stub = StubTransport()
    stub.add(GetUserResponse(username="mary", user_attributes=[], metadata=ResponseMetadata("mine", 200, 1)))
    assert "mine" == stub.client().get_user(access_token="token").metadata.request_id


def test_service_errors(kit: Kit) -> None:
    """A queued service error comes out with its code, text, status, request id and further members."""
    stub = StubTransport()
    error = NotAuthorizedException("no", status_code=403, request_id="mine", members={"Reason": "late"})
    stub.add(error, UnknownServiceError("odd", code="OddException"), InternalErrorException("oh"), to=GetUserRequest)
    client = client_of(stub, kit, retry="off")
    with pytest.raises(NotAuthorizedException) as refused:
        kit.run(client.get_user, access_token="token")
    assert ("no", 403, "mine", {"Reason": "late"}) == (
        refused.value.message,
        refused.value.status_code,
        refused.value.request_id,
        refused.value.members,
    )
    assert error is not refused.value
    with pytest.raises(UnknownServiceError) as unknown:
        kit.run(client.get_user, access_token="token")
    assert ("OddException", 400) == (unknown.value.code, unknown.value.status_code)
    with pytest.raises(InternalErrorException) as fault:
        kit.run(client.get_user, access_token="token")
    assert 500 == fault.value.status_code


@pytest.mark.parametrize("failure", [ConnectError("refused"), ReadTimeoutError("late"), InvalidResponseError("a page")])
def test_failures_of_the_exchange(kit: Kit, failure: Any) -> None:
    """A queued failure is what the client raises, once it has tried as often as it would in earnest."""
    stub = StubTransport()
    stub.add(failure, to=GetUserRequest, times=3 if failure.is_retryable else 1)
    with pytest.raises(type(failure), match=str(failure)) as caught:
        kit.run(client_of(stub, kit).get_user, access_token="token")
    assert failure is not caught.value
    assert len(stub.calls) == caught.value.attempts
    stub.assert_done()


def test_retries_do_not_wait(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttle and then a success is a success after a retry, without a sleep of any kind."""

    def refuse(*_: object) -> None:
        message = "nothing must sleep here"
        raise AssertionError(message)

    monkeypatch.setattr("time.sleep", refuse)
    monkeypatch.setattr("anyio.sleep", refuse)
    stub = StubTransport()
    answer = GetUserResponse(username="mary", user_attributes=[])
    stub.add(TooManyRequestsException("slow down"), answer, to=GetUserRequest)
    response = kit.run(client_of(stub, kit).get_user, access_token="token")
    assert 2 == response.metadata.attempts
    assert ["attempt=1; max=3", "attempt=2; max=3"] == [call.headers["amz-sdk-request"] for call in stub.calls]


def test_pages(kit: Kit) -> None:
    """Several answers to a list operation are its pages, and the requests show the tokens that led to them."""
    stub = StubTransport()
    stub.add(
        ListUsersResponse(users=[UserType(username="a"), UserType(username="b")], pagination_token="more"),
        ListUsersResponse(users=[UserType(username="c")]),
    )
    users = kit.collect(client_of(stub, kit).iter_list_users(user_pool_id=POOL))
    assert ["a", "b", "c"] == [user.username for user in users]
    assert [None, "more"] == [request.pagination_token for request in stub.sent(ListUsersRequest)]
    stub.assert_done()


def test_operations_without_members() -> None:
    """An operation whose answer has no members is named by its request."""
    stub = StubTransport()
    stub.add(EmptyResponse(), to=AdminDeleteUserRequest)
    stub.client().admin_delete_user(user_pool_id=POOL, username="mary")
    stub.assert_done()


def test_each_operation_has_an_order_of_its_own() -> None:
    """Answers to one operation are given in their order; other operations may come before, between and after."""
    stub = StubTransport()
    stub.add(found("first"), found("second"))
    stub.add(EmptyResponse(), to=AdminDeleteUserRequest)
    client = stub.client()
    names = [client.send(MARY).username]
    client.admin_delete_user(user_pool_id=POOL, username="mary")
    names.append(client.send(MARY).username)
    assert ["first", "second"] == names


def test_one_order_over_all_operations() -> None:
    """With in_order, a call whose turn has not come is unexpected, and one that may come any number of times is not."""
    stub = StubTransport(in_order=True)
    stub.add(GetUserResponse(username="any", user_attributes=[]), times="any")
    stub.add(found("mary"))
    stub.add(EmptyResponse(), to=AdminDeleteUserRequest)
    client = stub.client()
    text = r"(?s)the next one is AdminGetUserResponse.*EmptyResponse\(\) to AdminDeleteUser: not its turn yet"
    with pytest.raises(UnexpectedCallError, match=text):
        client.admin_delete_user(user_pool_id=POOL, username="mary")
    client.send(MARY)
    client.get_user(access_token="token")
    client.admin_delete_user(user_pool_id=POOL, username="mary")


def test_an_answer_for_one_request() -> None:
    """An answer to a request struct is for that request alone, whatever the order."""
    with StubTransport() as stub:
        stub.add(found("mary"), to=MARY)
        stub.add(found("bob"), to=BOB)
        client = stub.client()
        assert ["bob", "mary"] == [client.send(request).username for request in (BOB, MARY)]


def test_an_answer_for_some_requests() -> None:
    """An answer with a condition is for the requests that meet it."""
    with StubTransport() as stub:
        stub.add(found("b-something"), when=lambda request: request.username.startswith("b"))
        stub.add(found("anybody"))
        client = stub.client()
        assert ["anybody", "b-something"] == [client.send(request).username for request in (MARY, BOB)]


def test_answers_for_several_calls() -> None:
    """An answer is given as often as it says: a number of times, which must be reached, or any number, even none."""
    stub = StubTransport()
    stub.add(found("mary"), times=2)
    stub.add(GetUserResponse(username="any", user_attributes=[]), times="any")
    client = stub.client()
    client.send(MARY)
    with pytest.raises(LeftoverAnswersError, match=r"AdminGetUserResponse\(.*\) to AdminGetUser\n"):
        stub.assert_done()
    client.send(MARY)
    stub.assert_done()
    for _ in range(5):
        client.get_user(access_token="token")
    stub.assert_done()
    with pytest.raises(UnexpectedCallError):
        client.send(MARY)


def test_an_unexpected_call(kit: Kit) -> None:
    """It is no error of the library's, is not repeated, and says what was queued and why that isn't for it."""
    stub = StubTransport()
    stub.add(found("mary"), to=MARY)
    stub.add(found("nobody"), when=lambda _: False)
    stub.add(NotAuthorizedException("no"), to=GetUserRequest, times=2)
    with pytest.raises(UnexpectedCallError) as caught:
        kit.run(client_of(stub, kit).send, BOB)
    assert not isinstance(caught.value, CognitoIdpError)
    lines = str(caught.value).splitlines()
    assert f"unexpected call: {reveal(BOB)}" == lines[0]
    assert "queued for AdminGetUser:" == lines[1]
    assert lines[2].endswith(f"to {reveal(MARY)}: differs in username: 'bob', not 'mary'")
    assert lines[3].endswith("when() returned false")
    assert ["queued for other operations:", "  NotAuthorizedException to GetUser, 2 times"] == lines[4:]
    assert 1 == len(stub.calls)


def test_an_unexpected_call_that_was_swallowed() -> None:
    """A program that goes on after an unexpected call doesn't hide it: the check at the end raises it again."""
    stub = StubTransport()
    with pytest.raises(UnexpectedCallError):
        stub.client().send(MARY)
    assert stub.unexpected.startswith("unexpected call: AdminGetUserRequest(")
    with pytest.raises(UnexpectedCallError, match="unexpected call: AdminGetUserRequest"):
        stub.assert_done()
    stub.reset()
    stub.assert_done()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda client: client.call("NewOperation", {}), "NewOperation is not an operation"),
        (lambda client: client.call("AdminGetUser", {}), "AdminGetUserRequest.user_pool_id: is required"),
        (lambda client: client.call("AdminGetUser", {"UserPoolId": 1}), "must be a string, not int"),
    ],
)
def test_calls_that_are_none(call: Callable[[Any], Any], text: str) -> None:
    """What is no legal request of a known operation is an unexpected call, which says what is wrong."""
    stub = StubTransport()
    with pytest.raises(UnexpectedCallError, match=text):
        call(stub.client())


def test_another_service() -> None:
    """A request to something else, such as the chain's search for credentials, is refused with a hint."""
    stub = StubTransport()
    with pytest.raises(UnexpectedCallError, match=r"GET example\.com/\.well-known.* is not an operation.*credentials="):
        stub.handle_request(httpx.Request("GET", "https://example.com/.well-known/jwks.json"))


def test_leftovers() -> None:
    """The end of the block fails on an answer that no call asked for, and names it and what was called."""
    stub = StubTransport()
    stub.add(found("mary"), found("bob"), times=2)
    with pytest.raises(LeftoverAnswersError) as caught, stub:
        stub.client().send(MARY)
    lines = str(caught.value).splitlines()
    assert "unused answers:" == lines[0]
    assert [False, True] == [line.endswith(", 2 times") for line in lines[1:3]]
    assert ["calls:", f"  {reveal(MARY)}"] == lines[3:]
    with pytest.raises(LookupError), stub:
        raise LookupError


def test_leftovers_of_an_async_block(kit: Kit) -> None:
    """An async block checks at its end, too."""

    async def use() -> None:
        async with StubTransport() as stub:
            stub.add(found("mary"))

    if kit.kind != "sync":
        with pytest.raises(LeftoverAnswersError):
            kit.run(use)


def test_assert_sent() -> None:
    """assert_sent passes for what was sent so many times, and otherwise says in which members it differs."""
    stub = StubTransport()
    stub.add(found("mary"), times="any")
    client = stub.client()
    client.send(MARY)
    client.send(MARY)
    stub.assert_sent(MARY, times=2)
    stub.assert_sent(BOB, times=0)
    with pytest.raises(AssertionError, match=r"2 times, not 1: .*\nsent to AdminGetUser:\n.*a match\n.*a match$"):
        stub.assert_sent(MARY)
    with pytest.raises(AssertionError, match=r"(?s)0 times, not 1: .*: differs in username: 'mary', not 'bob'"):
        stub.assert_sent(BOB)
    with pytest.raises(AssertionError, match="sent to GetUser: nothing"):
        stub.assert_sent(GetUserRequest(access_token="token"))


@pytest.mark.parametrize(
    ("answers", "to", "text"),
    [
        ((), None, "at least one answer"),
        (
            (NotAuthorizedException("no"),),
            None,
            "NotAuthorizedException doesn't say which operation it answers: add to=",
        ),
        ((EmptyResponse(),), None, "EmptyResponse doesn't say which operation it answers: add to="),
        ((NotAuthorizedException,), GetUserRequest, "an instance of ServiceError, .* not NotAuthorizedException"),
        (({"Username": "mary"},), GetUserRequest, "a response struct such as .*, not dict"),
        ((ValueError("no"),), GetUserRequest, "not ValueError"),
        ((found("mary"),), GetUserRequest, "GetUser is answered with GetUserResponse, not AdminGetUserResponse"),
        ((found("mary"),), AdminDeleteUserRequest, "AdminDeleteUser is answered with EmptyResponse"),
        ((found("mary"),), "AdminGetUser", "to= takes a request struct or its class"),
        ((found("mary"),), Request, "to= takes a request struct or its class"),
        ((found("mary"),), GetUserResponse, "to= takes a request struct or its class"),
    ],
)
def test_what_can_not_be_queued(answers: tuple[Any, ...], to: Any, text: str) -> None:
    """An answer that the operation can't give is refused when it is queued, with the remedy."""
    with pytest.raises(TypeError, match=text):
        StubTransport().add(*answers, to=to)


@pytest.mark.parametrize("times", [0, -1, True, 1.5, "all", None])
def test_times_that_are_none(times: Any) -> None:
    """A number of times below 1, or something else, is refused."""
    with pytest.raises(ValueError, match="times must be at least 1, or 'any'"):
        StubTransport().add(found("mary"), times=times)


def test_secrets_never_show() -> None:
    """No message and no repr of the stub shows a password, a token or a signature."""
    stub = StubTransport()
    stub.add(InitiateAuthResponse(authentication_result=TOKENS), times=2)
    client = stub.client()
    request = InitiateAuthRequest(
        auth_flow="USER_PASSWORD_AUTH",
        client_id="1example23456789",
        auth_parameters={"USERNAME": "mary", "PASSWORD": "hunter2"},
    )
    client.send(request)
    shown = [repr(stub.calls), repr(stub.requests)]
    for check in (
        stub.assert_done,
        lambda: stub.assert_sent(RespondToAuthChallengeRequest(client_id="1", challenge_name="SMS_MFA")),
        lambda: client.change_password(
            access_token="hunter2", proposed_password="hunter2", previous_password="hunter2"
        ),
        lambda: client.call("ChangePassword", {"AccessToken": ["hunter2"], "ProposedPassword": "hunter2"}),
    ):
        with pytest.raises(AssertionError) as caught:
            check()
        shown.append(str(caught.value))
    assert [] == [text for text in shown if "hunter2" in text or "Signature" in text or "refresh'" in text]


def test_personal_data_shows() -> None:
    """The messages and the `repr` of a stub and of its calls say which user it was about."""
    stub = StubTransport()
    stub.add(found("mary"), to=MARY)
    assert "StubTransport(queued=[AdminGetUserResponse(username='mary') to " in repr(stub)
    with pytest.raises(UnexpectedCallError):
        stub.client().send(BOB)
    assert f"calls=[Call({reveal(BOB)}, 'https://" in repr(stub)
    assert repr(stub.calls[0]).startswith(f"Call({reveal(BOB)}, 'https://")
    stub = StubTransport()
    stub.add(found("mary"))
    with pytest.raises(LeftoverAnswersError, match=r"AdminGetUserResponse\(username='mary'\)"):
        stub.assert_done()


def test_a_misfit_names_a_secret_and_shows_none() -> None:
    """What differs is shown, at any depth, unless it is secret."""
    stub = StubTransport()
    request: dict[str, Any] = {"auth_flow": "USER_PASSWORD_AUTH", "client_id": "1example23456789"}
    stub.add(
        InitiateAuthResponse(),
        to=InitiateAuthRequest(**request, auth_parameters={"USERNAME": "mary", "PASSWORD": "one"}),
    )
    with pytest.raises(UnexpectedCallError) as caught:
        stub.client().initiate_auth(**request, auth_parameters={"USERNAME": "bob", "PASSWORD": "other"})
    expected = "differs in auth_parameters['USERNAME']: 'bob', not 'mary', auth_parameters['PASSWORD']: '***' differs"
    assert expected in str(caught.value)


def test_a_client_of_the_users_own(kit: Kit) -> None:
    """A stub is a transport for any client, and stays usable when a client of it is closed."""
    stub = StubTransport()
    stub.add(found("mary"), times=2)
    for _ in range(2):
        client = kit.client("eu-west-1", transport=stub)
        assert "mary" == kit.run(client.send, MARY).username
        kit.close(client)
    assert "cognito-idp.eu-west-1.amazonaws.com" == urlsplit(stub.calls[0].url).hostname


def test_threads() -> None:
    """Threads that share a stub get each answer once."""
    stub = StubTransport()
    stub.add(*(found(f"user-{number}") for number in range(80)))
    client, names = stub.client(), []
    barrier = threading.Barrier(8)

    def use() -> None:
        barrier.wait()
        names.extend([client.send(MARY).username for _ in range(10)])

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f"user-{number}" for number in range(80)} == set(names)
    assert 80 == len(names) == len(stub.calls)
    stub.assert_done()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks(backend: str) -> None:
    """Tasks that share a stub get each answer once, and take turns."""
    stub = StubTransport()
    stub.add(*(found(f"user-{number}") for number in range(50)))
    names: list[str] = []

    async def use() -> None:
        async with stub.async_client() as client, anyio.create_task_group() as tasks:

            async def call() -> None:
                names.extend([(await client.send(MARY)).username for _ in range(5)])

            for _ in range(10):
                tasks.start_soon(call)

    anyio.run(use, backend=backend)
    assert {f"user-{number}" for number in range(50)} == set(names)
    stub.assert_done()


def test_a_sign_in_by_srp(kit: Kit) -> None:
    """`srp_parameters` is a challenge that a sign-in takes for the service's own, and proves its password to."""
    stub = StubTransport(in_order=True)
    parameters = srp_parameters("mary")
    stub.add(InitiateAuthResponse(challenge_name="PASSWORD_VERIFIER", challenge_parameters=parameters))
    stub.add(RespondToAuthChallengeResponse(authentication_result=TOKENS))
    app = AppClient(POOL, "1example23456789")
    outcome = kit.run(client_of(stub, kit).sign_in, app, username="mary", password="hunter2")
    assert isinstance(outcome, SignedIn)
    proof = stub.sent(RespondToAuthChallengeRequest)[0].challenge_responses or {}
    assert parameters["SECRET_BLOCK"] == proof["PASSWORD_CLAIM_SECRET_BLOCK"]
    stub.assert_done()


def test_errors_pickle() -> None:
    """The errors of a stub come through a process pool, as pytest-xdist needs."""
    for error in (UnexpectedCallError("text"), LeftoverAnswersError("text")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(error), error.args) == (type(again), again.args)


def typing_claims(stub: StubTransport) -> None:
    """Say what type checkers must refuse: mypy reports an ignore that is not needed."""
    stub.add(found("mary"), to=GetUserRequest)  # type: ignore[misc]
    stub.add(found("mary"), NotAuthorizedException("no"), to=AdminGetUserRequest)
    stub.add(NotAuthorizedException("no"))  # type: ignore[call-overload]
    usernames: list[str] = [request.username for request in stub.sent(AdminGetUserRequest)]
    del usernames


def test_warming_up_needs_no_answer(kit: Kit) -> None:
    """A program that warms up its client can be tested: opening a connection is no call."""
    with StubTransport() as stub:
        client = stub.client() if kit.kind == "sync" else stub.async_client()
        kit.run(client.warm_up, "GetUser")
        assert () == stub.calls
