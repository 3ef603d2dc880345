"""AWS Signature Version 4, as pure functions. You can compare the text of each step with AWS's own test vectors.

Source: AWS General Reference, "Signature Version 4 signing process" (create a canonical request, a string to sign, the
signature). The canonical path is encoded once more than on the wire, as every AWS service but S3 requires.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from time import gmtime, strftime
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from hashlib import _Hash as HASH

    from ..credentials.types import Credentials
    from .wire import Headers

ALGORITHM = "AWS4-HMAC-SHA256"

# RFC 3986, 2.3: these are never percent-encoded, and neither are letters and digits.
_UNRESERVED = "-._~"
_SPACES = r"[ \t\r\n]+"
# Proxies and runtimes add or rewrite these, which would break a signature over them. `fetch` has an `accept-encoding`
# of its own.
_UNSIGNED_HEADERS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "expect",
        "transfer-encoding",
        "user-agent",
        "x-amzn-trace-id",
    }
)


def canonical_request(
    method: str,
    path: str,
    query: str,
    headers: Iterable[tuple[str, str]],
    payload_hash: str,
    *,
    normalize_path: bool = True,
) -> tuple[str, str]:
    """Return the canonical request and the list of signed headers (`host;x-amz-date`).

    `path` and `query` (without the question mark) are as sent. `headers` are pairs in the order of sending; a name may
    repeat, and a folded value keeps its line breaks. `payload_hash` is the SHA-256 of the body in hex. `normalize_path`
    removes `.`, `..` and empty segments, as every service but S3 does.
    """
    pairs = tuple(headers)
    order, signed_headers = _order_of(tuple([name for name, _ in pairs]))
    values = _clean([value for _, value in pairs])
    lines = "".join([f"{before}{values[index]}" for before, index in order])
    uri = "/" if path in ("", "/") else _canonical_path(path, normalize=normalize_path)
    canonical_query = _canonical_query(query) if query else ""
    return f"{method}\n{uri}\n{canonical_query}{lines}\n\n{signed_headers}\n{payload_hash}", signed_headers


@lru_cache(maxsize=32)
def _order_of(names: tuple[str, ...]) -> tuple[tuple[tuple[str, int], ...], str]:
    """Return the order in which headers are signed, and the list of their names.

    Each entry is the text before a header's value and the header's index. Cached, since the names hardly ever change.
    """
    places: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if name.lower() not in _UNSIGNED_HEADERS:
            places.setdefault(name.lower(), []).append(index)
    order = [
        (f"\n{name}:" if index == places[name][0] else ",", index) for name in sorted(places) for index in places[name]
    ]
    return tuple(order), ";".join(sorted(places))


def _clean(values: list[str]) -> list[str]:
    """Trim values, and replace each run of white space by one space."""
    text = "\n".join(("", *values, ""))
    # One look at all values: there is almost never anything to do.
    if (
        "  " not in text
        and "\n " not in text
        and " \n" not in text
        and "\t" not in text
        and "\r" not in text
        and text.count("\n") == len(values) + 1
    ):
        return values
    return [re.sub(_SPACES, " ", value).strip(" ") for value in values]


def _canonical_path(path: str, *, normalize: bool) -> str:
    if normalize:
        segments: list[str] = []
        for segment in path.split("/"):
            if segment == "..":
                if segments:
                    segments.pop()
            elif segment not in ("", "."):
                segments.append(segment)
        trailing = "/" if segments and path.endswith("/") else ""
        path = f"/{'/'.join(segments)}{trailing}"
    return quote(path, safe=f"/{_UNRESERVED}")


def _canonical_query(query: str) -> str:
    pairs = []
    for field in query.split("&"):
        key, _, value = field.partition("=")
        # Text that is already encoded keeps its "%"; raw characters are encoded here.
        pairs.append((quote(key, safe=f"%{_UNRESERVED}"), quote(value, safe=f"%{_UNRESERVED}")))
    return "&".join(f"{key}={value}" for key, value in sorted(pairs))


@lru_cache(maxsize=2)
def amz_date(seconds: int) -> str:
    """Return a time in seconds since 1970 in the form of `x-amz-date`: `20150830T123600Z`."""
    return strftime("%Y%m%dT%H%M%SZ", gmtime(seconds))


def string_to_sign(canonical_request: str, *, amz_date: str, scope: str) -> str:
    """Return the string to sign.

    `amz_date` is the time, such as `20150830T123600Z`. `scope` is the credential scope, such as
    `20150830/us-east-1/service/aws4_request`.
    """
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{sha256(canonical_request.encode()).hexdigest()}"


def signing_key(secret_access_key: str, *, date: str, region: str, service: str) -> bytes:
    """Derive the 32-byte key that signs all requests of one day (`20150830`), region and service."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=16)
def _keyed_hashes(secret_access_key: str, date: str, region: str, service: str) -> tuple[HASH, HASH]:
    """Return the inner and the outer hash of HMAC (RFC 2104), initialised with the signing key.

    The last 16 pairs are cached, so a warm call derives no key. A key signs only for its day, region and service, and
    doesn't reveal the secret.
    """
    key = signing_key(secret_access_key, date=date, region=region, service=service).ljust(sha256().block_size, b"\0")
    return sha256(key.translate(_INNER)), sha256(key.translate(_OUTER))


_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def _signature(keyed_hashes: tuple[HASH, HASH], text: str) -> str:
    inner, outer = keyed_hashes[0].copy(), keyed_hashes[1].copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    return outer.hexdigest()


def sign(
    method: str,
    path: str,
    query: str,
    headers: Headers,
    body: bytes,
    *,
    credentials: Credentials,
    amz_date: str,
    region: str,
    service: str,
) -> Headers:
    """Return the headers to send: `headers`, the date, the session token if there is one, and `authorization`.

    `headers` must include `host`. All of them are signed except those that proxies rewrite (such as `user-agent`).
    """
    headers = (*headers, ("x-amz-date", amz_date))
    if credentials.session_token is not None:
        headers = (*headers, ("x-amz-security-token", credentials.session_token))
    date = amz_date[:8]
    scope = f"{date}/{region}/{service}/aws4_request"
    text, signed_headers = canonical_request(method, path, query, headers, sha256(body).hexdigest())
    keyed_hashes = _keyed_hashes(credentials.secret_access_key, date, region, service)
    signature = _signature(keyed_hashes, string_to_sign(text, amz_date=amz_date, scope=scope))
    credential = f"{credentials.access_key_id}/{scope}"
    authorization = f"{ALGORITHM} Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"
    return (*headers, ("authorization", authorization))
