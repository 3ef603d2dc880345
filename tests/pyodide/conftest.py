"""Fetches Pyodide once for all tests that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .prepare import MissingError, prepared

if TYPE_CHECKING:
    from .prepare import Prepared


@pytest.fixture(scope="session")
def pyodide(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Fetch Pyodide and the wheels."""
    try:
        return prepared(tmp_path_factory.mktemp("pyodide"))
    except MissingError as error:
        pytest.skip(f"PYODIDE IS NOT TESTED: {error}")
