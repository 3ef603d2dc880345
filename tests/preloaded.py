"""What a process does after `preload`, as a program: it prints what it imported and compiled from then on, as JSON.

`preloaded.py ENGINE sync|async FACTS` makes a client and a verifier, signs a user in by password and by SRP, from a
server and from an app, and verifies a token. FACTS is JSON: the server's `url`, the `app`, the `token`, its `issuer`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import cognito_idp


def facts() -> Any:
    """Return what the test says."""
    return json.loads(sys.argv[3])


def arguments() -> dict[str, Any]:
    """Return the arguments of a client."""
    return {
        "region": "us-east-1",
        "credentials": cognito_idp.Credentials("AKIDEXAMPLE", "secret"),
        "endpoint_url": facts()["url"],
        "transport": sys.argv[1],
    }


def trusted() -> cognito_idp.TrustedPool:
    """Return the pool whose tokens are verified."""
    pool = "us-east-1_EXAMPLE"
    return cognito_idp.TrustedPool(pool, client_ids=None, jwks_uri=f"{facts()['url']}/keys", issuer=facts()["issuer"])


FLOWS: tuple[tuple[str, bool], ...] = (
    ("USER_PASSWORD_AUTH", False),
    ("ADMIN_USER_PASSWORD_AUTH", True),
    ("USER_SRP_AUTH", False),
    ("USER_SRP_AUTH", True),
)


def sign_in() -> None:
    """Do it with the sync clients."""
    app = cognito_idp.AppClient(*facts()["app"])
    with cognito_idp.Client(**arguments()) as client:
        for flow, admin in FLOWS:
            outcome = client.sign_in(app, username="mary", password=facts()["password"], flow=flow, admin=admin)
            assert isinstance(outcome, cognito_idp.SignedIn)
    with cognito_idp.TokenVerifier(trusted(), token_use="access", transport=arguments()["transport"]) as verifier:
        assert verifier.verify(facts()["token"]).username == "mary"


async def sign_in_async() -> None:
    """Do it with the async clients."""
    app = cognito_idp.AppClient(*facts()["app"])
    async with cognito_idp.AsyncClient(**arguments()) as client:
        for flow, admin in FLOWS:
            outcome = await client.sign_in(app, username="mary", password=facts()["password"], flow=flow, admin=admin)
            assert isinstance(outcome, cognito_idp.SignedIn)
    async with cognito_idp.AsyncTokenVerifier(
        trusted(), token_use="access", transport=arguments()["transport"]
    ) as verifier:
        assert (await verifier.verify(facts()["token"])).username == "mary"


def main() -> None:
    """Count, and print."""
    engine: Any = sys.argv[1]
    is_async = sys.argv[2] == "async"
    cognito_idp.preload("InitiateAuth", "AdminInitiateAuth", transport=engine, asynchronous=is_async, verifier=True)
    modules = set(sys.modules)
    compiled: list[str] = []
    sys.addaudithook(lambda event, args: compiled.append(str(args[0])[:80]) if event == "compile" else None)
    if is_async:
        import asyncio

        asyncio.run(sign_in_async())
    else:
        sign_in()
    print(json.dumps({"imported": sorted(set(sys.modules) - modules), "compiled": compiled}))


if __name__ == "__main__":
    main()
