"""Pages of a list operation, one after another: written once, driven by either client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import attrs

from .._errors import Fault, PaginationError, RequestValidationError
from .invoke import invoke

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._flow.effects import Flow
    from .._protocol.wire import Pages
    from .._structs.struct import Request
    from .options import Options

R = TypeVar("R")


class Walk(Generic[R]):
    """Walks the pages of a list operation from one token to the next.

    If the service returned a token twice, a naive loop would never end. Brent's method finds any such cycle in constant
    memory: it compares the token with one kept from 1, 2, 4, 8, ... pages before.
    """

    def __init__(self, operation: str, token: Any) -> None:
        """Start at a token; None is the beginning."""
        self._operation = operation
        self._token = self._kept = token
        self._is_over = False
        self._count = 0
        self._window = 1

    def next_page(self) -> Flow[R | None]:
        """Return the next page, or None after the last one.

        Raises:
            PaginationError: the service repeated a token.
        """
        if self._is_over:
            return None
        page = yield from self._page(self._token)
        token = self._token_after(page)
        if token:
            self._check(token)
            self._token = token
        else:
            self._is_over = True
        return page

    def _page(self, token: Any) -> Flow[R]:
        """Return the page that a token stands for."""
        raise NotImplementedError

    def _token_after(self, page: R) -> Any:
        """Return the token of the page that follows; an empty one is the end."""
        raise NotImplementedError

    def _check(self, token: Any) -> None:
        if token == self._kept:
            msg = f"{self._operation} repeated a page token; the pages would never end"
            raise PaginationError(msg)
        self._count += 1
        if self._count == self._window:
            self._kept, self._count, self._window = token, 0, self._window * 2


class Pager(Walk[R]):
    """Walks the pages of a list operation as response structs, starting at the request's own token."""

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
        self._request = request
        super().__init__(request.operation.name, getattr(request, pages.input_token))

    def _page(self, token: Any) -> Flow[R]:
        name = self._pages.input_token
        if token != getattr(self._request, name):
            self._request = attrs.evolve(self._request, **{name: token})  # type: ignore[misc]
        return invoke(self._request, self._options)

    def _token_after(self, page: R) -> Any:
        return getattr(page, self._pages.output_token)


class TokenNames(NamedTuple):
    """The wire names of the members that hold a page token: of the request, and of the answer."""

    input: str
    output: str


class PagerByName(Walk[dict[str, Any]]):
    """Walks the pages of a list operation as JSON objects, starting at the members' own token."""

    def __init__(
        self,
        operation: str,
        members: Mapping[str, Any],
        names: TokenNames,
        call: Callable[[Mapping[str, Any]], Flow[dict[str, Any]]],
    ) -> None:
        """Start at the members of a request; `call` returns the flow of one call."""
        self._members = dict(members)
        self._names = names
        self._call = call
        super().__init__(operation, members.get(names.input))

    def _page(self, token: Any) -> Flow[dict[str, Any]]:
        own = {} if token is None else {self._names.input: token}
        return self._call({**self._members, **own})

    def _token_after(self, page: dict[str, Any]) -> Any:
        name = self._names.output
        if name not in page:
            other = next((other for other in page if page[other] and other.casefold() in _USUAL), None)
            if other is not None:
                msg = f"{self._operation} answered with {other}, not {name}; pass output_token={other!r}"
                raise PaginationError(msg)
        return page.get(name)


# What this service calls its page tokens. A walk by a wrong name would end after the first page, and nobody would see.
_USUAL: Final = frozenset({"nexttoken", "paginationtoken"})


def token_names(operation: str, input_token: str | None, output_token: str | None) -> TokenNames:
    """Return the names of an operation's page tokens: those passed, or those of the model. One stands for both.

    Raises:
        TypeError: the operation is not paginated, as far as this version knows, and no name was passed.
        RequestValidationError: this version doesn't know the operation, and no name was passed.
    """
    one = input_token or output_token
    if one is not None:
        return TokenNames(input_token or one, output_token or one)
    from .names import request_type

    request = request_type(operation)
    if request is None:
        problem = f"this version doesn't know {operation}: pass the name of its page token, such as 'NextToken'"
        msg = "call_pages"
        raise RequestValidationError(msg, (Fault("call_pages.input_token", "input_token", problem),))
    pages = request.operation.pages
    if pages is None:
        msg = f"{operation} is not paginated; use call(), or pass input_token= and output_token= if it is now"
        raise TypeError(msg)
    wire = [
        {member.name: member.wire_name for member in struct._members}  # noqa: SLF001 - as the converter does
        for struct in (request, request.operation.response_type)
    ]
    return TokenNames(wire[0][pages.input_token], wire[1][pages.output_token])
