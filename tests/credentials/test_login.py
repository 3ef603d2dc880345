"""Sessions of `aws login`: files as the AWS CLI writes them, and a fake sign-in service that verifies DPoP proofs."""

from __future__ import annotations

import json
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import PrivateFormat
from joserfc.jwk import ECKey

from cognito_idp.credentials import LoginProvider, NotConfigured
from cognito_idp.credentials.dpop import proof
from cognito_idp.errors import ConfigError, CredentialsError

from .fake_aws import NOW, FakeAws, fixed
from .remote import REGION, Home, failure, fake_keys, pem_of, text_of
from .support import perform

if TYPE_CHECKING:
    from cognito_idp import Credentials
    from cognito_idp._flow.effects import Flow

    from ..support.kit import Kit
    from ..support.server import Received

SESSION = "arn:aws:iam::111122223333:user/Admin"
LOGIN_AGAIN = "to sign in, run: aws login --profile dev"


@pytest.fixture
def aws(aws: FakeAws, pem: str) -> FakeAws:
    """Bind the session to the key."""
    aws.login_key = ECKey.import_key(pem)
    return aws


@pytest.fixture
def home(home: Home) -> Home:
    """Add a profile that names the session."""
    home.write("config", f"[profile dev]\nlogin_session = {SESSION}\n")
    return home


def load(home: Home, **environ: str) -> Flow[Credentials]:
    """Return the provider's flow."""
    return LoginProvider().load(home.context("dev", environ))


def test_cached_credentials(kit: Kit, home: Home, aws: FakeAws, pem: str) -> None:
    """Credentials in the file that are good for more than 5 minutes are used as they are."""
    home.login_token(SESSION, pem, expires_at=text_of(NOW + 301))
    found = perform(kit, load(home))
    assert ("ASIALOGIN1", "SECRETLOGIN1", "LOGINTOKEN1") == (
        found.access_key_id,
        found.secret_access_key,
        found.session_token,
    )
    assert found.expiration is not None
    assert NOW + 301 == found.expiration.timestamp()
    assert [] == aws.received


@pytest.mark.parametrize("ends_in", [-3600, 0, 300])
def test_refresh(kit: Kit, home: Home, aws: FakeAws, pem: str, ends_in: float) -> None:
    """Credentials that end within 5 minutes are refreshed with a DPoP proof, and replaced in the file, mode 0600."""
    path = home.login_token(SESSION, pem, expires_at=text_of(NOW + ends_in), foreign="stays")
    path.chmod(0o644)
    found = perform(kit, load(home))
    assert ["CreateOAuth2Token"] == aws.operations()
    keys = (found.access_key_id, found.secret_access_key, found.session_token)
    assert fake_keys(aws, found.access_key_id) == keys
    assert found.expiration is not None
    assert NOW + 900 == found.expiration.timestamp()
    expected = {
        "accessToken": {
            "accessKeyId": keys[0],
            "secretAccessKey": keys[1],
            "sessionToken": keys[2],
            "accountId": "111122223333",
            "expiresAt": text_of(NOW + 900),
        },
        "tokenType": "aws_sigv4",
        "refreshToken": "LOGINREFRESH2",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": pem,
        "foreign": "stays",
    }
    assert expected == json.loads(path.read_text())
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(path.parent.iterdir())


def test_key_in_pkcs8(kit: Kit, home: Home, aws: FakeAws) -> None:
    """A key in the newer PEM form is read as well."""
    key = ec.generate_private_key(ec.SECP256R1())
    aws.login_key = ECKey.import_key(pem_of(key))
    home.login_token(SESSION, pem_of(key, PrivateFormat.PKCS8), expires_at=text_of(NOW))
    perform(kit, load(home))
    assert ["CreateOAuth2Token"] == aws.operations()


def test_small_coordinates(kit: Kit, home: Home, aws: FakeAws) -> None:
    """Coordinates that begin with zero bytes keep their 32 bytes in the proof."""
    # The first private number whose public point has an x of less than 31 whole bytes.
    key = next(
        key
        for number in range(1, 10_000)
        if (key := ec.derive_private_key(number, ec.SECP256R1())).public_key().public_numbers().x >> 248 == 0
    )
    aws.login_key = ECKey.import_key(pem_of(key))
    home.login_token(SESSION, pem_of(key), expires_at=text_of(NOW))
    perform(kit, load(home))
    assert ["CreateOAuth2Token"] == aws.operations()


