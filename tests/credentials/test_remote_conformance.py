"""The same files, variables and fake services, asked by botocore in a process of its own and by us: the same keys."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import ECKey

from .fake_aws import FakeAws
from .remote import REGION, Home, botocore_answers, our_answers, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..support.kit import Kit

ROLE = "role_arn = arn:aws:iam::111122223333:role/"
KEYS = "aws_access_key_id = AKIAUSER\naws_secret_access_key = SECRETUSER\n"
SIGN_IN = f"sso_region = {REGION}\nsso_start_url = https://example.awsapps.com/start\n"
GRANT = "sso_account_id = 111122223333\nsso_role_name = "
WEB = "web_identity_token_file = {folder}/.aws/token\n"

CONFIG = f"""
[profile base]
{KEYS}
[profile simple]
{ROLE}simple
source_profile = base
[profile full]
{ROLE}full
source_profile = base
external_id = +x/1&2=3
role_session_name = me@example.com
duration_seconds = 900
[profile mfa]
{ROLE}mfa
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile two]
{ROLE}two
source_profile = simple
[profile three]
{ROLE}three
source_profile = two
[profile itself]
{ROLE}itself
source_profile = itself
{KEYS}
[profile keys-end-it]
{ROLE}keys-end-it
source_profile = itself
[profile circle-a]
{ROLE}circle
source_profile = circle-b
[profile circle-b]
{ROLE}circle
source_profile = circle-a
[profile circle-around-keys]
{ROLE}circle
source_profile = circle-c
{KEYS}
[profile circle-c]
{ROLE}circle
source_profile = circle-around-keys
[profile alone]
{ROLE}alone
source_profile = alone
[profile both]
{ROLE}both
source_profile = base
credential_source = Environment
[profile neither]
{ROLE}neither
[profile ghost]
{ROLE}ghost
source_profile = nobody
[profile from-environment]
{ROLE}from-environment
credential_source = Environment
[profile from-unknown]
{ROLE}from-unknown
credential_source = Keychain
[profile web]
{ROLE}web
{WEB}
[profile web-named]
{ROLE}web
role_session_name = me
{WEB}
[profile over-web]
{ROLE}over-web
source_profile = web
[profile sso]
{GRANT}Reader
sso_session = team
[sso-session team]
{SIGN_IN}
[profile sso-old]
{GRANT}Writer
{SIGN_IN}
[profile sso-refreshed]
{GRANT}Reader
sso_session = stale
[sso-session stale]
{SIGN_IN}
[profile sso-denied]
{GRANT}Owner
sso_session = team
[profile sso-contradicts]
{GRANT}Reader
sso_session = team
sso_region = us-east-1
[profile sso-incomplete]
{GRANT}Reader
[profile sso-expired]
{GRANT}Reader
sso_region = {REGION}
sso_start_url = https://expired.example
[profile over-sso]
{ROLE}over-sso
source_profile = sso
[profile before-keys]
{GRANT}Reader
sso_session = team
{KEYS}
"""

VARIABLES = {"AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/env", "AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/.aws/token"}
USER = {"AWS_ACCESS_KEY_ID": "AKIAUSER", "AWS_SECRET_ACCESS_KEY": "SECRETUSER"}
ASKED: list[tuple[str | None, dict[str, str]]] = [
    *(
        (line.removeprefix("[profile ").removesuffix("]"), {})
        for line in CONFIG.splitlines()
        if line.startswith("[profile ") and line != "[profile from-environment]"
    ),
    ("from-environment", USER),
    (None, VARIABLES),
    (None, {**VARIABLES, "AWS_ROLE_SESSION_NAME": "pod"}),
    (None, {**VARIABLES, **USER}),
    (None, {**VARIABLES, "AWS_PROFILE": "simple"}),
    (None, {**VARIABLES, "AWS_PROFILE": "sso"}),
    (None, {"AWS_PROFILE": "web", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/env"}),
    ("simple", {**VARIABLES, **USER}),
    ("sso", {**VARIABLES, **USER}),
]
FAIL = {
    "circle-a",
    "circle-b",
    "circle-around-keys",
    "alone",
    "both",
    "neither",
    "ghost",
    "from-unknown",
    "sso-denied",
    "sso-contradicts",
    "sso-incomplete",
    "sso-expired",
}


def make_home(folder: Path, aws: FakeAws) -> Home:
    """Make a home folder with all the files."""
    home = Home(folder, aws.url)
    home.write("config", CONFIG.replace("{folder}", str(folder)))
    home.write("token", "TOKENWEB")
    now = aws.now()
    later = {"registrationExpiresAt": text_of(now + 86400)}
    home.sso_token("team", expiresAt=text_of(now + 3600), **later)
    home.sso_token("https://example.awsapps.com/start", expiresAt=text_of(now + 3600))
    home.sso_token("stale", expiresAt=text_of(now - 60), **later)
    home.sso_token("https://expired.example", expiresAt=text_of(now - 60), **later)
    return home


def asked_in(home: Home) -> list[tuple[str | None, dict[str, str]]]:
    """Return what is asked, with the variables' paths below a home folder."""
    folder = str(home.folder)
    return [
        (profile, {name: value.replace("{folder}", folder) for name, value in environ.items()})
        for profile, environ in ASKED
    ]


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], dict[str, Any]]:
    """Ask botocore everything, once; return its answers, and the SSO token that it wrote back."""
    with FakeAws(time.time) as aws:
        home = make_home(tmp_path_factory.mktemp("botocore") / "home", aws)
        answers = botocore_answers(home, asked_in(home))
        return answers, written(home, "stale")


