"""What the tests of the migration share: a user pool in memory, and files of users."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import httpx

from cognito_idp import AsyncClient, Credentials

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from pathlib import Path

POOL = "us-east-1_EXAMPLE"
PASSWORD = "Temporary-Horse-%d"


class Killed(BaseException):
    """What stands for the end of the process: nothing catches it."""


def write_users(path: Path, rows: Iterable[Iterable[str]], header: Iterable[str] = ("username", "email")) -> Path:
    """Write a file of users."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((header, *rows))
    return path


def some_users(number: int) -> list[tuple[str, str]]:
    """Return usernames and email addresses."""
    return [(f"user{index}", f"user{index}@example.com") for index in range(number)]


class FakePool:
    """A pool in memory; `calls` are the operations that were called, in their order.

    `before` and `after` see each call before and after it takes effect, and may raise, or return another answer.
    """

    def __init__(self) -> None:
        self.users: dict[str, dict[str, str]] = {}
        self.groups: dict[str, set[str]] = {"staff": set(), "admins": set()}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.before: Callable[[str, dict[str, Any]], httpx.Response | None] = lambda *_: None
        self.after: Callable[[str, dict[str, Any]], httpx.Response | None] = lambda *_: None

    def client(self, _: argparse.Namespace | None = None) -> AsyncClient:
        """Return a client whose network is this pool."""
        transport = httpx.MockTransport(self._respond)
        return AsyncClient("us-east-1", credentials=Credentials("id", "key"), transport=transport, retry="off")

    def _respond(self, request: httpx.Request) -> httpx.Response:
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        members = json.loads(request.content)
        self.calls.append((operation, members))
        early = self.before(operation, members)
        if early is not None:
            return early
        answer = getattr(self, f"_{operation}")(members)
        return self.after(operation, members) or answer

    def _AdminCreateUser(self, members: dict[str, Any]) -> httpx.Response:  # noqa: N802
        if members["UserPoolId"] != POOL:
            return refused("ResourceNotFoundException", "there is no such pool")
        if members["Username"] in self.users:
            return refused("UsernameExistsException", "User account already exists.")
        self.users[members["Username"]] = {a["Name"]: a["Value"] for a in members.get("UserAttributes", [])}
        return httpx.Response(200, json={"User": {"Username": members["Username"]}})

    def _AdminGetUser(self, members: dict[str, Any]) -> httpx.Response:  # noqa: N802
        attributes = [{"Name": name, "Value": value} for name, value in self.users[members["Username"]].items()]
        return httpx.Response(200, json={"Username": members["Username"], "UserAttributes": attributes})

    def _AdminAddUserToGroup(self, members: dict[str, Any]) -> httpx.Response:  # noqa: N802
        if members["GroupName"] not in self.groups:
            return refused("ResourceNotFoundException", "Group not found.")
        self.groups[members["GroupName"]].add(members["Username"])
        return httpx.Response(200, json={})


def refused(code: str, message: str = "", status: int = 400) -> httpx.Response:
    """Return an error of the service."""
    return httpx.Response(status, json={"__type": code, "message": message})
