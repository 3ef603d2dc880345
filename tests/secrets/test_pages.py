"""Pages with a secret in them, in whatever form and wherever it stands, in place of an answer."""

from __future__ import annotations

import html
import json
import logging
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import Client
from cognito_idp.errors import CognitoIdpError, InvalidResponseError
from cognito_idp.observability import LoggingObserver
from cognito_idp.testing import NoWaitRetry
from tests.support.kit import CREDENTIALS

from .conftest import MARKS
from .search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def escaped(text: str) -> str:
    """Return JSON text whose quotes are escaped as code points, as some template engines do."""
    return text.replace('"', r"\u0022").replace("<", r"\u003c")


# How a page may hold the name of a member and its value.
FORMS: Mapping[str, Callable[[str, str], str]] = {
    "alone": lambda _, value: value,
    "JSON": lambda name, value: json.dumps({name: value}),
    "JSON in JSON": lambda name, value: json.dumps({"body": json.dumps({name: value})}),
    "JSON with escaped quotes": lambda name, value: escaped(json.dumps({name: value})),
    "JSON behind a quote": lambda name, value: f"it's {json.dumps({name: value})}",
    "JSON with a comma too many": lambda name, value: f'{{"{name}": ["{value}",]}}',
    "Python": lambda name, value: repr({name: value}),
    "HTML": lambda name, value: f"<html><body>{html.escape(json.dumps({name: value}))}</body></html>",
    "HTML attribute": lambda name, value: f"<input name={name} value={value}>",
    "tag": lambda _, value: f"<{value}>",
    "comment": lambda _, value: f"<!-- {value} --><html>",
    "document type": lambda _, value: f"<!DOCTYPE {value}><html>",
    "instruction": lambda _, value: f"<?{value}?><html>",
    "XML": lambda name, value: f"<?xml version='1.0'?><Request><{name}>{value}</{name}></Request>",
    "code in XML": lambda _, value: f"<Error><Code>{value}</Code></Error>",
    "type in XML": lambda _, value: f"<Error><Type>{value}</Type><Code>AccessDenied</Code></Error>",
    "message in XML": lambda _, value: f"<Error><Code>AccessDenied</Code><Message>{value}</Message></Error>",
    "YAML": lambda name, value: f"error:\n  {name}: {value}\n",
    "ini": lambda name, value: f"[request]\n{name} = {value}\n",
    "form": lambda name, value: urlencode({name: value}),
    "form quoted twice": lambda name, value: quote(urlencode({name: value})),
    "text": lambda name, value: f"The {name} {value} is wrong.",
    "base64": lambda name, value: b64encode(json.dumps({name: value}).encode()).decode(),
    "header": lambda name, value: f"POST / HTTP/1.1\r\n{name}: {value}\r\n\r\n",
}
SECRETS = st.builds(
    lambda before, mark, after: before + mark + after,
    st.text("aZ9-_ ", max_size=6),
    st.builds(MARKS),
    st.text("aZ9-_.+/='\"\\<>&%: \n", max_size=30),
)
AROUND = st.text("ab \n<>\"'{}[],:\\&;", max_size=20)
TYPES = st.sampled_from(["text/html", "application/x-amz-json-1.1", "text/plain; charset={}", "{}", "text/{}", "{}/x"])
NAMES = st.sampled_from(["Password", "AccessToken", "PASSWORD", "Code", "x-amz-security-token"])


@pytest.mark.slow
@settings(max_examples=300)
@given(
    form=st.sampled_from(list(FORMS)),
    name=NAMES,
    secret=SECRETS,
    around=st.tuples(AROUND, AROUND),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
    status=st.sampled_from([200, 400, 403, 502]),
    content_type=TYPES,
    cut=st.integers(0, 40),
)
def test_a_page_shows_no_secret(
    *,
    form: str,
    name: str,
    secret: str,
    around: tuple[str, str],
    encoding: str,
    status: int,
    content_type: str,
    cut: int,
) -> None:
    """Of a page in place of an answer, no secret gets into the error, what is behind it, or a log."""
    page = (around[0] + FORMS[form](name, secret) + around[1]).encode(encoding)
    # A JSON object with no code, or with a success, is no page.
    body = b"\x00" + page if page.lstrip().startswith(b"{") else page[: len(page) - cut]
    # A header holds ASCII without line breaks, as it comes from the network.
    kind = content_type.format(quote(secret, safe="'\"<>&:;= "))
    response = httpx.Response(status, content=body or b"x", headers={"content-type": kind})
    search = Search()
    logger = logging.getLogger("pages")
    client = Client(
        "us-east-1",
        credentials=CREDENTIALS,
        transport=httpx.MockTransport(lambda _: response),
        retry=NoWaitRetry(),
        observer=LoggingObserver(logger),
    )
    with search.watching(), client, pytest.raises(CognitoIdpError) as caught:
        client.call("AdminInitiateAuth", {})
    assert InvalidResponseError is type(caught.value)
    search.error(caught.value, form)
    assert "" == search.report()
    # The search minds upper and lower case, and what is shown may have changed it.
    assert "zq" not in f"{caught.value!r} {vars(caught.value)}".lower()


@pytest.mark.parametrize("form", list(FORMS))
def test_the_search_finds_the_secret_of_every_form(form: str) -> None:
    """The property above would fail if a page were shown as it is."""
    search = Search()
    search.text("page", FORMS[form]("Password", MARKS()))
    assert ["page"] == list(search.found)
