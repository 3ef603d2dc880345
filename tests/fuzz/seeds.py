"""Where fuzzing begins: known answers for each target, made in code, with the mark wherever a secret would stand."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from cognito_idp._structs import shapes
from tests.sign_in.test_state import BASE, STATE
from tests.test_config_files import TEXTS
from tests.tokens.issuing import ACCESS, ID, jwk, jwks, token
from tests.tokens.refused import REFUSED
from tests.transport.http1.reading import chunks, head
from tests.transport.http1.test_odd_answers import TABLES as ANSWERS

from .targets import MARK, RESPONSES, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cognito_idp._structs.struct import Struct

_DEPTH = 4
_LONGEST_ANSWER = 2000

_ERRORS = (
    b'{"__type":"com.amazonaws.cognitoidentityprovider#NotAuthorizedException:http://x/","message":"no"}',
    b'{"code":"TooManyRequestsException","Message":"slow down","Extra":[1,{"a":null}]}',
    b'{"message":"no code"}',
    b"<html><body>Bad gateway " + MARK.encode() + b"</body></html>",
    b"",
)
_FILE = f"""# a comment
[DEFAULT]
region = eu-west-1
[default]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = {MARK}
aws_session_token = {MARK}
[profile one]
credential_process = /bin/program --flag 'two words'
endpoint_url = https://example.com:8443/path
max_attempts = 5
retry_mode = adaptive
services = local
use_fips_endpoint = true
s3 =
  addressing_style = path
[services local]
cognito_identity_provider =
  endpoint_url = http://127.0.0.1:4566
[sso-session "a b"]
sso_start_url: https://example.com/start
"""
_PRINTED = {"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": MARK, "SessionToken": MARK}
_URLS = (
    "https://example.com",
    "http://127.0.0.1:4566/path",
    "https://[::1]:8443/",
    f"https://me:{MARK}@example.com",
    f"https://me:{MARK}/x@example.com",
    f"https://me:{MARK}@exa\u2100mple.com",
    "https://[::1]x:1",
    "https://bücher.example",
)


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """Return the seeds of a target."""
    return tuple(dict.fromkeys(_SEEDS[name]()))


def _response() -> Iterable[bytes]:
    for number, cls in enumerate(RESPONSES):
        yield b"\0" + number.to_bytes(2, "big") + json.dumps(_example(cls)).encode()
    for kind in range(8):
        for body in _ERRORS:
            yield bytes([kind, 0, 0]) + (b"ns#UserNotFoundException:x\n" if kind & 4 else b"") + body


def _example(cls: type[Struct], depth: int = 0) -> dict[str, Any]:
    """Return an answer with every member."""
    return {member.wire_name: _value(member.shape, depth) for member in cls._members}


def _value(shape: shapes.Shape, depth: int) -> Any:  # noqa: PLR0911 - one for each kind of shape
    match shape:
        case shapes.Nested():
            return _example(shape.struct, depth + 1) if depth < _DEPTH else {}
        case shapes.ListOf():
            return [_value(shape.item, depth + 1)]
        case shapes.MapOf():
            return {"name": _value(shape.value, depth + 1)}
        case shapes.Integer():
            return 1
        case shapes.Boolean():
            return True
        case shapes.Blob():
            return "AAEC"
        case shapes.Timestamp():
            return 1_800_000_000.5
        case shapes.Document():
            return {"a": [1, None, MARK]}
        case shapes.Choice():
            return str(next(iter(shape.enum)))
    return MARK


def _config() -> Iterable[bytes]:
    yield _FILE.encode()
    # Without some line breaks, as where a file was pasted.
    yield _FILE.replace("\naws_s", " aws_s").encode()
    yield re.sub(r"(?m)(?<=[a-z\]])\n(?=.*SecretMark)", "", f"{_FILE}aws_session_token={MARK}\n").encode()
    for end in ("", "\nb\n"):
        for start in ("default", "profile a", "profile a b"):
            yield f"[{start} aws_secret_access_key: {MARK}]\na = 1{end}".encode()
    yield from (text.encode() for text in TEXTS.values())


def _credentials() -> Iterable[bytes]:
    for expiration in ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00UTC", 1_800_000_000_000, None):
        yield json.dumps({**_PRINTED, "Expiration": expiration}).encode()
    yield json.dumps({**_PRINTED, "Version": 2}).encode()


def _token() -> Iterable[bytes]:
    header = b'{"kid":"first","alg":"RS256"}'
    for payload in (ACCESS, ID, {**ACCESS, "username": MARK, "sub": MARK}):
        text = json.dumps(payload).encode()
        yield b"\0" + token(payload).encode()
        yield from (bytes([kind]) + text for kind in (1, 3))
        yield from (bytes([kind]) + header + b"\n" + text for kind in (2, 4))
    yield from (b"\0" + text.encode() for text, _ in REFUSED.values() if isinstance(text, str))


def _keys() -> Iterable[bytes]:
    yield json.dumps(jwks("first", "second")).encode()
    for changes in ({"use": "enc"}, {"e": "AQ"}, {"n": "AQAB"}, {"kty": "EC"}, {"key_ops": ["verify"]}, {"alg": None}):
        yield json.dumps({"keys": [jwk("first", **changes)]}).encode()


def _state() -> Iterable[bytes]:
    yield b"\0" + STATE.encode()
    for name in ("SMS_MFA", "MFA_SETUP", "NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE", "WEB_AUTHN", "PIGEON_POST"):
        parameters = {
            "MFAS_CAN_CHOOSE": '["SMS_MFA"]',
            "requiredAttributes": '["userAttributes.email"]',
            "userAttributes": json.dumps({"email": MARK}),
            "CREDENTIAL_REQUEST_OPTIONS": "{}",
        }
        fields = {**BASE, "name": name, "user": MARK, "session": MARK, "parameters": parameters}
        yield b"\1" + json.dumps({**fields, "available": ["SMS_MFA"]}).encode()
    yield b"\1" + json.dumps({**BASE, "name": "MFA_SETUP", "secret": MARK}).encode()


def _url() -> Iterable[bytes]:
    return (text.encode() for text in _URLS)


def _answer() -> Iterable[bytes]:
    for rows in ANSWERS.values():
        yield from (b"\x80\0" + row.data for row in rows.values() if len(row.data) < _LONGEST_ANSWER)
    secret = MARK.encode()
    for lines in ((b"X: " + secret,), (secret,), (b"Content-Length: " + secret,), (b"Transfer-Encoding: " + secret,)):
        yield b"\x80\0" + head(*lines, b"Content-Length: 28") + secret
    for size in (b"1c", secret, b"1c;" + secret):
        yield b"\x80\0" + chunks(size + b"\r\n" + secret + b"\r\n0\r\nX: " + secret + b"\r\n\r\n")
    yield b"\x80\0" + secret


_SEEDS = {
    "response": _response,
    "config": _config,
    "credentials": _credentials,
    "token": _token,
    "keys": _keys,
    "state": _state,
    "url": _url,
    "answer": _answer,
}
assert set(TARGETS) == set(_SEEDS)
