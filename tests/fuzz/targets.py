"""What is fuzzed, and the laws that hold for any bytes.

A target takes bytes and returns nothing. It fails with an `AssertionError` where a law is broken, and with whatever our
code raised where that isn't one of the documented exceptions. The first byte says how the others are wrapped (packed as
a state is, signed with a key that counts, ...), so that a fuzzer that knows nothing of zlib or RSA gets behind them.
"""

from __future__ import annotations

import json
import re
import tempfile
import zlib
from base64 import urlsafe_b64encode
from contextlib import suppress
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cognito_idp import (
    ConfigError,
    CredentialsError,
    InvalidResponseError,
    ServiceError,
    SignInStateError,
    TokenError,
    TotpSetup,
    challenge_from_state,
    from_wire,
    to_wire,
)
from cognito_idp._protocol.endpoint import Endpoint, checked_url
from cognito_idp._protocol.response import parse
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp._settings.config import settings_from
from cognito_idp._settings.shared import load_config
from cognito_idp.credentials import process
from cognito_idp.credentials.provider import Context
from cognito_idp.credentials.shared_file import ConfigFileProvider, SharedCredentialsFileProvider
from cognito_idp.errors import service_error
from cognito_idp.tokens.checks import LEEWAY
from tests.conformance.values import response_classes
from tests.tokens.issuing import CLIENT, ISSUER, NOW, jwks, offline, offline_pool, private_key, signed
from tests.transport.http1.reading import ours, theirs

from .peers import by_configparser, by_joserfc, by_pyjwt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cognito_idp import Challenge
    from cognito_idp.credentials import Credentials
    from cognito_idp.credentials.provider import Provider

# Stands in the seeds wherever a secret would. A run of this length is taken for a token in a text without structure.
MARK: Final = "SecretMark-0123456789-abcdef"

T = TypeVar("T")

_STATUSES: Final = (200, 400, 500, 204)
RESPONSES: Final = tuple(response_classes())


def response(data: bytes) -> None:
    """Any answer to any operation is a struct that survives a round trip, or one of two exceptions.

    Bytes: status and whether a header names the error; two for the struct; [the header and a line break;] the body.
    """
    kind, cls, rest = _at(data, 0), RESPONSES[int.from_bytes(data[1:3], "big") % len(RESPONSES)], data[3:]
    header, _, body = rest.partition(b"\n") if kind & 4 else (b"", b"", rest)
    headers = (("x-amzn-errortype", header.decode("latin-1")),) if kind & 4 else ()
    status = _STATUSES[kind % 4]
    refused: ServiceError | None = None
    try:
        struct = from_wire(cls, parse(HttpResponse(status, headers, body), "Fuzz", service_error))
    except InvalidResponseError as error:
        _harmless(error, MARK)
        return
    except ServiceError as error:
        refused = error
    assert (status >= 400) == (refused is not None)
    if refused is not None:
        assert refused.code
        assert "\n" not in str(refused)
        return
    repr(struct)
    if _depth(body) > _DEEPEST:
        return
    text = json.dumps(to_wire(struct), sort_keys=True)
    assert text == json.dumps(to_wire(from_wire(cls, json.loads(text))), sort_keys=True)


