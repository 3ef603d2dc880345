"""Somebody who visits the example app: an HTTP client that keeps cookies, follows redirects and fills in forms."""

from __future__ import annotations

import html
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
import httpx
from examples.fastapi_app.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from examples.fastapi_app.settings import Settings

PASSWORD = "Correct-Horse-1"
NEW_PASSWORD = "Battery-Staple-2"


@attrs.frozen
class Visitor:
    """A visitor of the app."""

    http: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return await self.http.get(path, headers=headers)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as a browser does."""
        origin = str(self.http.base_url).rstrip("/")
        return await self.http.post(path, data=fields, headers={"origin": origin})


def said(page: httpx.Response) -> list[str]:
    """Return the notices and problems that a page shows."""
    return [
        html.unescape(text)
        for text in re.findall(r'<p class="(?:notice|problem)"(?![^>]* hidden)[^>]*>(.*?)</p>', page.text)
    ]


def heading(page: httpx.Response) -> str:
    """Return a page's heading."""
    found: str = re.findall(r"<h1>(.*?)</h1>", page.text)[0]
    return found


@asynccontextmanager
async def opened(settings: Settings, **given: Any) -> AsyncIterator[Any]:
    """Run the app within the block, and give a function that makes visitors of it."""
    app = create_app(settings, **given)
    visitors: list[httpx.AsyncClient] = []

    def visitor() -> Visitor:
        transport = httpx.ASGITransport(app)
        visitors.append(httpx.AsyncClient(transport=transport, base_url=settings.origin, follow_redirects=True))
        return Visitor(visitors[-1])

    async with app.router.lifespan_context(app):
        yield visitor
    for each in visitors:
        await each.aclose()