def written(home: Home, session: str) -> dict[str, Any]:
    """Return a token file's members, but for the times, which depend on when it was written."""
    token: dict[str, Any] = json.loads(home.sso_token_path(session).read_text("utf-8"))
    return {name: value for name, value in token.items() if not name.lower().endswith("expiresat")}


@pytest.mark.slow
def test_same_keys(kit: Kit, tmp_path: Path, expected: tuple[list[Any], dict[str, Any]]) -> None:
    """For each profile and environment, we choose the keys that botocore chooses, and fail where it fails."""
    answers, token = expected
    with FakeAws(time.time) as aws:
        home = make_home(tmp_path / "home", aws)
        ours = our_answers(kit, home, asked_in(home), aws.now())
        assert token == written(home, "stale")
    labels = [f"{profile} {sorted(environ)}" for profile, environ in ASKED]
    both = dict(zip(labels, zip(answers, ours, strict=True), strict=True))
    failed = {label.split(" ")[0] for label, (theirs, _) in both.items() if "error" in theirs}
    assert FAIL == failed
    assert [] == [label for label, (theirs, mine) in both.items() if "error" in theirs and "error" not in mine]
    keys = {label: pair for label, pair in both.items() if "error" not in pair[0]}
    assert {label: theirs for label, (theirs, _) in keys.items()} == {label: mine for label, (_, mine) in keys.items()}
    assert len(keys) > 15


def traces(folder: Path, ask: Callable[[Home, list[Any], float], object]) -> list[tuple[str, str | None]]:
    """Ask on AWS Lambda for keys of each kind of service; return what each request was for, and what trace it named."""
    with FakeAws(time.time) as aws:
        home = make_home(folder, aws)
        home.environ |= {"AWS_LAMBDA_FUNCTION_NAME": "sign-in", "_X_AMZN_TRACE_ID": "Root=1-1;Parent=2"}
        ask(home, [(name, {}) for name in ("simple", "web", "sso", "sso-refreshed")], aws.now())
        named = [request.header("x-amzn-trace-id") for request in aws.received]
        return list(zip(aws.operations(), named, strict=True))


@pytest.mark.slow
def test_same_trace(kit: Kit, tmp_path: Path) -> None:
    """On AWS Lambda, the requests to STS and SSO name the invocation that they are made for, as botocore's do."""
    theirs = traces(tmp_path / "theirs", lambda home, asked, _: botocore_answers(home, asked))
    ours = traces(tmp_path / "ours", lambda home, asked, now: our_answers(kit, home, asked, now))
    assert theirs == ours
    assert {"AssumeRole", "AssumeRoleWithWebIdentity", "CreateToken", "GetRoleCredentials"} == {
        name for name, _ in ours
    }
    assert {"Root=1-1;Parent=2"} == {trace for _, trace in ours}


# botocore makes its proofs with awscrt, which the test environment does without; this gives it the same by other means.
_EC = """
import botocore.credentials
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

class EC:
    def __init__(self, key):
        self.key = key

    @classmethod
    def new_key_from_der_data(cls, data):
        return cls(load_der_private_key(data, None))

    def get_public_coords(self):
        numbers = self.key.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")

    def sign(self, digest):
        return self.key.sign(digest, ec.ECDSA(utils.Prehashed(SHA256())))

    @staticmethod
    def decode_der_signature_to_padded_pair(signature, pad_to):
        return b"".join(number.to_bytes(pad_to, "big") for number in utils.decode_dss_signature(signature))

botocore.credentials.EC = EC
"""


SESSION = "arn:aws:iam::111122223333:user/Admin"
# How long the credentials in the token file are still good: they are replaced in their last 300 s.
ENDS_IN = (-3600, 200, 400)


def login(folder: Path, pem: str, ends_in: float, ask: Callable[[Home, FakeAws], list[Any]]) -> tuple[Any, ...]:
    """Ask for the keys of an `aws login` session; return the answers, the token file left, and what was called."""
    with FakeAws(time.time) as aws:
        aws.login_key = ECKey.import_key(pem)
        home = Home(folder, aws.url)
        home.write("config", f"[profile dev]\nlogin_session = {SESSION}\n")
        path = home.login_token(SESSION, pem, expires_at=text_of(aws.now() + ends_in))
        answers = ask(home, aws)
        token = json.loads(path.read_text())
        del token["accessToken"]["expiresAt"]
        return answers, token, aws.operations()


@pytest.fixture(scope="session")
def logins_of_botocore(tmp_path_factory: pytest.TempPathFactory, pem: str) -> dict[float, tuple[Any, ...]]:
    """Ask botocore for the keys of a session of each age, once."""
    folder = tmp_path_factory.mktemp("botocore")
    return {
        ends_in: login(
            folder / str(ends_in), pem, ends_in, lambda home, _: botocore_answers(home, [("dev", {})], before=_EC)
        )
        for ends_in in ENDS_IN
    }


@pytest.mark.slow
@pytest.mark.parametrize("ends_in", ENDS_IN)
def test_same_login(
    kit: Kit, tmp_path: Path, pem: str, logins_of_botocore: dict[float, tuple[Any, ...]], ends_in: float
) -> None:
    """An `aws login` session is refreshed when botocore refreshes it, and both leave the same file behind."""
    ours = login(tmp_path / "ours", pem, ends_in, lambda home, aws: our_answers(kit, home, [("dev", {})], aws.now()))
    assert logins_of_botocore[ends_in] == ours
    assert (["CreateOAuth2Token"] if ends_in < 300 else []) == ours[2]
