"""The sign-in against a server of others, which checks proofs, secret hashes and codes for itself."""

from __future__ import annotations

import io
import json
import time
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs
import boto3
import pytest

from cognito_idp import (
    AppClient,
    AsyncUserSession,
    AttributeType,
    Client,
    CodeMismatchException,
    CustomChallenge,
    LambdaConfigType,
    NewPasswordRequired,
    NotAuthorizedException,
    SessionEndedError,
    SignedIn,
    SoftwareTokenMfa,
    SoftwareTokenMfaConfigType,
    Tokens,
    UserSession,
    challenge_from_state,
    totp,
)
from tests.integration.ministack import ALL_FLOWS, NEW_PASSWORD, PASSWORD, claims, given, settings
from tests.support.kit import kit_of
from tests.tokens.session_party import hook_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer
    from tests.support.kit import Kit

MARY = "mary@example.com"


@attrs.frozen
class World:
    """A pool of the server, a client that may do everything, and two app clients."""

    server: CognitoServer
    client: Client
    public: AppClient
    secret: AppClient

    def add(self, username: str, temporary_password: str | None = None) -> None:
        """Add a user whose email address is an alias."""
        self.client.admin_create_user(
            user_pool_id=self.public.user_pool_id,
            username=username,
            message_action="SUPPRESS",
            user_attributes=[
                AttributeType(name="email", value=f"{username}@example.com"),
                AttributeType(name="email_verified", value="true"),
            ],
            temporary_password=temporary_password,
        )

    def add_with_password(self, username: str) -> None:
        """Add a user whose password is final."""
        self.add(username)
        self.client.admin_set_user_password(
            user_pool_id=self.public.user_pool_id, username=username, password=PASSWORD, permanent=True
        )


@pytest.fixture(scope="module")
def world(server: CognitoServer) -> Iterator[World]:
    """A pool with a user called mary, where authenticator apps may be used."""
    with Client(**settings(server)) as client:
        pool_id = given(given(client.create_user_pool(pool_name="people", alias_attributes=["email"]).user_pool).id)
        client.set_user_pool_mfa_config(
            user_pool_id=pool_id,
            mfa_configuration="OPTIONAL",
            software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
        )
        apps = [new_app(client, pool_id, generate_secret=False), new_app(client, pool_id, generate_secret=True)]
        made = World(server, client, *apps)
        made.add_with_password("mary")
        yield made


def new_app(client: Client, pool_id: str, *, generate_secret: bool) -> AppClient:
    """Make an app client that allows every flow that the server has."""
    made = client.create_user_pool_client(
        user_pool_id=pool_id,
        client_name="app",
        generate_secret=generate_secret,
        explicit_auth_flows=[*ALL_FLOWS, "ALLOW_CUSTOM_AUTH"],
    ).user_pool_client
    app = AppClient(pool_id, given(given(made).client_id), given(made).client_secret)
    assert generate_secret == (app.client_secret is not None)
    return app


@attrs.frozen
class Side:
    """A client of some kind, which signs in with an app client, as an administrator or not."""

    kit: Kit
    client: Any
    app: AppClient
    admin: bool

    def sign_in(self, **given_values: Any) -> Any:
        """Begin a sign-in."""
        return self.kit.run(
            self.client.sign_in,
            self.app,
            **{"username": MARY, "password": PASSWORD, "admin": self.admin, **given_values},
        )

    def tokens(self, username: str = MARY) -> Tokens:
        """Sign in by the password in clear, which costs the server least."""
        flow = "ADMIN_USER_PASSWORD_AUTH" if self.admin else "USER_PASSWORD_AUTH"
        tokens: Tokens = self.sign_in(username=username, flow=flow).tokens
        return tokens

    def respond(self, challenge: Any, **answer: Any) -> Any:
        """Answer a challenge."""
        return self.kit.run(self.client.respond, self.app, challenge, **answer)


@pytest.fixture(
    params=[
        ("sync", "public client", "public"),
        ("sync", "client with a secret", "admin"),
        ("asyncio", "client with a secret", "public"),
        ("trio", "public client", "admin"),
    ],
    ids=", ".join,
)
def side(world: World, request: pytest.FixtureRequest) -> Iterator[Side]:
    """Each kind of client and of app client, as an administrator and not; a public one has no credentials."""
    kind, app, who = request.param
    given_settings = settings(world.server)
    if who == "public":
        given_settings["credentials"] = refuses_credentials
    with kit_of(kind) as kit:
        client = kit.client(**given_settings)
        yield Side(kit, client, world.secret if "secret" in app else world.public, who == "admin")
        kit.close(client)


def refuses_credentials() -> Any:
    """Stand for credentials that nobody may ask for."""
    msg = "a public call asked for credentials"
    raise AssertionError(msg)


