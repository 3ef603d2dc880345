"""What the tests of the providers share: surroundings made of a few variables and files, and the real network."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Any, TypeVar

from cognito_idp.credentials.provider import Context, make_context
from tests.support.kit import FakeTime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

R = TypeVar("R")

# 2027-01-15T08:00:00Z
NOW = 1_800_000_000.0
LATER = "2027-01-15T14:00:00Z"
# Every secret in these tests holds this, so that one search finds each of them.
MARK = "SecretMark"
SECRET = f"{MARK}/wJalrXUtnFEMI"
TOKEN = f"{MARK}/IQoJb3JpZ2luX2VjE"


def environ_of(
    folder: Path, variables: Mapping[str, str] | None = None, *, config: str = "", credentials: str = ""
) -> dict[str, str]:
    """Write the shared files, and return the variables together with those that name the files."""
    (folder / "config").write_text(config, encoding="utf-8")
    (folder / "credentials").write_text(credentials, encoding="utf-8")
    return {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "PATH": os.environ.get("PATH", ""),
        **(variables or {}),
    }


def context_of(
    folder: Path,
    variables: Mapping[str, str] | None = None,
    *,
    config: str = "",
    credentials: str = "",
    profile: str | None = None,
) -> Context:
    """Return a context at the time `NOW` whose random number is 0.5."""
    environ = environ_of(folder, variables, config=config, credentials=credentials)
    return make_context(environ, profile=profile, clock=lambda: NOW, random=lambda: 0.5)


def perform(kit: Kit, flow: Flow[R], time: FakeTime | None = None) -> R:
    """Run a flow to its end over the default transport, with a fake time to sleep in."""
    adapter, driver = kit._connected(None, time or FakeTime())
    try:
        result: R = kit.run(driver.run, flow)
    finally:
        kit.run(adapter.close)
    return result


def assert_no_secret(error: BaseException) -> None:
    """Search everything that a log or a traceback would show of an exception and of those that led to it."""
    shown = "".join(traceback.format_exception(error))
    seen: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        each = todo.pop()
        if each is not None and each not in seen:
            seen.append(each)
            shown += f"{each!r} {each.args!r} {vars(each)!r}"
            todo += [each.__cause__, each.__context__]
    assert MARK not in shown
