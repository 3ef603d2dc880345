"""The example app and the challenges, refusals and failures that ministack lacks, over the tests' own Cognito."""

from __future__ import annotations

import base64
import json
import random
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography.fernet import Fernet
from examples.fastapi_app.settings import Settings

from tests.sign_in.fake_accounts import CODE, PASSWORD, RefusedError, totp_now, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import SECRET_APP

from .fastapi_visitor import Visitor, heading, opened, said

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

ORIGIN = "https://app.example.com"
SETTINGS = Settings(app=SECRET_APP, origin=ORIGIN, cookie_keys=(Fernet.generate_key().decode(),))


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as uvicorn does."""
    return "asyncio"


def service(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    """Return the network; the request that opens a connection is answered, too."""
    return httpx.MockTransport(lambda request: httpx.Response(404) if request.method == "GET" else answer(request))


async def first_step(mary: Visitor) -> httpx.Response:
    """Give address and password."""
    return await mary.post("/sign-in", email="mary@example.com", password=PASSWORD)


async def finished(mary: Visitor, **fields: str) -> bool:
    """Answer the challenge, and say whether that made a session."""
    mary.http.follow_redirects = False
    page = await mary.post("/sign-in/challenge", **fields)
    return page.status_code == 303 and page.headers["location"] == "/account" and "__Host-session" in mary.http.cookies


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SMS_MFA", "We sent a code to +*******1234 by text message."),
        ("EMAIL_OTP", "We sent a code to m***@e*** by e-mail."),
        ("SOFTWARE_TOKEN_MFA", "Type in the code that your authenticator app shows."),
    ],
)
async def test_codes(name: str, text: str) -> None:
    """A code is asked for with the place where it is, a wrong one is refused, and the right one signs in."""
    async with opened(SETTINGS, transport=service(FakeCognito(SECRET_APP, user(name)))) as visitor:
        mary = visitor()
        asked = await first_step(mary)
        wrong = await mary.post("/sign-in/challenge", code="271828")
        assert text in asked.text
        assert 400 == wrong.status_code
        assert text in wrong.text
        assert await finished(mary, code=CODE)


async def test_the_challenge_cookie() -> None:
    """Challenge and session travel in sealed cookies for this host, TLS and HTTP alone, and for a limited time."""
    fake = FakeCognito(SECRET_APP, user("SMS_MFA"))
    async with opened(SETTINGS, transport=service(fake)) as visitor:
        mary = visitor()
        page = await first_step(mary)
        challenge = page.history[0].headers["set-cookie"]
        mary.http.follow_redirects = False
        done = await mary.post("/sign-in/challenge", code=CODE)
    session = next(each for each in done.headers.get_list("set-cookie") if each.startswith("__Host-session="))
    attributes = "HttpOnly; Max-Age={}; Path=/; SameSite={}; Secure"
    assert re.fullmatch(r'__Host-challenge="?1gAAAA[\w=-]+"?; ' + attributes.format(180, "strict"), challenge)
    assert re.fullmatch(r'__Host-session="?1gAAAA[\w=-]+"?; ' + attributes.format(43200, "lax"), session)
    assert "__Host-challenge" not in mary.http.cookies
    assert "max-age=31536000" == done.headers["strict-transport-security"]


async def test_any_process_goes_on() -> None:
    """A challenge that one process asked is answered to another one with the same keys, and to none with others."""
    transport = service(FakeCognito(SECRET_APP, user("SMS_MFA")))
    other_keys = Settings(app=SECRET_APP, origin=ORIGIN, cookie_keys=(Fernet.generate_key().decode(),))
    async with opened(SETTINGS, transport=transport) as visitor:
        mary = visitor()
        await first_step(mary)
    for settings, expected in ((other_keys, "Sign in"), (SETTINGS, "One more step")):
        async with opened(settings, transport=transport) as visitor:
            moved = visitor()
            moved.http.cookies = mary.http.cookies
            page = await moved.get("/sign-in/challenge")
            assert expected == heading(page)
            done = await finished(moved, code=CODE)
            assert (settings is SETTINGS) == done


async def test_a_choice_of_factors() -> None:
    """A person with several second factors chooses one, and is asked for it."""
    async with opened(SETTINGS, transport=service(FakeCognito(SECRET_APP, user("SELECT_MFA_TYPE")))) as visitor:
        mary = visitor()
        asked = await first_step(mary)
        then = await mary.post("/sign-in/challenge", choice="SMS_MFA")
        assert ["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"] == re.findall(r'name="choice" value="(\w+)"', asked.text)
        assert "by text message" in then.text
        assert await finished(mary, code=CODE)


async def test_a_second_factor_is_demanded() -> None:
    """Who has no second factor, where one is demanded, sets up an authenticator app, or has codes sent by e-mail."""
    for choice in ("SOFTWARE_TOKEN_MFA", "EMAIL_OTP"):
        fake = FakeCognito(SECRET_APP, user("MFA_SETUP"))
        async with opened(SETTINGS, transport=service(fake)) as visitor:
            mary = visitor()
            await first_step(mary)
            page = await mary.post("/sign-in/challenge", choice=choice)
            if choice == "EMAIL_OTP":
                assert {"EMAIL": "mary@example.com"}.items() <= fake.sent[-1][1]["ChallengeResponses"].items()
                assert await finished(mary, code=CODE)
                continue
            secret = re.findall(r'id="totp-secret">(\w+)<', page.text)[0]
            wrong = await mary.post("/sign-in/challenge", code="000000")
            assert 400 == wrong.status_code
            assert secret in wrong.text
            assert await finished(mary, code=totp_now(secret))


async def test_a_new_password_with_attributes() -> None:
    """A new password is asked for together with the attributes that the pool requires."""
    somebody = user("NEW_PASSWORD_REQUIRED", required_attributes=("given_name",))
    async with opened(SETTINGS, transport=service(FakeCognito(SECRET_APP, somebody))) as visitor:
        mary = visitor()
        asked = await first_step(mary)
        assert '<label for="attribute.given_name">Given name</label>' in asked.text
        assert await finished(mary, **{"new_password": "Battery-Staple-2", "attribute.given_name": "Mary"})
    assert somebody.knows("Battery-Staple-2")


async def test_a_custom_challenge() -> None:
    """A custom challenge shows its question and takes its answer."""
    async with opened(SETTINGS, transport=service(FakeCognito(SECRET_APP, user("CUSTOM_CHALLENGE")))) as visitor:
        mary = visitor()
        asked = await first_step(mary)
        assert "How many roads?" in asked.text
        assert await finished(mary, answer="42")


def new_password_needed(count: int) -> httpx.MockTransport:
    """Return a service that asks for a new password, with a long session and so many attributes, all random."""
    noise = random.Random(count)
    session = base64.b64encode(noise.randbytes(1536)).decode()
    attributes = {f"custom:attribute_{number:02}": noise.randbytes(16).hex() for number in range(count)}
    parameters = {"USER_ID_FOR_SRP": "mary", "requiredAttributes": "[]", "userAttributes": json.dumps(attributes)}

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if asked.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
            assert session == asked["Session"]
            return httpx.Response(200, json={"AuthenticationResult": {"AccessToken": "a", "ExpiresIn": 3600}})
        name = "NEW_PASSWORD_REQUIRED"
        return httpx.Response(200, json={"ChallengeName": name, "Session": session, "ChallengeParameters": parameters})

    return service(answer)


async def test_a_challenge_that_is_too_large_for_one_cookie() -> None:
    """A long session with twenty attributes is carried by several cookies, which are all gone afterwards."""
    async with opened(SETTINGS, transport=new_password_needed(20)) as visitor:
        mary = visitor()
        page = await first_step(mary)
        assert "Choose a password" == heading(page)
        assert {"__Host-challenge", "__Host-challenge-1"} == set(mary.http.cookies)
        assert await finished(mary, new_password="Battery-Staple-2")
        assert {"__Host-session"} == set(mary.http.cookies)


async def test_a_challenge_that_is_too_large() -> None:
    """A challenge that no browser could carry is answered with a page that says so."""
    async with opened(SETTINGS, transport=new_password_needed(300)) as visitor:
        page = await first_step(visitor())
    assert 501 == page.status_code
    assert ["This account holds more than this page can work with."] == said(page)


@pytest.mark.parametrize("path", ["/sign-up", "/sign-up/resend", "/password/forgot"])
@pytest.mark.parametrize(
    "code", ["CodeDeliveryFailureException", "InvalidSmsRoleAccessPolicyException", "UnexpectedLambdaException"]
)
async def test_codes_that_cannot_be_sent(path: str, code: str) -> None:
    """While codes can't be sent, the answers to an address with an account and to one without are the same."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked, operation = json.loads(request.content), request.headers["x-amz-target"].partition(".")[2]
        is_known = asked["Username"] == "mary@example.com"
        if operation == "SignUp" and is_known:
            return httpx.Response(400, json={"__type": "UsernameExistsException"})
        if operation == "SignUp" or is_known:
            return httpx.Response(400, json={"__type": code})
        return httpx.Response(200, json={})

    seen = []
    async with opened(SETTINGS, transport=service(answer)) as visitor:
        for address in ("mary@example.com", "nobody@example.com"):
            somebody = visitor()
            if path == "/sign-up/resend":
                await somebody.post("/sign-up", email=address, new_password=PASSWORD)
            page = await somebody.post(path, email=address, new_password=PASSWORD)
            seen.append((page.status_code, page.url.path, page.text.replace(address, "")))
    assert 200 == seen[0][0]
    assert seen[0] == seen[1]