def assert_tokens(side: Side, outcome: Any, username: str) -> None:
    """Check that the tokens are of the user, for the app client, and end when the session thinks."""
    assert isinstance(outcome, SignedIn)
    access, identity = claims(outcome.tokens.access_token), claims(given(outcome.tokens.id_token))
    assert (username, side.app.client_id) == (access["username"], access["client_id"])
    assert (f"{username}@example.com", side.app.client_id) == (identity["email"], identity["aud"])
    assert abs(access["exp"] - given(outcome.tokens.expires_at).timestamp()) < 60


@pytest.mark.slow
@pytest.mark.parametrize("username", ["mary", MARY], ids=["name", "alias"])
def test_srp(side: Side, username: str) -> None:
    """The right password is proven, and a wrong one is not."""
    assert_tokens(side, side.sign_in(username=username), "mary")
    with pytest.raises(NotAuthorizedException, match="Incorrect username or password"):
        side.sign_in(username=username, password=NEW_PASSWORD)


def test_a_password_in_clear(side: Side) -> None:
    """The flows that send the password work, and refuse a wrong one."""
    for flow in ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH") if side.admin else ("USER_PASSWORD_AUTH",):
        assert_tokens(side, side.sign_in(flow=flow), "mary")
        with pytest.raises(NotAuthorizedException, match="Incorrect username or password"):
            side.sign_in(flow=flow, password=NEW_PASSWORD)


def test_a_wrong_client_secret(side: Side, world: World) -> None:
    """The server refuses a hash that another secret made, so that the right ones prove something."""
    side = attrs.evolve(side, app=attrs.evolve(world.secret, client_secret="another-client-secret-of-ours"))
    with pytest.raises(NotAuthorizedException, match="Unable to verify secret hash"):
        side.sign_in()


@pytest.mark.slow
def test_a_temporary_password(side: Side, world: World) -> None:
    """A temporary password is proven, replaced by another one, and good no more; the challenge survives storage."""
    username = f"invited-{side.kit.kind}-{side.app.client_secret is None}-{side.admin}"
    world.add(username, temporary_password=PASSWORD)
    challenge = challenge_from_state(side.sign_in(username=username).to_state(), side.app)
    assert isinstance(challenge, NewPasswordRequired)
    assert f"{username}@example.com" == challenge.user_attributes["email"]
    assert_tokens(side, side.respond(challenge, new_password=NEW_PASSWORD), username)
    assert_tokens(side, side.sign_in(username=username, password=NEW_PASSWORD), username)
    with pytest.raises(NotAuthorizedException):
        side.sign_in(username=username)


@pytest.fixture(scope="module")
def totp_secret(world: World) -> str:
    """The secret of the authenticator app of a user called anna."""
    world.add_with_password("anna")
    outcome = world.client.sign_in(world.public, username="anna", password=PASSWORD)
    assert isinstance(outcome, SignedIn)
    access_token = outcome.tokens.access_token
    secret = given(world.client.associate_software_token(access_token=access_token).secret_code)
    world.client.verify_software_token(access_token=access_token, user_code=totp(secret, time.time()))
    return secret


@pytest.mark.slow
def test_an_authenticator_app(side: Side, totp_secret: str) -> None:
    """The password leads to a demand for a code, which takes the right one only, from another process as well."""
    challenge = challenge_from_state(side.sign_in(username="anna").to_state(), side.app)
    assert isinstance(challenge, SoftwareTokenMfa)
    wrong = {"000000", "111111", "222222", "333333"} - {totp(totp_secret, time.time() + 30 * n) for n in (-1, 0, 1)}
    with pytest.raises(CodeMismatchException):
        side.respond(challenge, code=wrong.pop())
    assert_tokens(side, side.respond(challenge, code=totp(totp_secret, time.time())), "anna")


def test_a_session(side: Side) -> None:
    """A session refreshes, keeps its refresh token where the server sends none, and ends with a sign-out."""
    stored: list[Tokens] = []
    cls: Any = UserSession if side.kit.kind == "sync" else AsyncUserSession
    first = side.tokens()
    session = cls(side.client, side.app, first, on_tokens=hook_of(side.kit, stored.append))
    assert first.access_token == side.kit.run(session.access_token)
    new = side.kit.run(session.refresh)
    assert [new] == stored
    assert first.refresh_token == new.refresh_token
    assert_tokens(side, SignedIn(tokens=new), "mary")
    assert first.access_token != new.access_token
    other = cls(side.client, side.app, first)
    side.kit.run(session.sign_out)
    with pytest.raises(SessionEndedError, match=r"no longer valid \(NotAuthorizedException\)"):
        side.kit.run(other.refresh)


def test_a_global_sign_out(side: Side, world: World) -> None:
    """A global sign-out ends the user's other sessions as well."""
    username = f"leaving-{side.kit.kind}-{side.app.client_secret is None}-{side.admin}"
    world.add_with_password(username)
    cls: Any = UserSession if side.kit.kind == "sync" else AsyncUserSession
    session, other = (cls(side.client, side.app, side.tokens(username)) for _ in range(2))
    side.kit.run(session.global_sign_out)
    with pytest.raises(SessionEndedError, match="signed out everywhere"):
        side.kit.run(session.access_token)
    with pytest.raises(SessionEndedError, match=r"no longer valid \(NotAuthorizedException\)"):
        side.kit.run(other.refresh)


