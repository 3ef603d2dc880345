"""A whole sign-in: a first password, an authenticator app, a resumed challenge, token verification and refresh.

    pip install '.[local,jwt]'
    python examples/sign_in.py

It runs against a Cognito server on this machine, needs no AWS account and leaves nothing behind.
"""

from __future__ import annotations

import os
import sys
import time

import cognito_idp
from cognito_idp import (
    AppClient,
    Client,
    CodeMismatchException,
    JwtNotInstalledError,
    NewPasswordRequired,
    NotAuthorizedException,
    Outcome,
    SessionEndedError,
    SignedIn,
    SoftwareTokenMfa,
    SoftwareTokenMfaConfigType,
    SoftwareTokenMfaSettingsType,
    Tokens,
    TokenVerifier,
    UserSession,
    challenge_from_state,
    totp,
)
from cognito_idp.testing import CognitoServer, ServerNotInstalledError, ServerStartError, cognito_server

USERNAME = "mary"
FIRST_PASSWORD = "Temporary-Horse-1"
PASSWORD = "Correct-Horse-2"


def main() -> int:
    """Run the example and return the exit code."""
    started = time.perf_counter()
    print(f"cognito-idp {cognito_idp.__version__}, a whole sign-in\n")
    # Our calls stay on this machine, so they bypass any proxy.
    os.environ["no_proxy"] = "127.0.0.1"
    try:
        with cognito_server() as server, server.client() as client:
            app = new_app(client)
            secret = first_sign_in(client, app)
            tokens = sign_in_with_mfa(client, app, secret)
            verify(server, app, tokens)
            keep_fresh(client, app, tokens)
    except (JwtNotInstalledError, ServerNotInstalledError, ServerStartError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.perf_counter() - started:.1f} s. The server is stopped.")
    return 0


def new_app(client: Client) -> AppClient:
    """Create a pool that allows authenticator apps, an app client with a secret, and a user."""
    pool = client.create_user_pool(pool_name="people").user_pool
    assert pool is not None
    assert pool.id is not None
    client.set_user_pool_mfa_config(
        user_pool_id=pool.id,
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    app_client = client.create_user_pool_client(
        user_pool_id=pool.id,
        client_name="web",
        generate_secret=True,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    ).user_pool_client
    assert app_client is not None
    assert app_client.client_id is not None
    client.admin_create_user(
        user_pool_id=pool.id,
        username=USERNAME,
        temporary_password=FIRST_PASSWORD,
        message_action="SUPPRESS",
        user_attributes={"email": "mary@example.com"},
    )
    return AppClient(pool.id, app_client.client_id, app_client.client_secret)


def first_sign_in(client: Client, app: AppClient) -> str:
    """Sign in with the temporary password, choose a new one, and set up an authenticator app; return its secret."""
    outcome = client.sign_in(app, username=USERNAME, password=FIRST_PASSWORD)
    match outcome:
        case NewPasswordRequired(required_attributes=names):
            wanted = ", ".join(names) or "no attributes"
            show("the temporary password is proven by SRP, not sent", f"a new one is required, and {wanted}")
            outcome = client.respond(app, outcome, new_password=PASSWORD)
    tokens = signed_in(outcome)
    show("a new password is chosen", "signed in")
    setup = client.associate_software_token(access_token=tokens.access_token)
    secret = setup.secret_code
    assert secret is not None
    client.verify_software_token(access_token=tokens.access_token, user_code=totp(secret, time.time()))
    client.set_user_mfa_preference(
        access_token=tokens.access_token,
        software_token_mfa_settings=SoftwareTokenMfaSettingsType(enabled=True, preferred_mfa=True),
    )
    show("an authenticator app is set up", "TOTP is the preferred second factor")
    return secret


def sign_in_with_mfa(client: Client, app: AppClient, secret: str) -> Tokens:
    """Prove the password in one step and send the code in another, like two requests to a web back end."""
    outcome = client.sign_in(app, username=USERNAME, password=PASSWORD)
    assert isinstance(outcome, SoftwareTokenMfa)
    state = outcome.to_state()
    show("the next sign-in asks for a code", f"kept as {len(state)} characters, as a cookie would")

    challenge = challenge_from_state(state, app)
    try:
        client.respond(app, challenge, code="000000")
    except CodeMismatchException as error:
        show("a wrong code", error.code)
    outcome = client.respond(app, challenge, code=totp(secret, time.time()))
    tokens = signed_in(outcome)
    show("the right code", "signed in")
    try:
        client.sign_in(app, username=USERNAME, password="wrong")
    except NotAuthorizedException as error:
        show("a wrong password", error.code)
    return tokens


def verify(server: CognitoServer, app: AppClient, tokens: Tokens) -> None:
    """Verify the access token with the pool's public keys, which this server, unlike AWS, has at its own address."""
    pool = server.trusted_pool(app.user_pool_id, client_ids=app.client_id)
    with TokenVerifier(pool, token_use="access") as verifier:
        claims = verifier.verify(tokens.access_token)
    show("the access token is verified", f"username {claims.username}, scope {' '.join(claims.scope)}")


def keep_fresh(client: Client, app: AppClient, tokens: Tokens) -> None:
    """Refresh the tokens and sign out."""
    session = UserSession(client, app, tokens, on_tokens=lambda _: show("new tokens came", "stored by our hook"))
    session.refresh()
    session.sign_out()
    try:
        session.access_token()
    except SessionEndedError as error:
        show("after the sign-out", str(error))


def signed_in(outcome: Outcome) -> Tokens:
    """Return the tokens of a finished sign-in."""
    if not isinstance(outcome, SignedIn):
        msg = f"the service asks for {outcome.name}"
        raise TypeError(msg)
    return outcome.tokens


def show(step: str, result: str) -> None:
    """Print a line."""
    print(f"  {step:<52} {result}")


if __name__ == "__main__":
    sys.exit(main())
