"""Lists: the items of all pages as one answer, printed as they come, with one page in memory at a time.

The options and their meaning are the AWS CLI's (its user guide, "Using the pagination options"). Its tokens for
`--starting-token` are botocore's, so either program goes on where the other stopped.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from .._protocol.foreign_json import parsed_json
from .._structs.shapes import Integer
from .failures import InputError
from .options import option_name
from .printers import PRINTERS, TOKEN, plain_members, progress
from .query import goes_item_by_item, query_of
from .render import has_hidden, note_hidden, plain, print_data
from .streams import err

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .._structs.struct import MemberInfo, Request
    from ..client import Client
    from .settings import Settings

NO_PAGINATE: Final = "no_paginate"
_MAX_ITEMS, _STARTING_TOKEN, _PAGE_SIZE = "max_items", "starting_token", "page_size"
_SKIPPED: Final = "boto_truncate_amount"


@attrs.frozen
class Window:
    """The part of a list that is wanted: where it starts, and how many items at most."""

    token: str | None
    skip: int
    max_items: int | None
    page_size: int | None

    def parts(self, pages: Iterable[dict[str, Any]], names: _Names) -> Iterator[tuple[list[Any], str | None]]:
        """Yield the wanted items of each page, the last ones with a token for the items after them, if there are any.

        A page is asked for only if items of it are wanted.
        """
        token, skip, left = self.token, self.skip, self.max_items
        for page in pages:
            items = page.get(names.items) or []
            following = page.get(names.output) or None
            skipped = min(skip, len(items))
            skip -= skipped
            items = items[skipped:]
            if left is not None and len(items) > left:
                yield items[:left], encoded(names.input, token, skipped + left)
                return
            if left is not None:
                left -= len(items)
            if left == 0 and following is not None:
                yield items, encoded(names.input, following, 0)
                return
            yield items, None
            token = following


@attrs.frozen
class _Names:
    """The wire names of a list operation: of the items, and of the page token in the request and in the answer."""

    items: str
    input: str
    output: str


def encoded(name: str, token: str | None, skip: int) -> str:
    """Return a token for `--starting-token`: the service's own, and how many items of its page were printed already."""
    members = {name: token, **({_SKIPPED: skip} if skip else {})}
    return b64encode(json.dumps(members).encode()).decode()


def decoded(name: str, text: str) -> tuple[str | None, int]:
    """Return the service's token and the number of items to skip; what this program didn't make is the service's."""
    try:
        members = parsed_json(b64decode(text, validate=True))
    except ValueError:
        return text, 0
    if not isinstance(members, dict) or name not in members or not set(members) <= {name, _SKIPPED}:
        return text, 0
    token, skip = members[name], members.get(_SKIPPED, 0)
    is_ours = (token is None or isinstance(token, str)) and type(skip) is int and skip >= 0
    return (token, skip) if is_ours else (text, 0)


def paging_options(request: type[Request[Any]]) -> list[click.Option]:
    """Return the options that a list operation has."""
    options = [
        click.Option(["--no-paginate", NO_PAGINATE], is_flag=True, help="Print one page, as the service answers."),
        click.Option(
            ["--max-items", _MAX_ITEMS],
            type=click.IntRange(min=1),
            metavar="NUMBER",
            help="Print at most so many items.",
        ),
        click.Option(
            ["--starting-token", _STARTING_TOKEN],
            metavar="TOKEN",
            help="Go on after an earlier --max-items, with the NextToken that it printed.",
        ),
    ]
    if _limit(request) is not None:
        options.append(
            click.Option(
                ["--page-size", _PAGE_SIZE],
                type=click.IntRange(min=1),
                metavar="NUMBER",
                help="Ask for pages of this size.",
            )
        )
    return options


