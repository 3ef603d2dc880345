"""The program that is deployed: it uses the package from end to end, and prints what came of it as JSON.

`program.py HTTPS_URL` calls a server on this machine, whose authority `AWS_CA_BUNDLE` names.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import pickle
import sys
from contextlib import redirect_stdout
from typing import Any

ENGINES: Any = ("httpx", "stdlib")


def main(url: str) -> dict[str, Any]:
    """Do it all."""
    import cognito_idp
    from cognito_idp.testing import TokenIssuer

    loaded = {name: getattr(cognito_idp, name) for name in dir(cognito_idp)}
    results: dict[str, Any] = {"names": set(cognito_idp.types.__all__) < set(loaded), "where": cognito_idp.__file__}
    pool, client_id = "us-east-1_EXAMPLE", "1example"
    users: list[Any] = []
    for engine in ENGINES:
        with cognito_idp.Client("us-east-1", endpoint_url=url, transport=engine) as client:
            client.warm_up("ListUsers")
            users += client.list_users(user_pool_id=pool).users or ()
            users += asyncio.run(listed(url, engine, pool))
            app = cognito_idp.AppClient(pool, client_id)
            outcome = client.sign_in(app, username="mary", password="p", flow="USER_PASSWORD_AUTH")
            results[f"sign-in over {engine}"] = type(outcome).__name__
    results["users"] = [user.username for user in pickle.loads(pickle.dumps(users))]
    issuer = TokenIssuer(pool, client_id=client_id)
    verifier = cognito_idp.TokenVerifier(issuer.pool, token_use="access")
    results["verified"] = verifier.verify(issuer.access_token("mary")).username
    try:
        cognito_idp.ListUsersRequest(user_pool_id=1)  # type: ignore[arg-type]
    except cognito_idp.errors.RequestValidationError as error:
        results["refused"] = len(error.faults)
    results["trusted by default"] = trusted_by_default(url)
    results["command"] = command(url, pool)
    return results


async def listed(url: str, engine: Any, pool: str) -> Any:
    """List users with the async client."""
    import cognito_idp

    async with cognito_idp.AsyncClient("us-east-1", endpoint_url=url, transport=engine) as client:
        return (await client.list_users(user_pool_id=pool)).users or ()


def trusted_by_default(url: str) -> list[str]:
    """Return what each engine says about a server whose authority is not among those of certifi."""
    import cognito_idp

    del os.environ["AWS_CA_BUNDLE"]
    said = []
    for engine in ENGINES:
        with cognito_idp.Client("us-east-1", endpoint_url=url, transport=engine, retry="off") as client:
            try:
                client.list_users(user_pool_id="us-east-1_EXAMPLE")
            except cognito_idp.CognitoIdpError as error:
                said.append("refused" if "CERTIFICATE_VERIFY_FAILED" in str(error) else f"{type(error)}: {error}")
    return said


def command(url: str, pool: str) -> Any:
    """Return what the command `cognito-idp` prints."""
    from cognito_idp.cli import main as run

    os.environ["AWS_CA_BUNDLE"] = os.environ["BUNDLE"]
    sys.argv = ["cognito-idp", "--endpoint-url", url, "--output", "json", "list-users", "--user-pool-id", pool]
    with redirect_stdout(io.StringIO()) as printed:
        try:
            run()
        except SystemExit as ended:
            if ended.code:
                return ended.code
    return [user["Username"] for user in json.loads(printed.getvalue())["Users"]]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])))
