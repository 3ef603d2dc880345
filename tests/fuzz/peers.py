"""What other libraries read in the same bytes."""

from __future__ import annotations

import json
from configparser import Error as IniError
from configparser import RawConfigParser
from typing import Any

from tests.tokens.issuing import ISSUER, jwks, private_key


def by_configparser(data: bytes) -> dict[str, dict[str, str]] | None:
    """Return the sections of a file."""
    parser = RawConfigParser(strict=False)
    try:
        text = data.decode("utf-8-sig")
        parser.read_string(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (IniError, UnicodeDecodeError):
        return None
    return {name: dict(parser.items(name)) for name in parser.sections()}


def by_pyjwt(issued: str) -> Any:
    """Return the claims of a token."""
    import jwt

    return jwt.decode(
        issued,
        private_key("first").public_key(),
        algorithms=["RS256"],
        issuer=ISSUER,
        options={
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "verify_aud": False,
            "verify_jti": False,
        },
    )


def by_joserfc(issued: str) -> Any:
    """Return the claims of a token."""
    from joserfc import jws
    from joserfc.jwk import KeySet

    keys: Any = jwks()
    return json.loads(jws.deserialize_compact(issued, KeySet.import_key_set(keys), algorithms=["RS256"]).payload)
