"""Pages of a list operation, one after another: written once, driven by either client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from .._errors import PaginationError
from .invoke import invoke

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.wire import Pages
    from .._structs.struct import Request
    from .options import Options

R = TypeVar("R")


class Pager(Generic[R]):
    """Walks the pages of a list operation, starting at the request's own token.

    If the service returned a token twice, a naive loop would never end. Brent's method finds any such cycle in constant
    memory: it compares the token with one kept from 1, 2, 4, 8, ... pages before.
    """

    def __init__(self, request: Request[R], options: Options) -> None:
        """Start at a request.

        Raises:
            TypeError: the operation is not paginated.
        """
        pages = request.operation.pages
        if pages is None:
            msg = f"{request.operation.name} is not paginated; use send()"
            raise TypeError(msg)
        self._pages: Pages = pages
        self._options = options
        self._next: Request[R] | None = request
        self._kept: Any = getattr(request, pages.input_token)
        self._count = 0
        self._window = 1

    def next_page(self) -> Flow[R | None]:
        """Return the next page, or None after the last one.

        Raises:
            PaginationError: the service repeated a token.
        """
        request = self._next
        if request is None:
            return None
        page = yield from invoke(request, self._options)
        token = getattr(page, self._pages.output_token)
        self._next = None if not token else self._following(request, token)
        return page

    def _following(self, request: Request[R], token: str) -> Request[R]:
        if token == self._kept:
            msg = f"{request.operation.name} repeated a page token; the pages would never end"
            raise PaginationError(msg)
        self._count += 1
        if self._count == self._window:
            self._kept, self._count, self._window = token, 0, self._window * 2
        changed: Request[R] = attrs.evolve(request, **{self._pages.input_token: token})  # type: ignore[misc]
        return changed
