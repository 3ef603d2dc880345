"""Without PyJWT."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from cognito_idp.errors import JwtNotInstalledError
from cognito_idp.tokens.async_verify import AsyncTokenVerifier
from cognito_idp.tokens.verify import TokenVerifier

from .issuing import CLIENT, POOL

PROGRAM = """
import sys
import cognito_idp.errors, cognito_idp.tokens.verify
print(sorted({name.partition(".")[0] for name in sys.modules} & {"jwt", "cryptography", "httpx"}))
"""


@pytest.mark.parametrize("make", [TokenVerifier, AsyncTokenVerifier])
@pytest.mark.parametrize(
    "modules",
    [
        {"jwt": None, "jwt.algorithms": None},
        {"jwt.algorithms": None},
        {"jwt.algorithms": ModuleType("jwt.algorithms")},
    ],
    ids=["none", "another-jwt", "jwt-without-cryptography"],
)
def test_the_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, make: Any, modules: dict[str, ModuleType | None]
) -> None:
    """Without PyJWT, or with another package of its name, no verifier is made; the error says what to install."""
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(JwtNotInstalledError, match=r"pip install '.\[jwt\]'") as caught:
        make(POOL, client_ids=CLIENT, token_use="access")
    assert isinstance(caught.value, ImportError)


def test_importing_the_errors_and_the_verifiers_loads_no_library() -> None:
    """The errors and the verifiers can be imported without PyJWT, cryptography or an HTTP library being loaded."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
