"""Servers by others, each asked by boto3 and by our clients, who must get the same, be it right or wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from cognito_idp import (
    AsyncTokenVerifier,
    AsyncUserSession,
    ListUserPoolsRequest,
    SignedIn,
    TokenVerifier,
    TrustedPool,
    UserSession,
)
from cognito_idp.errors import InvalidResponseError
from tests.integration.ministack import PASSWORD
from tests.support.kit import KINDS, kit_of

from . import shortcomings
from .journal import by_boto, by_ours, lived
from .life import life
from .sign_ins import SIGN_INS, Ours, Theirs, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kit import Kit

    from .servers import Judge

pytestmark = pytest.mark.long

ASKED_BY: Final = ("sync", "asyncio")


@pytest.fixture
def boto(judge: Judge) -> Iterator[Any]:
    """boto3's client of the server."""
    boto = judge.boto()
    yield boto
    boto.close()


@pytest.fixture(params=KINDS)
def ours(judge: Judge, request: pytest.FixtureRequest) -> Iterator[tuple[Kit, Any]]:
    """A client of ours of each kind, and what runs it."""
    with kit_of(request.param) as kit:
        yield kit, kit.client(**judge.settings())


def test_a_life(judge: Judge, boto: Any) -> None:
    """Through one life of a pool our clients get what boto3 gets, and the server lacks what the table says."""
    theirs = lived(life, partial(by_boto, boto))
    expected = dict.fromkeys(theirs.answers, "ok") | shortcomings.REFUSED
    assert expected | shortcomings.LIFE[judge.name] == theirs.outcomes()
    for kind in ASKED_BY:
        with kit_of(kind) as kit:
            journal = lived(life, partial(by_ours, kit, kit.client(**judge.settings())))
        assert theirs.answers == journal.answers, kind


def test_sign_ins(judge: Judge, boto: Any) -> None:
    """In every sign-in our clients are asked and given what boto3 is, and the server lacks what the table says."""
    theirs = Theirs("boto3", boto=boto).lived()
    rows = shortcomings.SIGN_INS[judge.name]
    expected = {row.name: rows.get(row.name, rows.get(row.name.partition(":")[0], row.expected)) for row in SIGN_INS}
    assert expected == {name: summary(answer) for name, answer in theirs.answers.items()}
    for kind in ASKED_BY:
        with kit_of(kind) as kit:
            journal = Ours(kind, kit=kit, client=kit.client(**judge.settings())).lived()
        assert theirs.answers == journal.answers, kind


def test_the_tables_name_what_differs(judge: Judge) -> None:
    """No row of the tables says what is expected anyway, or speaks of a sign-in that is not tried."""
    life_rows, rows = shortcomings.LIFE[judge.name], shortcomings.SIGN_INS[judge.name]
    assert not life_rows.items() & shortcomings.REFUSED.items()
    assert not rows.items() & {(row.name, row.expected) for row in SIGN_INS}
    assert rows.keys() <= {name for row in SIGN_INS for name in (row.name, row.name.partition(":")[0])}


def test_a_session(judge: Judge, ours: tuple[Kit, Any]) -> None:
    """A session refreshes by REFRESH_TOKEN_AUTH, and the verifier takes the old tokens and the new ones."""
    kit, client = ours
    app, tokens = _signed_in(kit, client)
    cls: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    session = cls(client, app, tokens, refresh_with="REFRESH_TOKEN_AUTH")
    assert tokens.access_token == kit.run(session.access_token)
    new = kit.run(session.refresh)
    assert tokens.refresh_token == new.refresh_token

    # cognito-local names itself as the issuer, with the port that it was told.
    issuer: dict[str, Any] = (
        {"issuer": f"http://127.0.0.1:0/{app.user_pool_id}"} if judge.name == "cognito-local" else {}
    )
    uri = f"{judge.endpoint_url}/{app.user_pool_id}/.well-known/jwks.json"
    pool = TrustedPool(app.user_pool_id, client_ids=app, jwks_uri=uri, **issuer)
    verifier: Any = TokenVerifier if kit.kind == "sync" else AsyncTokenVerifier
    for use, texts in {
        "access": (tokens.access_token, new.access_token),
        "id": (tokens.id_token, new.id_token),
    }.items():
        checker = verifier(pool, token_use=use)
        assert 1 == len({kit.run(checker.verify, text).username for text in texts})
        kit.run(checker.close if kit.kind == "sync" else checker.aclose)


def _signed_in(kit: Kit, client: Any) -> tuple[Any, Any]:
    side = Ours(f"session-{kit.kind}", kit=kit, client=client)
    app, username = side.newcomer()
    outcome = kit.run(client.sign_in, app, username=username, password=PASSWORD, flow="USER_PASSWORD_AUTH")
    assert isinstance(outcome, SignedIn)
    return app, outcome.tokens


# What the servers that check signatures say of a wrong secret and of an unknown key.
_REFUSALS: Final = {
    "ministack": ("InvalidSignatureException", "UnrecognizedClientException"),
    # It says so in XML, from which boto3 takes the status alone.
    "moto with IAM": ("HTTP 403", "HTTP 403"),
}


@pytest.mark.parametrize("judge", _REFUSALS, indirect=True)
@pytest.mark.parametrize("transport", ["httpx", "stdlib"])
def test_signatures(judge: Judge, transport: str) -> None:
    """A server that checks signatures takes those of both engines, and refuses wrong keys from us as from boto3."""
    right = judge.credentials
    wrong = attrs.evolve(right, secret_access_key="wrong"), attrs.evolve(right, access_key_id="AKIAWRONG")
    request = ListUserPoolsRequest(max_results=60)
    for keys, code in zip((right, *wrong), (None, *_REFUSALS[judge.name]), strict=True):
        boto = judge.boto(credentials=keys)
        expected = by_boto(boto, request)
        boto.close()
        assert code == expected.get("error")
        for kind in ASKED_BY:
            with kit_of(kind) as kit:
                client = kit.client(**judge.settings() | {"credentials": keys, "transport": transport})
                assert expected == by_ours(kit, client, request), kind


@pytest.mark.parametrize("judge", ["moto with IAM"], indirect=True)
def test_a_refusal_in_xml(judge: Judge, ours: tuple[Kit, Any]) -> None:
    """Where boto3 knows the status alone, our error names the code that the page holds."""
    kit, _ = ours
    keys = attrs.evolve(judge.credentials, secret_access_key="wrong")
    wrong = kit.client(**judge.settings() | {"credentials": keys})
    with pytest.raises(InvalidResponseError, match="SignatureDoesNotMatch"):
        kit.run(wrong.list_user_pools, max_results=60)