def test_cache_folder(kit: Kit, home: Home, aws: FakeAws, pem: str) -> None:
    """`AWS_LOGIN_CACHE_DIRECTORY` names the folder of the files, with variables and `~`."""
    path = home.login_token(SESSION, pem)
    other = home.folder / "elsewhere"
    path.parent.rename(other)
    for value in (str(other), "~/elsewhere", "$HOME/elsewhere"):
        assert "ASIALOGIN1" == perform(kit, load(home, AWS_LOGIN_CACHE_DIRECTORY=value)).access_key_id
    assert [] == aws.received


def test_refreshed_by_another_process(kit: Kit, home: Home, aws: FakeAws, pem: str) -> None:
    """Where another process used up the refresh token, the credentials that it wrote are taken."""
    home.login_token(SESSION, pem, expires_at=text_of(NOW - 60), refreshToken="LOGINREFRESHBAD")

    def meanwhile(_: Received) -> None:
        home.login_token(SESSION, pem, expires_at=text_of(NOW + 900))

    aws.instead.append(meanwhile)
    assert "ASIALOGIN1" == perform(kit, load(home)).access_key_id
    assert 1 == len(aws.received)
    assert [] == aws.operations()


def test_good_credentials_survive_a_failed_refresh(kit: Kit, home: Home, aws: FakeAws, pem: str) -> None:
    """Credentials that can't be refreshed serve as long as they are good."""
    home.login_token(SESSION, pem, expires_at=text_of(NOW + 60), refreshToken="LOGINREFRESHBAD")
    assert "ASIALOGIN1" == perform(kit, load(home)).access_key_id
    assert 1 == len(aws.received)


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("TOKEN_EXPIRED", "the session has expired"),
        ("USER_CREDENTIALS_CHANGED", "the user's password has changed since the sign-in"),
        ("INSUFFICIENT_PERMISSIONS", "the user lacks the permission signin:CreateOAuth2Token"),
        (["x"], "AccessDeniedException"),
    ],
)
def test_refusal(kit: Kit, home: Home, aws: FakeAws, pem: str, reason: object, part: str) -> None:
    """A refusal is an error with the reason, the file, and what to run; it is not repeated."""
    path = home.login_token(SESSION, pem, expires_at=text_of(NOW))
    body = json.dumps({"error": reason, "message": "LOGINREFRESH1 is refused"}).encode()
    aws.instead.append(fixed(400, body, ("x-amzn-errortype", "AccessDeniedException")))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for expected in ("profile 'dev'", str(path), part, "AccessDeniedException", "*** is refused", LOGIN_AGAIN):
        assert expected in str(error)
    assert 1 == len(aws.received)


def test_refresh_is_not_sent_twice(kit: Kit, home: Home, aws: FakeAws, pem: str) -> None:
    """A refresh is not repeated after the service may have carried it out, since it uses up the refresh token."""
    home.login_token(SESSION, pem, expires_at=text_of(NOW))
    aws.instead.append(fixed(500, b"{}", ("x-amzn-errortype", "InternalServerException")))
    assert "InternalServerException" in str(failure(kit, load(home)))
    assert 1 == len(aws.received)


def wrong_keys() -> dict[str, str]:
    """Return keys that no DPoP proof of a session can be made with."""
    good = ec.generate_private_key(ec.SECP256R1())
    return {
        "text": "SECRET",
        "empty PEM": "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----\n",
        "other curve": pem_of(ec.generate_private_key(ec.SECP384R1())),
        "other kind": pem_of(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8),
        "encrypted": pem_of(good, PrivateFormat.PKCS8, b"SECRET"),
    }


