from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AppClient, ConfigError

from .fake_accounts import CLIENT_ID, CLIENT_SECRET, POOL_ID


def test_an_app_client_knows_its_parts() -> None:
    """Region and pool name are the two parts of the pool's id."""
    app = AppClient("eu-west-1_AbCdEfGhI", CLIENT_ID)
    assert ("eu-west-1", "AbCdEfGhI") == (app.region, app.pool_name)


def test_a_local_servers_pool_has_no_region() -> None:
    """An id that begins with something other than a region, as a local server's may, has a name alone."""
    app = AppClient("local_AbCdEfGhI", CLIENT_ID)
    assert (None, "AbCdEfGhI") == (app.region, app.pool_name)


@pytest.mark.parametrize(
    "pool_id",
    [
        "",
        "_",
        "us-east-1",
        "us-east-1_",
        "_EXAMPLE",
        "us-east-1_EX_AMPLE",
        "us-east-1_EXAMPLE\n",
        " us-east-1_EXAMPLE",
        "us-east-1_EXÄMPLE",
        "evil.example/us-east-1_EXAMPLE",
        "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_EXAMPLE",
    ],
)
def test_what_is_no_pool_id_is_refused(pool_id: str) -> None:
    """An id without region or name, or with characters that an id can't have, is refused and named."""
    with pytest.raises(ConfigError, match=r"user_pool_id .* is not the id of a user pool"):
        AppClient(pool_id, CLIENT_ID)


def test_a_missing_pool_id_is_refused() -> None:
    """None, as `os.environ.get` may give it, is refused like any other wrong id."""
    with pytest.raises(ConfigError, match="user_pool_id None"):
        AppClient(None, CLIENT_ID)  # type: ignore[arg-type]


@pytest.mark.parametrize(("client_id", "client_secret"), [("", None), ("", CLIENT_SECRET), (CLIENT_ID, "")])
def test_empty_settings_are_refused(client_id: str, client_secret: str | None) -> None:
    """An empty client id, or an empty secret where None would mean none, is refused."""
    with pytest.raises(ConfigError, match="must not be empty"):
        AppClient(POOL_ID, client_id, client_secret)


def test_the_secret_is_not_shown() -> None:
    """The `repr` has `'***'` for the secret, and None for a client without one."""
    assert CLIENT_SECRET not in repr(AppClient(POOL_ID, CLIENT_ID, CLIENT_SECRET))
    assert "client_secret='***'" in repr(AppClient(POOL_ID, CLIENT_ID, CLIENT_SECRET))
    assert "client_secret=None" in repr(AppClient(POOL_ID, CLIENT_ID))


@pytest.mark.slow
@given(name=st.text())
def test_a_hash_is_for_one_name(name: str) -> None:
    """Without a secret there is no SECRET_HASH, with one it depends on the name."""
    app = AppClient(POOL_ID, CLIENT_ID, CLIENT_SECRET)
    assert {} == AppClient(POOL_ID, CLIENT_ID).hash_for(name)
    assert ["SECRET_HASH"] == list(app.hash_for(name))
    assert app.hash_for(name) != app.hash_for(name + "x")
