"""Time the verification of an access token with a known key, by our verifiers and by PyJWT's decode.

They take turns in one process, once with the newest PyJWT and once with the oldest that we support.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from statistics import median
from time import process_time, time
from typing import TYPE_CHECKING, Any, NamedTuple

from . import environments
from .environments import ROOT
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CALLS = 500
_TARGET_RATIO = 1.1
POOL = "eu-west-1_AbCdEfGhI"
_ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
CLIENT = "1example23456789"
_UUID = "11112222-b0f0-4a6e-9d3e-3c2f1e0d9c8b"
_KID = "abcdefghijklmnopqrsexample="
_BASELINE = "PyJWT"
_TITLES = {
    "TokenVerifier": "TokenVerifier.verify",
    "AsyncTokenVerifier": "AsyncTokenVerifier.verify",
    "PyJWT": "jwt.decode, key and issuer given",
    "cryptography": "the RSA signature alone",
}
_COLUMNS = (
    Column("environment", "PyJWT"),
    Column("title", "one verification, warm"),
    Column("cpu_us", "CPU µs", ".1f"),
    Column("cpu_ratio", "of PyJWT", ".3f"),
)


class Token(NamedTuple):
    """An access token as Cognito issues it, and its signing key."""

    text: str
    key: Any


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all with each PyJWT and report."""
    homes = {"newest": environments.jwt, "oldest": environments.jwt_oldest}
    installed = list(environments.install_all(homes, envs).values())
    rows: list[dict[str, Any]] = []
    targets: list[Target] = []
    for environment in installed:
        version = environment.versions["PyJWT"]
        samples = _in(environment, envs, rounds)
        ratios = {name: median_ratio(cpu, samples[_BASELINE]) for name, cpu in samples.items()}
        rows += [
            {
                "environment": version,
                "name": name,
                "title": title,
                "cpu_us": median(samples[name]) * 1e6,
                "cpu_ratio": ratios[name],
            }
            for name, title in _TITLES.items()
        ]
        targets.append(
            Target(f"verifying a token: CPU of PyJWT {version}'s decode", ratios["TokenVerifier"], _TARGET_RATIO)
        )
    return Report(
        title="CPU time of verifying one access token (RS256, 2,048 bits)",
        columns=_COLUMNS,
        rows=rows,
        targets=targets,
        environments=installed,
        notes=[
            f"{rounds} rounds of {_CALLS:,} verifications each, in turns; medians over the rounds, ratios within each",
            "our verifiers refuse more (duplicate members, other spellings, kind, app client) and return typed claims",
        ],
    )


def _in(environment: environments.Installed, envs: Path, rounds: int) -> dict[str, list[float]]:
    """Run the rounds in an environment, and return the CPU seconds of one verification in each round."""
    done = subprocess.run(
        [str(environment.python), "-m", "benchmarks.verify", "--take-turns", str(rounds)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env=environments.clean_environ(envs),
    )
    samples: dict[str, list[float]] = json.loads(done.stdout)
    return samples


def _take_turns(rounds: int) -> dict[str, list[float]]:
    """Run every contestant in every round, in alternating order, after one round that doesn't count."""
    contestants = _contestants(issue())
    for run in contestants.values():
        run(_CALLS)
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in contestants if number % 2 == 0 else reversed(contestants):
            samples[name].append(contestants[name](_CALLS) / _CALLS)
    return samples


def issue() -> Token:
    """Issue an access token as Cognito does, with a new key."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa

    now = int(time())
    key = rsa.generate_private_key(65537, 2048)
    claims = {
        "sub": _UUID,
        "cognito:groups": ["admins", "editors"],
        "iss": _ISSUER,
        "client_id": CLIENT,
        "origin_jti": _UUID,
        "event_id": _UUID,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin openid email",
        "auth_time": now,
        "exp": now + 3600,
        "iat": now,
        "jti": _UUID,
        "username": "mary",
    }
    return Token(jwt.encode(claims, key, "RS256", headers={"kid": _KID}), key.public_key())


def jwks(key: Any) -> dict[str, Any]:
    """Return the public key as Cognito publishes it."""
    from jwt.algorithms import RSAAlgorithm

    return {"keys": [{**json.loads(RSAAlgorithm.to_jwk(key)), "kid": _KID, "alg": "RS256", "use": "sig"}]}


def _contestants(token: Token) -> dict[str, Callable[[int], float]]:
    """Return functions that verify a number of times and return the CPU seconds used."""
    from base64 import urlsafe_b64decode

    import jwt
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    from cognito_idp.tokens.async_verify import AsyncTokenVerifier
    from cognito_idp.tokens.pools import TrustedPool
    from cognito_idp.tokens.verify import TokenVerifier

    text, key = token
    pool = TrustedPool(POOL, client_ids=CLIENT, jwks=jwks(key))
    verifier = TokenVerifier(pool, token_use="access")
    async_verifier = AsyncTokenVerifier(pool, token_use="access")
    message, _, signature = text.rpartition(".")
    raw_message, raw_signature = message.encode(), urlsafe_b64decode(signature + "==")
    padding, digest = PKCS1v15(), SHA256()
    assert verifier.verify(text).all == jwt.decode(text, key, algorithms=["RS256"], issuer=_ISSUER)

    async def verify_all(calls: int) -> float:
        start = process_time()
        for _ in range(calls):
            await async_verifier.verify(text)
        return process_time() - start

    return {
        "TokenVerifier": lambda calls: _cpu(lambda: verifier.verify(text), calls),
        "AsyncTokenVerifier": lambda calls: asyncio.run(verify_all(calls)),
        "PyJWT": lambda calls: _cpu(lambda: jwt.decode(text, key, algorithms=["RS256"], issuer=_ISSUER), calls),
        "cryptography": lambda calls: _cpu(lambda: key.verify(raw_signature, raw_message, padding, digest), calls),
    }


def _cpu(call: Callable[[], object], calls: int) -> float:
    start = process_time()
    for _ in range(calls):
        call()
    return process_time() - start


def main() -> None:
    """Run the command."""
    if sys.argv[1:2] == ["--take-turns"]:
        json.dump(_take_turns(int(sys.argv[2])), sys.stdout)
        return
    settings = arguments("verify", __doc__, rounds=25).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
