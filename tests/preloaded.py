"""What a process does after `preload` or `warm_up`, as a program: it prints what it imported and compiled from then on.

`preloaded.py preload|warm_up ENGINE sync|async FACTS` signs a user in by password and by SRP, from a server and from an
app. After `preload`, it makes the client first, and verifies a token last. FACTS is JSON: the server's `url`, the
`app`, the `password`, the `token` and its `issuer`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import cognito_idp

HOW, ENGINE, KIND = sys.argv[1:4]
FACTS: Any = json.loads(sys.argv[4])
OPERATIONS = ("InitiateAuth", "AdminInitiateAuth")
FLOWS = (
    ("USER_PASSWORD_AUTH", False),
    ("ADMIN_USER_PASSWORD_AUTH", True),
    ("USER_SRP_AUTH", False),
    ("USER_SRP_AUTH", True),
)


class Counter:
    """Counts modules, and the source that is compiled."""

    def __init__(self) -> None:
        self.modules = set(sys.modules)
        self.compiled: list[str] = []
        sys.addaudithook(lambda event, args: self.compiled.append(str(args[0])[:80]) if event == "compile" else None)

    def report(self) -> None:
        """Print what was counted."""
        imported = sorted(set(sys.modules) - self.modules)
        sys.stdout.write(json.dumps({"imported": imported, "compiled": self.compiled}))


def arguments() -> dict[str, Any]:
    """Return the arguments of a client."""
    credentials = cognito_idp.Credentials("AKIDEXAMPLE", "secret")
    return {"region": "us-east-1", "credentials": credentials, "endpoint_url": FACTS["url"], "transport": ENGINE}


def verifier(cls: Any) -> Any:
    """Return a verifier that trusts the issuer, whose keys are the server's."""
    pool = cognito_idp.TrustedPool(
        FACTS["app"][0], client_ids=None, jwks_uri=f"{FACTS['url']}/keys", issuer=FACTS["issuer"]
    )
    return cls(pool, token_use="access", transport=ENGINE)


def main() -> None:
    """Use the sync client and verifier."""
    counter = Counter()
    with cognito_idp.Client(**arguments()) as client:
        if HOW == "warm_up":
            client.warm_up(*OPERATIONS)
            counter = Counter()
        app = cognito_idp.AppClient(*FACTS["app"])
        for flow, admin in FLOWS:
            outcome = client.sign_in(app, username="mary", password=FACTS["password"], flow=flow, admin=admin)
            assert isinstance(outcome, cognito_idp.SignedIn)
    if HOW == "preload":
        with verifier(cognito_idp.TokenVerifier) as tokens:
            assert tokens.verify(FACTS["token"]).username == "mary"
    counter.report()


async def main_async() -> None:
    """Use the async client and verifier."""
    counter = Counter()
    async with cognito_idp.AsyncClient(**arguments()) as client:
        if HOW == "warm_up":
            await client.warm_up(*OPERATIONS)
            counter = Counter()
        app = cognito_idp.AppClient(*FACTS["app"])
        for flow, admin in FLOWS:
            outcome = await client.sign_in(app, username="mary", password=FACTS["password"], flow=flow, admin=admin)
            assert isinstance(outcome, cognito_idp.SignedIn)
    if HOW == "preload":
        async with verifier(cognito_idp.AsyncTokenVerifier) as tokens:
            assert (await tokens.verify(FACTS["token"])).username == "mary"
    counter.report()


if __name__ == "__main__":
    is_async = KIND == "async"
    if HOW == "preload":
        engine: Any = ENGINE
        cognito_idp.preload(*OPERATIONS, transport=engine, asynchronous=is_async, verifier=True)
    if is_async:
        import asyncio

        asyncio.run(main_async())
    else:
        main()