async def test_a_challenge_without_a_form() -> None:
    """A challenge that the app has no form for is said to be one."""
    async with opened(SETTINGS, transport=service(FakeCognito(SECRET_APP, user("WEB_AUTHN")))) as visitor:
        page = await first_step(visitor())
    assert 501 == page.status_code


async def test_a_sign_in_that_the_service_forgot() -> None:
    """An answer whose session the service has forgotten leads back to the beginning, and says why."""
    fake = FakeCognito(SECRET_APP, user("SMS_MFA"))
    fake.scripted["SMS_MFA"] = [RefusedError("NotAuthorizedException", "Invalid session for the user.")]
    async with opened(SETTINGS, transport=service(fake)) as visitor:
        mary = visitor()
        await first_step(mary)
        page = await mary.post("/sign-in/challenge", code=CODE)
        again = await mary.get("/sign-in/challenge")
    assert ["This sign-in took too long, or was tried too often. Begin again."] == said(page) == said(again)


async def test_a_password_that_must_be_reset() -> None:
    """Who must reset the password is led to where that is done."""
    fake = FakeCognito(SECRET_APP, user())
    fake.scripted["InitiateAuth"] = [RefusedError("PasswordResetRequiredException")]
    async with opened(SETTINGS, transport=service(fake)) as visitor:
        page = await first_step(visitor())
    assert "Forgot your password?" == heading(page)


@pytest.mark.parametrize(
    ("code", "status", "retry_after"),
    [("LimitExceededException", 429, "900"), ("UserNotFoundException", 401, None), ("OddException", 502, None)],
)
async def test_refusals(code: str, status: int, retry_after: str | None) -> None:
    """A refusal is answered with the status of the table, and with a time to wait where waiting helps."""
    fake = FakeCognito(SECRET_APP, user())
    fake.scripted["InitiateAuth"] = [RefusedError(code)]
    async with opened(SETTINGS, transport=service(fake)) as visitor:
        page = await first_step(visitor())
    assert (status, retry_after) == (page.status_code, page.headers.get("retry-after"))
    assert 1 == len(said(page))


async def test_a_service_that_is_away() -> None:
    """The app starts while the service can't be reached, and answers 503 with a page and a time to wait."""

    def away(request: httpx.Request) -> httpx.Response:
        msg = "no route"
        raise httpx.ConnectError(msg, request=request)

    async with opened(SETTINGS, transport=httpx.MockTransport(away)) as visitor:
        page = await first_step(visitor())
    assert (503, "5") == (page.status_code, page.headers["retry-after"])
    assert ["The sign-in service can't be reached just now. Try again in a moment."] == said(page)
    assert PASSWORD not in page.text
