"""The program that `benchmarks.imports` runs: CPU time from `import cognito_idp` to the first structs, as JSON.

`first_use.py OPERATIONS` reads the wire answer of AdminInitiateAuth from standard input. It makes and unstructures
that operation's request and structures its answer. Then it does the same for more operations in alphabetical order,
which mixes the families, with only the required members in each request and an empty answer.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from time import process_time
from typing import TYPE_CHECKING, Any

import attrs  # noqa: F401 - the environment of the measurement has these three
import cattrs  # noqa: F401
import httpx  # noqa: F401

if TYPE_CHECKING:
    from cognito_idp._structs.shapes import Shape

FIRST = "AdminInitiateAuthRequest"


def least(shape: Shape) -> Any:
    """Return the smallest value that a shape allows; text has at least one character."""
    from cognito_idp._structs import shapes

    value: Any = {}
    match shape:
        case shapes.Text():
            value = "x" * (shape.minimum or 1)
        case shapes.Choice():
            value = next(iter(shape.enum))
        case shapes.Integer():
            value = shape.minimum or 0
        case shapes.Boolean():
            value = False
        case shapes.Blob():
            value = b"x" * (shape.minimum or 1)
        case shapes.Timestamp():
            value = datetime(2026, 1, 1, tzinfo=UTC)
        case shapes.ListOf():
            value = [least(shape.item)] * (shape.minimum or 0)
        case shapes.MapOf():
            value = {f"{least(shape.key)}{number}": least(shape.value) for number in range(shape.minimum or 0)}
        case shapes.Nested():
            value = shape.struct(**required(shape.struct))
    return value


def required(struct: Any) -> dict[str, Any]:
    """Return the required members of a struct."""
    return {member.name: least(member.shape) for member in struct._members if member.required}  # noqa: SLF001


def main() -> None:
    """Measure and print."""
    operations = int(sys.argv[1])
    answer = json.load(sys.stdin)
    modules = set(sys.modules)
    start = process_time()
    import cognito_idp

    imported = process_time()
    request = cognito_idp.AdminInitiateAuthRequest(
        user_pool_id="us-east-1_EXAMPLE01",
        client_id="1example23456789abcdefghij",
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "jane.doe@example.com", "PASSWORD": "correct-horse-battery-staple"},
    )
    assert cognito_idp.to_wire(request)
    assert cognito_idp.from_wire(cognito_idp.AdminInitiateAuthResponse, answer).authentication_result
    others = [name for name in sorted(cognito_idp.types.__all__) if name.endswith("Request") and name != FIRST]
    for name in others[: operations - 1]:
        cls = getattr(cognito_idp, name)
        cognito_idp.to_wire(cls(**required(cls)))
        cognito_idp.from_wire(cls.operation.response_type, {})
    end = process_time()
    loaded = set(sys.modules) - modules
    print(
        json.dumps(
            {
                "import_ms": (imported - start) * 1e3,
                "cpu_ms": (end - start) * 1e3,
                "operations": 1 + len(others[: operations - 1]),
                "our_modules": sum(name.partition(".")[0] == "cognito_idp" for name in loaded),
                "other_modules": sum(name.partition(".")[0] != "cognito_idp" for name in loaded),
            }
        )
    )


if __name__ == "__main__":
    main()
