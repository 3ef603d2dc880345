"""The project's own tests pass under Pyodide, as many as need nothing that it lacks.

Left out are tests that need threads or sockets (a server of the suite's own), processes, cryptography, botocore or
trio, and those that compute many SRP exchanges, which take WebAssembly minutes. Tests of failures that only sockets
know, such as a `ConnectError` over httpx, would fail there, and rightly so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .prepare import ROOT
from .test_kinds import run

if TYPE_CHECKING:
    from .prepare import Prepared

pytestmark = [pytest.mark.long, pytest.mark.pyodide]

CHOSEN = (
    "sign_in/test_answers.py",
    "sign_in/test_machine.py",
    "sign_in/test_secret_hash.py",
    "sign_in/test_srp_primitives.py",
    "sign_in/test_state.py",
    "sign_in/test_totp.py",
    "test_answer_sizes.py",
    "test_app_clients.py",
    "test_clock_skew.py",
    "test_convert.py",
    "test_deadline.py",
    "test_endpoint.py",
    "test_enums.py",
    "test_errors.py",
    "test_foreign_json.py",
    "test_invalid_response.py",
    "test_pagination.py",
    "test_pagination_by_name.py",
    "test_pool_id.py",
    "test_redaction.py",
    "test_remedies.py",
    "test_response.py",
    "test_shapes.py",
    "test_struct.py",
    "transport/http1",
)


def test_the_suite_itself(pyodide: Prepared) -> None:
    """The chosen tests pass, over the sync and the async driver."""
    if not pyodide.has_jspi:
        pytest.skip("THE UNIT TESTS ARE NOT RUN UNDER PYODIDE: no Node here lets Python wait for a promise")
    arguments = "-p no:cacheprovider -q --no-header --tb=short -rfE " + " ".join(f"tests/{name}" for name in CHOSEN)
    output = run(pyodide, "units.py", {pyodide.suite: "/suite", ROOT: "/work"}, {"PYTEST": arguments})
    assert "EXIT 0" in output, output[-8000:]
    passed = re.search(r"(\d+) passed", output)
    assert passed is not None
    assert int(passed[1]) > 1500