def config(data: bytes) -> None:
    """Any file is read as `configparser` reads it or refused with a `ConfigError` that shows none of its keys.

    And whatever was read, its settings and keys can be used, or the error is a documented one. Bytes: both files.
    """
    in_headers, in_values = _named_marks(data)
    secrets = () if in_headers else (MARK,)
    secrets_of_settings = () if in_values else secrets
    folder = _folder()
    for name in ("config", "credentials"):
        (folder / name).write_bytes(data)
    environ = {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    theirs = by_configparser(data)
    try:
        found = load_config(environ)
    except ConfigError as error:
        _harmless(error, *secrets)
        # Blocks of settings are not configparser's, and it takes NULs, which no path can hold.
        assert theirs is None or b"\0" in data or any(v.startswith("\n") for s in theirs.values() for v in s.values())
        return
    assert theirs is not None
    assert b"\0" not in data
    assert list(theirs) == list(found.credentials_profiles)
    for name, section in theirs.items():
        ours = found.credentials_profiles[name]
        assert list(section) == list(ours)
        for setting, value in section.items():
            assert ours[setting] == value or value.startswith("\n")
    assert not any(secret in f"{found!r}{found.passed_over}" for secret in secrets)
    for profile in {*list(found.config_profiles)[:3], *list(found.credentials_profiles)[:3]}:
        # Whoever chooses a profile has its name.
        if MARK in profile:
            continue
        _quiet(partial(settings_from, environ, profile, found), *secrets_of_settings)
        context = Context(environ, found, profile, True, None, lambda: 0.0, lambda: 0.0)
        for provider in (SharedCredentialsFileProvider(), ConfigFileProvider()):
            _checked(partial(_loaded, provider, context), *secrets)
        command = _quiet(partial(found.setting, profile, "credential_process"), *secrets)
        if command is not None:
            arguments = _quiet(partial(process._arguments, command.text, command.where), *secrets)
            assert arguments is None or arguments


def credentials(data: bytes) -> None:
    """Whatever a `credential_process` prints, it is credentials that can sign, or an error that shows nothing of it."""
    _checked(lambda: process._credentials(data, "somewhere"), MARK)


def token(data: bytes) -> None:
    """A token is accepted only if the pool's key signed it and PyJWT and joserfc accept it too, with the same claims.

    Everything else is a `TokenError` that shows nothing of the token but what says where it comes from. Bytes: one for
    the kind; then a token, or a payload, or a header with a line break and a payload, to be signed.
    """
    kind, rest = _at(data, 0) % 5, data[1:]
    header, _, payload = rest.partition(b"\n") if kind in (2, 4) else (b'{"kid":"first","alg":"RS256"}', b"", rest)
    issued = (
        rest.decode("utf-8", "surrogateescape")
        if kind == 0
        else signed(header, payload, "first" if kind in (1, 2) else "second")
    )
    try:
        claims = _verifier().verify(issued)
    except TokenError as error:
        shown = _shown(issued)
        _harmless(error, *([] if MARK in shown else [MARK]), *(part for part in issued.split(".") if len(part) > 20))
        return
    assert kind < 3, "a token that another key signed was accepted"
    assert all(part.strip("-_").isalnum() or set(part) <= _ALPHABET for part in issued.split("."))
    assert claims.iss == ISSUER
    assert claims.all["exp"] > NOW - LEEWAY
    assert CLIENT in (claims.all.get("aud"), claims.all.get("client_id"))
    assert claims.all == by_pyjwt(issued) == by_joserfc(issued)
    assert MARK not in repr(claims)


def keys(data: bytes) -> None:
    """Any JWK set gives keys that can be used, or none; a good one is found whatever stands beside it."""
    from cognito_idp.tokens.rs256 import Rs256

    algorithm = Rs256()
    members: Any = None
    with suppress(ValueError, RecursionError):
        members = json.loads(data)
    for kid, key in algorithm.public_keys(members).items():
        assert kid
        assert key.key_size >= 2048
        assert not algorithm.fits(b"text", key, b"\1" * (key.key_size // 8))
        assert not algorithm.fits(b"text", key, b"")
    if isinstance(members, dict) and isinstance(members.get("keys"), list):
        more = {**members, "keys": [*jwks()["keys"], *members["keys"]]}
        assert private_key("first").public_key() == algorithm.public_keys(more)["first"]


def state(data: bytes) -> None:
    """A text is a challenge that survives a round trip, or a `SignInStateError` that shows nothing of it.

    Bytes: one for the kind; then the text of a state, or what stands packed in one.
    """
    kind, rest = _at(data, 0) % 2, data[1:]
    text = packed_state(rest) if kind else rest.decode("utf-8", "surrogateescape")
    try:
        challenge = challenge_from_state(text)
    except SignInStateError as error:
        _harmless(error, MARK, *([text] if len(text) > 20 else []))
        return
    assert MARK not in repr(challenge).replace(repr(challenge.available), "").replace(repr(challenge.name), "")
    _look_at(challenge)
    # JSON in ASCII can be longer than what came, and so be too long.
    with suppress(SignInStateError):
        again = challenge_from_state(challenge.to_state())
        assert challenge == again
        assert type(challenge) is type(again)


def url(data: bytes) -> None:
    """A URL setting is one that HTTP libraries read in the same way, or a `ConfigError` without its password."""
    import httpx

    text = data.decode("utf-8", "surrogateescape")
    try:
        checked = checked_url(text, allow_http=True)
    except ConfigError as error:
        secret, _, shown = text.rpartition("@")
        _harmless(error, *([MARK] if MARK in secret and MARK not in shown else []))
        return
    endpoint = Endpoint(checked, None)
    theirs = httpx.URL(checked)
    assert endpoint.host.lower().encode("ascii") == theirs.netloc.lower()
    assert endpoint.path.isascii()


def answer(data: bytes) -> None:
    """Any bytes are an HTTP answer that httpx reads in the same way, or refused with a text that shows nothing of them.

    In what pieces they come changes nothing. Bytes: one for where to cut, one for the limit; then what comes until the
    connection ends.
    """
    cut, limit, sent = _at(data, 0), _LIMITS[_at(data, 1) % len(_LIMITS)], data[2:]
    decision = ours([sent], limit)
    assert decision == ours((sent[at : at + 1] for at in range(len(sent))), limit)
    at = len(sent) * cut // 255
    assert decision == ours((sent[:at], sent[at:]), limit)
    if isinstance(decision, str):
        # The coding that nobody asked for is named.
        assert MARK not in decision or decision.startswith("it is compressed")
        return
    assert len(decision.body) <= limit
    other = theirs(sent)
    assert other is None or decision[:2] == other[:2]


_LIMITS: Final = (1 << 20, 1 << 20, 1 << 20, 100, 5, 1)

TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__: target for target in (response, config, credentials, token, keys, state, url, answer)
}

_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


# Deeper documents are read, but writing takes Python several calls a level; the service has none deeper than 4.
_DEEPEST: Final = 100
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def _depth(text: bytes) -> int:
    """Return how deep JSON text is nested, or more where its strings hold brackets."""
    return max(accumulate(_STEPS.get(character, 0) for character in text), default=0)


def packed_state(data: bytes) -> str:
    """Pack bytes as a state is packed."""
    return "c1." + urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")


def _at(data: bytes, position: int) -> int:
    return data[position] if len(data) > position else 0


def _harmless(error: BaseException, *secrets: str) -> None:
    """Check that an error is one line, and carries no secret, in itself or in what led to it."""
    text = f"{error}{error!r}{error.__cause__!r}{error.__context__!r}"
    assert "\n" not in text
    assert not any(secret in text for secret in secrets), f"{type(error).__name__} shows a secret"


# After one of these names stands what no error shows; other settings are no secrets, and a wrong one is shown.
_KEYS: Final = re.compile(
    r"(?i)((secret_access_key|(session|security|authorization)_token)\s*|^\s*credential_process\s*)[=:]"
)


def _named_marks(data: bytes) -> tuple[bool, bool]:
    """Check if the mark has become the name of a section, and if it has become the value of what is no secret."""
    lines = [line.partition(MARK) for line in re.split("[\r\n]", data.decode(errors="replace"))]
    starts = [before for before, mark, _ in lines if mark and not _KEYS.search(before)]
    return any(start.lstrip().startswith("[") for start in starts), any(re.search("[=:]", start) for start in starts)


def _quiet(step: Callable[[], T], *secrets: str) -> T | None:
    """Return what a step returns, or None after a documented error that shows no secret."""
    try:
        return step()
    except (ConfigError, CredentialsError) as error:
        _harmless(error, *secrets)
        return None


def _checked(load: Callable[[], Credentials], *secrets: str) -> None:
    found = _quiet(load, *secrets)
    if found is None:
        return
    assert found.access_key_id
    assert found.secret_access_key.isascii()
    assert MARK not in repr(found).replace(found.access_key_id, "")


def _loaded(provider: Provider, context: Context) -> Credentials:
    """Run the flow of a provider that needs no effect."""
    try:
        effect = next(provider.load(context))
    except StopIteration as done:
        found: Credentials = done.value
        return found
    msg = f"an effect that isn't expected: {effect!r}"
    raise AssertionError(msg)


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cognito-idp-fuzz-", ignore_cleanup_errors=True)


def _folder() -> Path:
    return Path(_temporary().name)


@cache
def _verifier() -> Any:
    return offline(offline_pool())


_SHOWN: Final = ("alg", "kid", "iss", "token_use", "client_id", "aud")


def _shown(issued: str) -> str:
    """Return those values of a token that an error may show."""
    from base64 import b64decode

    shown = ""
    for part in issued.split("."):
        with suppress(ValueError, RecursionError):
            found = json.loads(b64decode(part.encode() + b"===", altchars=b"-_"))
            if isinstance(found, dict):
                shown += json.dumps([found.get(name) for name in _SHOWN], ensure_ascii=False)
    return shown


def _look_at(challenge: Challenge) -> None:
    """Read every property: none may fail, whatever the service sent along."""
    for cls in type(challenge).__mro__:
        for name, member in vars(cls).items():
            if isinstance(member, property):
                getattr(challenge, name)
    # A text that isn't Unicode can't stand in a URI, and no caller could make a QR code of it.
    with suppress(UnicodeEncodeError):
        if isinstance(challenge, TotpSetup):
            assert challenge.uri(issuer="Example").startswith("otpauth://totp/")
