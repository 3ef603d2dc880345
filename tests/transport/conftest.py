"""Servers for the tests of all engines, and the authority that they are trusted by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.answers import answer, tunnel

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Server
    from tests.support.tls import Authority


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Trust the tests' own authority."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    return authority


@pytest.fixture(params=["http", "https", "tunnel", "TLS in TLS"])
def reached(
    request: pytest.FixtureRequest, serve: Serve, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Server]:
    """Return a URL, and the server that a connection to it reaches first: the host itself, or a proxy."""
    context = trusted.server_context("127.0.0.1", "192.0.2.1")
    target = serve(answer(), tls=None if request.param == "http" else context)
    if request.param in {"http", "https"}:
        return target.url, target
    proxy = serve(tunnel(target.port), tls=context if request.param == "TLS in TLS" else None)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    return "https://192.0.2.1", proxy
