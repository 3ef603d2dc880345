from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp._protocol.client_secret import secret_hash
from tests.vectors import vectors


@pytest.mark.parametrize("case", vectors("srp", "id", 1, cases="secret_hashes"))
def test_secret_hashes_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """The hash is that of another implementation's published case."""
    assert case["expected"] == secret_hash(case["username"], case["client_id"], case["client_secret"])


@given(username=st.text(), client_id=st.text(), client_secret=st.text())
def test_secret_hashes_are_those_of_pycognito(username: str, client_id: str, client_secret: str) -> None:
    """pycognito, where it is installed, computes the same for any names and secrets."""
    pycognito: Any = pytest.importorskip("pycognito")
    expected = pycognito.AWSSRP.get_secret_hash(username, client_id, client_secret)
    assert expected == secret_hash(username, client_id, client_secret)


def test_a_secret_hash_depends_on_name_client_and_secret() -> None:
    """Another user, client or secret gives another hash."""
    hashes = {
        secret_hash("user", "client", "secret"),
        secret_hash("üser", "client", "secret"),
        secret_hash("user", "client2", "secret"),
        secret_hash("user", "client", "secret2"),
    }
    assert len(hashes) == 4