def window_of(request: type[Request[Any]], params: Mapping[str, Any], arguments: Mapping[str, Any]) -> Window | None:
    """Return the part of the list that the options ask for, or None if one page is to be printed.

    As in the AWS CLI, the operation's own paging members turn the walk over the pages off.

    Raises:
        InputError: options for the walk stand beside options that turn it off.
    """
    if request.operation.pages is None:
        return None
    own = own_paging_members(request)
    off = [option_name(member) for member in own if arguments.get(member.name) is not None]
    off += ["--no-paginate"] if params[NO_PAGINATE] else []
    used = [name for name in (_MAX_ITEMS, _STARTING_TOKEN, _PAGE_SIZE) if params.get(name) is not None]
    if off and used:
        msg = f"--{used[0].replace('_', '-')} can't stand beside {off[0]}, which asks for one page"
        raise InputError(msg)
    if off:
        return None
    token, skip = None, 0
    if params[_STARTING_TOKEN] is not None:
        token, skip = decoded(_names(request).input, params[_STARTING_TOKEN])
    return Window(token, skip, params[_MAX_ITEMS], params.get(_PAGE_SIZE))


def first_page(request: type[Request[Any]], window: Window) -> dict[str, Any]:
    """Return the members that a request needs to begin a walk over the pages."""
    limit, pages = _limit(request), request.operation.pages
    members: dict[str, Any] = {}
    if pages is not None and window.token is not None:
        members[pages.input_token] = window.token
    if limit is not None and window.page_size is not None:
        members[limit.name] = window.page_size
    elif limit is not None and limit.required and isinstance(limit.shape, Integer):
        # The size of the pages does not matter to a caller who wants all of them.
        members[limit.name] = limit.shape.maximum
    return members


def own_paging_members(request: type[Request[Any]]) -> list[MemberInfo]:
    """Return the members of a list operation for the size of a page and its token."""
    limit, pages = _limit(request), request.operation.pages
    if pages is None:
        return []
    token = [member for member in request._members if member.name == pages.input_token]  # noqa: SLF001
    return token if limit is None else [limit, *token]


def _limit(request: type[Request[Any]]) -> MemberInfo | None:
    return next((m for m in request._members if m.name in ("limit", "max_results")), None)  # noqa: SLF001


def _names(request: type[Request[Any]] | Request[Any]) -> _Names:
    pages = request.operation.pages
    assert pages is not None  # noqa: S101 - the caller checked
    ours = {member.name: member.wire_name for member in request._members}  # noqa: SLF001
    theirs = {member.name: member.wire_name for member in request.operation.response_type._members}  # noqa: SLF001
    return _Names(theirs[pages.result], ours[pages.input_token], theirs[pages.output_token])


def print_pages(settings: Settings, client: Client, request: Request[Any], window: Window) -> None:
    """Print the wanted part of a list as one answer, which is what `--query` is asked of.

    Items are printed as they come, unless the query needs all of them at once.
    """
    names = _names(request)
    search = query_of(settings)
    pages = (plain(page, show_secrets=bool(settings.show_secrets)) for page in client.paginate(request))
    parts = window.parts(pages, names)
    if settings.query is not None and not goes_item_by_item(settings.query, names.items):
        print_data(settings, search(_whole(parts, names.items)))
        return
    name = names.items if settings.query is None else None
    printer = PRINTERS[settings.output or "json"](settings, name, _columns(request))
    hidden = False
    number = count = 0
    token = None
    with progress(settings) as step:
        for items, token in parts:  # noqa: B007 - the last one counts
            found = items if settings.query is None else search({names.items: items}) or []
            number += 1
            count += len(found)
            hidden = hidden or has_hidden(found)
            step(partial(printer.page, found), number, count)
        if not printer.end(token) and token is not None:
            err(f"There are more items: --starting-token {token} goes on after these.")
    if hidden:
        note_hidden()


def _whole(parts: Iterable[tuple[list[Any], str | None]], name: str) -> dict[str, Any]:
    items: list[Any] = []
    token = None
    for more, token in parts:  # noqa: B007 - the last one counts
        items += more
    return {name: items} if token is None else {name: items, TOKEN: token}


def _columns(request: Request[Any]) -> list[str]:
    """Return the names of an item's plain members, so that all pages have the same columns."""
    pages = request.operation.pages
    members = request.operation.response_type._members  # noqa: SLF001
    return plain_members(next(member.shape for member in members if pages is not None and member.name == pages.result))
