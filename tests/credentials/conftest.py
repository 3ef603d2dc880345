"""Fixtures of the credential tests: fake AWS services, and a home folder of somebody who uses them.

A module whose folder or services hold more says so in a fixture of the same name, which builds on the one here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from .fake_aws import FakeAws
from .remote import Home, pem_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """Run the fake services."""
    with FakeAws() as fake:
        yield fake


@pytest.fixture
def home(aws: FakeAws, tmp_path: Path) -> Home:
    """Make a home folder without AWS files."""
    return Home(tmp_path / "home", aws.url)


@pytest.fixture(scope="session")
def pem() -> str:
    """Make a key as the AWS CLI makes it: on P-256, in the traditional PEM form."""
    return pem_of(ec.generate_private_key(ec.SECP256R1()))