@pytest.mark.parametrize("kind", wrong_keys())
def test_wrong_key(kit: Kit, home: Home, aws: FakeAws, kind: str) -> None:
    """A key that is not an EC key on P-256 is an error that does not show it; nothing is sent."""
    home.login_token(SESSION, wrong_keys()[kind], expires_at=text_of(NOW))
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    assert "the DPoP key is not an unencrypted EC private key on P-256" in str(error)
    assert LOGIN_AGAIN in str(error)
    assert [] == aws.received


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"accessToken": None}, "lacks accessKeyId"),
        ({"accessToken": "SECRET"}, "lacks accessKeyId"),
        ({"accessToken": {"accessKeyId": "A", "secretAccessKey": "SECRET"}}, "lacks sessionToken"),
        ({"refreshToken": None}, "lacks refreshToken"),
        ({"clientId": None}, "lacks clientId"),
        ({"dpopKey": 1}, "lacks dpopKey"),
        ({"expires_at": "SECRET"}, "the expiration is not a time"),
    ],
)
def test_incomplete_file(kit: Kit, home: Home, aws: FakeAws, pem: str, changes: dict[str, Any], part: str) -> None:
    """A file that lacks a member is an error that names the file, the member, and what to run; nothing is sent."""
    path = home.login_token(SESSION, pem, **{"expires_at": text_of(NOW), **changes})
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for expected in ("profile 'dev'", str(path), part, LOGIN_AGAIN):
        assert expected in str(error)
    assert [] == aws.received


@pytest.mark.parametrize("content", [b'{"accessToken": {"accessKeyId": "ASIA', b"", None])
def test_unreadable_file(kit: Kit, home: Home, pem: str, content: bytes | None) -> None:
    """A file that is missing or half written is an error that names it and what to run."""
    path = home.login_token(SESSION, pem)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    error = failure(kit, load(home))
    assert isinstance(error, CredentialsError)
    for expected in ("profile 'dev'", str(path), LOGIN_AGAIN):
        assert expected in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"accessToken": {}, "expiresIn": 900}',
        b'{"expiresIn": 900, "refreshToken": "LOGINREFRESH2"}',
    ],
)
def test_bad_answer(kit: Kit, home: Home, aws: FakeAws, pem: str, body: bytes) -> None:
    """An answer that is not whole is an error, and leaves the file as it is."""
    path = home.login_token(SESSION, pem, expires_at=text_of(NOW))
    before = path.read_bytes()
    aws.instead.append(fixed(200, body))
    assert isinstance(failure(kit, load(home)), CredentialsError)
    assert before == path.read_bytes()


def test_region_of_the_session(kit: Kit, home: Home, pem: str) -> None:
    """The service is the one of the region that the file names, and otherwise of the client's region."""
    del home.environ["AWS_ENDPOINT_URL"]
    hosts = []
    for changes in ({"signInRegion": "us-gov-east-1"}, {}):
        home.login_token(SESSION, pem, expires_at=text_of(NOW), **changes)
        flow = load(home)

        def respond(request: Any) -> Any:
            hosts.append(request.url)
            raise ConfigError("seen")  # noqa: EM101 - ends the flow

        with pytest.raises(ConfigError, match="seen"):
            kit.flow(flow, respond=respond)
    expected = ["https://us-gov-east-1.signin.amazonaws-us-gov.com", f"https://{REGION}.signin.aws.amazon.com"]
    assert [f"{host}/v1/token" for host in expected] == hosts


def test_no_region(kit: Kit, home: Home, pem: str) -> None:
    """Without any region the error says where one was looked for."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        del home.environ[name]
    home.login_token(SESSION, pem, expires_at=text_of(NOW))
    error = failure(kit, load(home))
    assert isinstance(error, ConfigError)
    assert "Signin needs a region: looked at AWS_REGION" in str(error)


def test_not_configured(kit: Kit, home: Home) -> None:
    """A profile without `login_session` has no such session."""
    home.write("config", "[profile dev]\nregion = eu-west-1\n")
    error = failure(kit, load(home))
    assert isinstance(error, NotConfigured)
    assert "profile 'dev' has no login_session" == str(error)


def test_a_proof_without_cryptography(pem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cryptography is missing, as in Pyodide, a refresh says that it needs that."""
    for name in [name for name in sys.modules if name.startswith("cryptography.hazmat.primitives.asymmetric")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CredentialsError, match="needs the package cryptography, which is not installed"):
        proof(pem, method="POST", url="https://example.com/", issued_at=1, jti="1")
