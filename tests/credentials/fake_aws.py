"""Loopback stand-ins for STS, the SSO portal, SSO OIDC and sign-in, which verify what they get as the real ones do.

Signatures are recomputed with botocore's signer and DPoP proofs with joserfc: nothing here uses the code under test.
The keys given out depend on nothing but what was asked for, so that two clients who ask for the same get the same.
"""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from joserfc import jws
from joserfc.jwk import ECKey

from ..support.answers import head
from ..support.server import Connection, Received, Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

NOW = 1_790_000_000.0

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)"
)
# Names that a client makes up for a session, where none is configured.
_MADE_UP_SESSION = re.compile(r"(cognito-idp|botocore-session)-\d+")
_MFA_CODE = "424242"


class Key(NamedTuple):
    """A secret access key and its session token."""

    secret: str
    token: str | None


class Seen(NamedTuple):
    """A request that the fake took: what was called, with which members, and as whom."""

    operation: str
    members: dict[str, str]
    access_key_id: str | None
    region: str | None


class Refused(Exception):
    """The fake's own error: status, code, and message."""

    def __init__(self, status: int, code: str, message: str, **members: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.members = status, code, message, members


Respond = "Callable[[Received], tuple[int, tuple[tuple[str, str], ...], bytes] | None]"


class FakeAws:
    """All four services at one URL. `seen` are the requests that were in order, `received` all there were.

    `instead` holds functions that are called, one a request, before anything else: one that returns a status, headers
    and a body answers in the service's place, and one that returns None lets the service answer.
    """

    def __init__(self, now: Callable[[], float] = lambda: NOW) -> None:
        self.now = now
        self.keys: dict[str, Key] = {"AKIAUSER": Key("SECRETUSER", None)}
        self.web_identity_tokens = {"TOKENWEB"}
        self.sso_access_tokens = {"SSOACCESS1"}
        self.sso_refresh_tokens = {"SSOREFRESH1"}
        self.sso_grants = {("111122223333", "Reader"), ("111122223333", "Writer")}
        self.login_refresh_tokens = {"LOGINREFRESH1"}
        self.login_key: ECKey | None = None
        self.seen: list[Seen] = []
        self.instead: list[Callable[[Received], tuple[int, tuple[tuple[str, str], ...], bytes] | None]] = []
        self._proof_ids: set[str] = set()
        self._lock = threading.Lock()
        self._server = Server(self._handle)

    @property
    def url(self) -> str:
        """The base URL of all services."""
        return self._server.url

    @property
    def received(self) -> list[Received]:
        """All requests."""
        return self._server.requests

    def operations(self) -> list[str]:
        """The names of the operations that were in order."""
        return [seen.operation for seen in self.seen]

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._server.__enter__()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close everything."""
        self._server.__exit__(error_type, error, traceback)

    def issue(self, kind: str, *facts: str) -> tuple[str, Key]:
        """Return keys that depend on nothing but the arguments."""
        text = sha256("|".join((kind, *facts)).encode()).hexdigest().upper()
        key = Key(f"SECRET{text[20:40]}", f"TOKEN{text[40:]}")
        access_key_id = f"ASIA{text[:16]}"
        self.keys[access_key_id] = key
        return access_key_id, key

    def _handle(self, connection: Connection, request: Received) -> None:
        with self._lock:
            replaced = self.instead.pop(0)(request) if self.instead else None
            status, headers, body = replaced or self._answer(request)
        connection.send(head(status, *headers, ("Content-Length", str(len(body)))) + body)

    def _answer(self, request: Received) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        method, target, _ = request.request_line.split(" ")
        route = (method, urlsplit(target).path)
        if route == ("POST", "/"):
            return self._sts(request)
        services = {
            ("GET", "/federation/credentials"): self._sso_portal,
            ("POST", "/token"): self._sso_oidc,
            ("POST", "/v1/token"): self._sign_in,
        }
        try:
            return 200, (("Content-Type", "application/json"),), json.dumps(services[route](request)).encode()
        except Refused as error:
            headers = (("x-amzn-errortype", f"{error.code}:http://internal/"), ("x-amzn-requestid", "REQUEST1"))
            return error.status, headers, json.dumps({"message": error.message, **error.members}).encode()

    def _sts(self, request: Received) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        headers = (("Content-Type", "text/xml"), ("x-amzn-requestid", "REQUEST1"))
        try:
            return 200, headers, self._sts_answer(request).encode()
        except Refused as error:
            body = (
                '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
                f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
                "<RequestId>REQUEST1</RequestId></ErrorResponse>"
            )
            return error.status, headers, body.encode()

    def _sts_answer(self, request: Received) -> str:
        _expect(request, "content-type", "application/x-www-form-urlencoded; charset=utf-8")
        members = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        operation, version = members.pop("Action"), members.pop("Version")
        if version != "2011-06-15" or not members["RoleArn"].startswith("arn:aws:iam::"):
            raise Refused(400, "ValidationError", f"version {version}, role {members['RoleArn']}")
        access_key_id = region = None
        if operation == "AssumeRole":
            access_key_id, region = self._signer(request)
        elif members["WebIdentityToken"] not in self.web_identity_tokens or request.header("authorization"):
            raise Refused(400, "InvalidIdentityToken", "the token is not known, or the request is signed")
        if "SerialNumber" in members and members.get("TokenCode") != _MFA_CODE:
            raise Refused(403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        self.seen.append(Seen(operation, members, access_key_id, region))
        facts = {**members, "Source": access_key_id or ""}
        if _MADE_UP_SESSION.fullmatch(members["RoleSessionName"]):
            del facts["RoleSessionName"]
        issued, key = self.issue(operation, *(f"{name}={value}" for name, value in sorted(facts.items())))
        return (
            f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result>'
            f"<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/x/y</Arn></AssumedRoleUser>"
            f"<Credentials><AccessKeyId>{issued}</AccessKeyId><SecretAccessKey>{key.secret}</SecretAccessKey>"
            f"<SessionToken>{key.token}</SessionToken><Expiration>{self._in(3600)}</Expiration></Credentials>"
            f"</{operation}Result><ResponseMetadata><RequestId>REQUEST1</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        )

    def _signer(self, request: Received) -> tuple[str, str]:
        """Return the access key id and the region that a request is signed with; botocore computes what it must be."""
        match = _AUTHORIZATION.fullmatch(request.header("authorization") or "")
        if match is None:
            raise Refused(403, "MissingAuthenticationToken", "the request is not signed")
        access_key_id, date, region, service, names, signature = match.groups()
        key = self.keys.get(access_key_id)
        if key is None:
            raise Refused(403, "InvalidClientTokenId", f"{access_key_id} is not known")
        amz_date = request.header("x-amz-date") or ""
        signed_at = datetime.strptime(amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(signed_at.timestamp() - self.now()) > 300 or not amz_date.startswith(date) or service != "sts":
            raise Refused(403, "SignatureDoesNotMatch", f"signed at {amz_date} for {service}")
        wanted = {"host", "x-amz-date", "content-type"} | ({"x-amz-security-token"} if key.token else set())
        if not wanted <= set(names.split(";")) or request.header("x-amz-security-token") != key.token:
            raise Refused(403, "SignatureDoesNotMatch", f"signed are {names}")
        copy = AWSRequest("POST", f"{self.url}/", data=request.body)
        for name in names.split(";"):
            copy.headers[name] = request.header(name)
        copy.context["timestamp"] = amz_date
        signer = SigV4Auth(BotocoreCredentials(access_key_id, key.secret, key.token), service, region)
        text = signer.string_to_sign(copy, signer.canonical_request(copy))
        if signer.signature(text, copy) != signature:
            raise Refused(403, "SignatureDoesNotMatch", f"the string to sign should have been {text}")
        return access_key_id, region

    def _sso_portal(self, request: Received) -> dict[str, Any]:
        query = dict(parse_qsl(urlsplit(request.request_line.split(" ")[1]).query, strict_parsing=True))
        if request.header("x-amz-sso_bearer_token") not in self.sso_access_tokens:
            raise Refused(401, "UnauthorizedException", "Session token not found or invalid")
        if set(query) != {"account_id", "role_name"} or request.header("authorization"):
            raise Refused(400, "InvalidRequestException", f"there are {sorted(query)}")
        if (query["account_id"], query["role_name"]) not in self.sso_grants:
            raise Refused(403, "ForbiddenException", "No access")
        self.seen.append(Seen("GetRoleCredentials", query, None, None))
        access_key_id, key = self.issue("SSO", query["account_id"], query["role_name"])
        return {
            "roleCredentials": {
                "accessKeyId": access_key_id,
                "secretAccessKey": key.secret,
                "sessionToken": key.token,
                "expiration": int((self.now() + 3600) * 1000),
            }
        }

    def _sso_oidc(self, request: Received) -> dict[str, Any]:
        _expect(request, "content-type", "application/json")
        members = json.loads(request.body)
        if set(members) != {"grantType", "clientId", "clientSecret", "refreshToken"}:
            raise Refused(400, "InvalidRequestException", f"there are {sorted(members)}")
        if (members["grantType"], members["clientId"], members["clientSecret"]) != (
            "refresh_token",
            "CLIENT",
            "SECRETCLIENT",
        ):
            raise Refused(401, "InvalidClientException", "the client is not known")
        if members["refreshToken"] not in self.sso_refresh_tokens:
            raise Refused(400, "InvalidGrantException", "Invalid grant", error="invalid_grant")
        # Like the service's, a refresh token is good once.
        self.sso_refresh_tokens = {"SSOREFRESH2"}
        self.sso_access_tokens.add("SSOACCESS2")
        self.seen.append(Seen("CreateToken", members, None, None))
        return {
            "accessToken": "SSOACCESS2",
            "expiresIn": 28800,
            "refreshToken": "SSOREFRESH2",
            "tokenType": "Bearer",
        }

    def _sign_in(self, request: Received) -> dict[str, Any]:
        _expect(request, "content-type", "application/json")
        self._verify_proof(request.header("dpop") or "")
        members = json.loads(request.body)
        if (members.pop("clientId"), members.pop("grantType")) != (
            "arn:aws:signin:::devtools/same-device",
            "refresh_token",
        ):
            raise Refused(400, "ValidationException", "the client or the grant is not known", error="INVALID_REQUEST")
        if members.pop("refreshToken") not in self.login_refresh_tokens or members:
            raise Refused(400, "AccessDeniedException", "Access denied", error="TOKEN_EXPIRED")
        self.login_refresh_tokens = {"LOGINREFRESH2"}
        self.seen.append(Seen("CreateOAuth2Token", {}, None, None))
        access_key_id, key = self.issue("LOGIN", "2")
        return {
            "accessToken": {
                "accessKeyId": access_key_id,
                "secretAccessKey": key.secret,
                "sessionToken": key.token,
            },
            "tokenType": "aws_sigv4",
            "expiresIn": 900,
            "refreshToken": "LOGINREFRESH2",
        }

    def _verify_proof(self, proof: str) -> None:
        """Check a DPoP proof as RFC 9449, 4.3 says."""
        assert self.login_key is not None
        try:
            parsed = jws.extract_compact(proof.encode())
            jwk = ECKey.import_key(dict(parsed.headers()["jwk"]))
            payload = json.loads(jws.deserialize_compact(proof, jwk, algorithms=["ES256"]).payload)
        except Exception as error:
            raise Refused(400, "ValidationException", f"the proof can't be read: {error!r}") from error
        headers = parsed.headers()
        checks = {
            "typ": headers["typ"] == "dpop+jwt",
            "alg": headers["alg"] == "ES256",
            "private parts": not {"d", "p", "q"} & set(headers["jwk"]),
            # 32 bytes each (RFC 7518, 6.2.1.2). Not the thumbprint: older versions of joserfc drop zero bytes from it.
            "coordinates": all(len(headers["jwk"][name]) == 43 for name in ("x", "y")),
            "key": jwk.public_key.public_numbers() == self.login_key.public_key.public_numbers(),
            "htm": payload["htm"] == "POST",
            "htu": payload["htu"] == f"{self.url}/v1/token",
            "iat": isinstance(payload["iat"], int) and abs(payload["iat"] - self.now()) < 300,
            "jti": isinstance(payload["jti"], str) and payload["jti"] not in self._proof_ids,
        }
        wrong = [name for name, fine in checks.items() if not fine]
        if wrong:
            raise Refused(400, "ValidationException", f"the proof is wrong in {wrong}")
        self._proof_ids.add(payload["jti"])

    def _in(self, seconds: float) -> str:
        return datetime.fromtimestamp(self.now() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _expect(request: Received, name: str, value: str) -> None:
    if request.header(name) != value:
        raise Refused(400, "InvalidRequestException", f"{name} is {request.header(name)}")


def fixed(status: int, body: bytes, *headers: tuple[str, str]) -> Callable[[Received], Any]:
    """Answer one request so, whatever it is."""
    return lambda _: (status, headers, body)