def test_the_refresh_flow(side: Side) -> None:
    """REFRESH_TOKEN_AUTH gives new tokens; with a secret it needs the user's own name, not an alias."""
    refresh = {"password": None, "flow": "REFRESH_TOKEN_AUTH", "refresh_token": side.tokens().refresh_token}
    assert_tokens(side, side.sign_in(**refresh, username="mary"), "mary")
    if side.app.client_secret is not None:
        with pytest.raises(NotAuthorizedException, match="Unable to verify secret hash"):
            side.sign_in(**refresh, username=MARY)


def test_tokens_are_verified(side: Side, world: World) -> None:
    """The tokens of a sign-in pass the verifier, and those of another app client don't."""
    pytest.importorskip("jwt", reason="the extra 'jwt' is not installed")
    from cognito_idp import TokenVerifier
    from cognito_idp.errors import TokenAudienceError
    from cognito_idp.tokens.pools import TrustedPool

    tokens = side.tokens()
    uri = f"{world.server.endpoint_url}/{side.app.user_pool_id}/.well-known/jwks.json"
    for client_id in (side.app.client_id, "another-client-id"):
        pool = TrustedPool(side.app.user_pool_id, client_ids=client_id, jwks_uri=uri)
        with TokenVerifier(pool, token_use="access") as verifier:
            if client_id == side.app.client_id:
                assert "mary" == verifier.verify(tokens.access_token).username
            else:
                with pytest.raises(TokenAudienceError):
                    verifier.verify(tokens.access_token)


# -- a custom flow, whose triggers the server runs ---------------------------------------------------------------------

TRIGGERS = """
def handler(event, context):
    request, response = event["request"], event["response"]
    rounds = request.get("session") or []
    names = [(each["challengeName"], each["challengeResult"]) for each in rounds]
    if event["triggerSource"].startswith("DefineAuthChallenge"):
        response.update(issueTokens=False, failAuthentication=False)
        if names and not names[-1][1]:
            response["failAuthentication"] = True
        elif names == [("SRP_A", True)]:
            response["challengeName"] = "PASSWORD_VERIFIER"
        elif ("CUSTOM_CHALLENGE", True) in names:
            response["issueTokens"] = True
        else:
            response["challengeName"] = "CUSTOM_CHALLENGE"
    elif event["triggerSource"].startswith("CreateAuthChallenge"):
        response["publicChallengeParameters"] = {"question": "How many roads?"}
        response["privateChallengeParameters"] = {"answer": "42"}
    else:
        expected = request["privateChallengeParameters"]["answer"]
        response["answerCorrect"] = request["challengeAnswer"] == expected
    return event
"""


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@pytest.fixture(scope="module")
def custom(world: World) -> AppClient:
    """An app client of a pool that asks a question, after the password if that is proven first."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("triggers.py", TRIGGERS)
    root: dict[str, Any] = {
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "region_name": world.server.region,
    }
    root["endpoint_url"] = world.server.endpoint_url
    with closing(boto3.client("iam", **root)) as iam:
        role = iam.create_role(RoleName="triggers", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    with closing(boto3.client("lambda", **root)) as functions:
        arn = functions.create_function(
            FunctionName="triggers",
            Runtime="python3.11",
            Role=role,
            Handler="triggers.handler",
            Code={"ZipFile": packed.getvalue()},
        )["FunctionArn"]
    triggers = LambdaConfigType(
        define_auth_challenge=arn, create_auth_challenge=arn, verify_auth_challenge_response=arn
    )
    client = world.client
    pool_id = given(given(client.create_user_pool(pool_name="custom", lambda_config=triggers).user_pool).id)
    app = new_app(client, pool_id, generate_secret=True)
    attrs.evolve(world, public=app).add_with_password("mary")
    return app


@pytest.mark.slow
@pytest.mark.parametrize("password", [None, PASSWORD], ids=["custom", "custom with SRP"])
def test_a_custom_flow(side: Side, custom: AppClient, password: str | None) -> None:
    """CUSTOM_AUTH asks what the triggers ask, after SRP where a password is given; wrong answers end it."""
    side = attrs.evolve(side, app=custom)
    begin = {"username": "mary", "flow": "CUSTOM_AUTH", "password": password}
    challenge = side.sign_in(**begin)
    assert isinstance(challenge, CustomChallenge)
    assert "How many roads?" == challenge.parameters["question"]
    assert_tokens(side, side.respond(challenge, answer="42"), "mary")
    with pytest.raises(NotAuthorizedException):
        side.respond(side.sign_in(**begin), answer="43")
    if password is not None:
        with pytest.raises(NotAuthorizedException):
            side.sign_in(**{**begin, "password": NEW_PASSWORD})
