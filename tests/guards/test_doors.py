"""Every door refuses the same bad requests alike, and lets the same good ones through."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest

from tests.tokens.issuing import REASON

from .asked import BAD, GOOD_ONES
from .doors import HTTP_DOORS, LAMBDA_DOORS, door

if TYPE_CHECKING:
    from .asked import Asked
    from .doors import Answer

pytest.importorskip("jwt", reason=REASON)

# RFC 6750, section 3, with what its grammar allows within quotation marks.
_QUOTED = r'"[\x20\x21\x23-\x5b\x5d-\x7e]*"'
CHALLENGE = re.compile(rf"Bearer (?:[a-z_]+={_QUOTED})(?:, [a-z_]+={_QUOTED})*")
LONG = 30


def secrets_of(asked: Asked) -> set[str]:
    """Return pieces of a request's long parts: of each dot-separated part of a token, and of what stands for one."""
    texts = [asked.path, asked.body.decode(), *(value for _, value in asked.headers)]
    parts = {part for text in texts for part in re.split(r"[ ;,=\".]", text)}
    return {part[start : start + LONG] for part in parts for start in range(0, len(part) - LONG + 1, LONG)}


def check_nothing_is_told(asked: Asked, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the answer nor the log has anything of the token's text. The log may name claims."""
    records = [each for each in caplog.records if each.name != "httpx"]  # which is the test's own client
    shown = [answer.body.decode(), *answer.headers.values()]
    shown += [text for each in records for text in (each.getMessage(), repr(vars(each)))]
    secrets = secrets_of(asked)
    assert [] == [text for text in shown if any(secret in text for secret in secrets)]


@pytest.mark.parametrize("case", list(BAD))
@pytest.mark.parametrize("name", list(HTTP_DOORS))
def test_bad_requests(name: str, case: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each framework answers with the status, the challenge and the error code that RFC 6750 asks for."""
    caplog.set_level(logging.DEBUG)
    asked = BAD[case]
    answer = door(name)(asked)
    assert answer is not None
    assert asked.status == answer.status
    assert "no-store" == answer.headers["cache-control"]
    assert "application/json" == answer.headers["content-type"]
    challenge = answer.headers.get("www-authenticate", "")
    if asked.status == 503:
        assert ("", "5") == (challenge, answer.headers["retry-after"])
    else:
        assert CHALLENGE.fullmatch(challenge)
        assert ("missing_token" != asked.error) == (f'error="{asked.error}"' in challenge) == ("error" in challenge)
        # A client that is told a scope asks for it, which is of no use where a group is missing.
        assert ("no-scope" in case) == ('scope="orders/read"' in challenge) == ("scope=" in challenge)
    body = json.loads(answer.body)
    assert ["detail"] == list(body) if "fastapi" in name else asked.error == body["error"]
    refusals = [each.getMessage() for each in caplog.records if each.name == "cognito_idp.guards"]
    assert 1 == len(refusals)
    assert refusals[0].startswith(f"refused with {asked.status}: ")
    check_nothing_is_told(asked, answer, caplog)


@pytest.mark.parametrize("case", list(BAD))
@pytest.mark.parametrize("name", list(LAMBDA_DOORS))
def test_bad_requests_to_authorizers(name: str, case: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each authorizer answers with what AWS makes the nearest status of, logs one warning, and says nothing more."""
    asked = BAD[case]
    if name == "appsync" and case == "no-scheme":
        asked = BAD["another-scheme"]  # AppSync takes a token without its scheme
    answer = door(name)(asked)
    if answer is None:
        assert asked.values("cookie")
        return
    nearest = 401 if asked.status == 400 else asked.status
    if name in ("http-2.0", "appsync") and nearest == 401:
        nearest = 403  # the format has one way to say no
    assert nearest == answer.status
    assert [logging.WARNING] == [each.levelno for each in caplog.records]
    check_nothing_is_told(asked, answer, caplog)


@pytest.mark.parametrize("case", list(GOOD_ONES))
@pytest.mark.parametrize("name", [*HTTP_DOORS, *LAMBDA_DOORS])
def test_good_requests(name: str, case: str, caplog: pytest.LogCaptureFixture) -> None:
    """A good token gets through every door in every form that RFC 9110 allows, and nothing is logged."""
    answer = door(name)(GOOD_ONES[case])
    if answer is not None:
        assert (200, "mary") == (answer.status, answer.body.decode().strip('"'))
    assert [] == [each for each in caplog.records if each.name == "cognito_idp.guards"]


def test_the_table_is_long_enough() -> None:
    """There are at least 40 bad requests, and each kind of refusal is among them."""
    assert 40 <= len(BAD)
    assert {"missing_token", "invalid_token", "invalid_request", "insufficient_scope", "temporarily_unavailable"} == {
        asked.error for asked in BAD.values()
    }
