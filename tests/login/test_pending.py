"""Logins that wait for their callback, as text."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import LoginState, PendingLogin, SignInStateError, challenge_from_state, pending_from_state
from cognito_idp.sign_in.packing import packed

from .support import login_of

TEXT = st.text(st.characters(codec="utf-8"), max_size=50)


@given(TEXT, TEXT, TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3))
def test_the_text_brings_the_login_back(
    url: str, client_id: str, state: str, nonce: str, verifier: str, scopes: list[str]
) -> None:
    """Whatever a login holds, its text holds the same, in characters that a cookie takes."""
    pending = PendingLogin(
        url=url, client_id=client_id, scopes=tuple(scopes), state=state, nonce=nonce, code_verifier=verifier
    )
    text = pending.to_state()
    assert pending == pending_from_state(text)
    assert text.replace(".", "").replace("-", "").replace("_", "").isalnum()


def test_the_text_fits_into_a_cookie() -> None:
    """A login takes a fraction of the 4 KB of a cookie, also when everything is asked for."""
    pending = login_of().begin(
        scopes="openid email phone profile aws.cognito.signin.user.admin",
        identity_provider="Google",
        lang="pt-BR",
        prompt="select_account",
        login_hint="somebody.with.a.long.name@example.com",
        resource="https://api.example.com/v1",
    )
    assert len(pending.to_state()) < 1200


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_login_can_be_copied(copied: Any) -> None:
    """A pending login, and its text, survive copies and pickles."""
    pending = login_of().begin()
    assert pending == copied(pending)
    text = copied(pending.to_state())
    assert (LoginState, pending) == (type(text), pending_from_state(text))


def test_nothing_shows() -> None:
    """A pending login and its text show no secret of theirs."""
    pending = login_of().begin()
    shown = f"{pending!r} {pending.to_state()!r} {pending}"
    assert "LoginState('***')" in shown
    secrets = (pending.state, pending.nonce, pending.code_verifier, pending.to_state()[:20])
    assert [] == [text for text in secrets if text in shown]


def changed(**changes: Any) -> str:
    """Return the text of a login with changed fields; None takes one away."""
    fields = {**attrs.asdict(login_of().begin()), **changes}
    return packed("the login", {name: value for name, value in fields.items() if value is not None})


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("", "is not a stored login of version 'c1'"),
        ("c2.abc", "is not a stored login of version 'c1'"),
        ("c1.abc", "the stored login was truncated or changed"),
        (7, "state= takes a string, not int"),
        (login_of().begin().to_state()[:-4], "the stored login was truncated or changed"),
        (changed(nonce=None), "missing or invalid fields"),
        (changed(nonce=7), "missing or invalid fields"),
        (changed(scopes="openid"), "missing or invalid fields"),
        (changed(scopes=["openid", 7]), "missing or invalid fields"),
        (changed(more="text"), "missing or invalid fields"),
    ],
)
def test_a_text_that_is_no_login(state: Any, message: str) -> None:
    """A text that isn't a whole login is refused, and not shown."""
    with pytest.raises(SignInStateError, match=message):
        pending_from_state(state)


def test_challenges_and_logins_are_told_apart() -> None:
    """Neither reader takes the other's text."""
    with pytest.raises(SignInStateError, match="missing or invalid fields"):
        challenge_from_state(login_of().begin().to_state())
    with pytest.raises(SignInStateError, match="missing or invalid fields"):
        pending_from_state(packed("SMS_MFA", {"name": "SMS_MFA", "client": "a", "user": "b", "session": None}))


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_way(text: str) -> None:
    """Whatever text comes in place of a stored login, the error is the same."""
    with pytest.raises(SignInStateError):
        pending_from_state(text)
