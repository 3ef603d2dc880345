"""The rows of a CSV file as requests."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import attrs

from cognito_idp import AdminAddUserToGroupRequest, AdminCreateUserRequest, AttributeType, RequestValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STANDARD_ATTRIBUTES: Final = frozenset(
    {"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name"}
    | {"name", "nickname", "phone_number", "phone_number_verified", "picture", "preferred_username", "profile"}
    | {"updated_at", "website", "zoneinfo"}
)
OWN_COLUMNS: Final = frozenset({"username", "temporary_password", "groups"})


class CantBeginError(Exception):
    """The file, the journal or an option can't be used; nothing was sent."""


@attrs.frozen
class Row:
    """A user to create; `line` is where its row starts in the file.

    `in_doubt` means that an earlier attempt may have created the user.
    """

    line: int
    request: AdminCreateUserRequest
    groups: tuple[str, ...] = ()
    in_doubt: bool = False


@attrs.frozen
class Failure:
    """A row that failed, and why. `is_taken` means that the name belongs to a user that is not ours."""

    line: int
    username: str
    code: str
    reason: str
    is_taken: bool = False


class CsvUsers:
    """Reads the rows of a CSV file one by one as requests; `position` is the number of bytes read so far.

    Iterating yields a `Failure` for an unusable row and continues with the next one.

    Raises:
        CantBeginError: the first line does not name the columns.
    """

    def __init__(
        self, lines: Iterable[bytes], user_pool_id: str, *, invite: Sequence[str] = (), ignored: Sequence[str] = ()
    ) -> None:
        """Read the header. `invite` names the delivery mediums of an invitation, `ignored` the columns to leave out."""
        self.position = 0
        self._cells = csv.reader(self._texts(lines), strict=True)
        self._constants: dict[str, Any] = {"user_pool_id": user_pool_id}
        if invite:
            self._constants["desired_delivery_mediums"] = tuple(invite)
        else:
            self._constants["message_action"] = "SUPPRESS"
        self._ignored = frozenset(ignored)
        self._header = self._checked_header()

    def _texts(self, lines: Iterable[bytes]) -> Iterator[str]:
        for line in lines:
            text = line.decode("utf-8", "surrogateescape")
            yield text if self.position else text.removeprefix("\ufeff")
            self.position += len(line)

    def _checked_header(self) -> list[str]:
        try:
            header = next(self._cells)
        except (StopIteration, csv.Error):
            header = []
        known = STANDARD_ATTRIBUTES | OWN_COLUMNS | self._ignored
        unknown = [name for name in header if name not in known and not name.startswith(("custom:", "dev:custom:"))]
        problems = [f"column {name!r} is not an attribute (leave it out with --ignore)" for name in unknown]
        twice = sorted({name for name in header if header.count(name) > 1})
        problems += [f"column {name!r} appears twice" for name in twice]
        if "username" not in header:
            problems.append("there is no column 'username'")
        if problems:
            msg = "the first line of the file does not name the columns: " + "; ".join(problems)
            raise CantBeginError(msg)
        return header

    def __iter__(self) -> Iterator[Row | Failure]:
        while True:
            line = self._cells.line_num + 1
            try:
                cells = next(self._cells)
            except StopIteration:
                return
            except csv.Error as error:
                yield Failure(line, "", "BadRow", str(error))
            else:
                if cells:
                    yield self._row(line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> Row | Failure:
        if len(cells) != len(self._header):
            return Failure(line, "", "BadRow", f"{len(cells)} cells under {len(self._header)} columns")
        values = {name: cell for name, cell in zip(self._header, cells, strict=True) if cell}
        username = values.pop("username", "")
        password = values.pop("temporary_password", None)
        groups = tuple(name for group in values.pop("groups", "").split(";") if (name := group.strip()))
        attributes = [AttributeType(name=n, value=v) for n, v in values.items() if n not in self._ignored]
        try:
            "".join(cells).encode()
            request = AdminCreateUserRequest(
                username=username, temporary_password=password, user_attributes=attributes or None, **self._constants
            )
            for group in groups:
                group_request(request, group)
        except UnicodeEncodeError:
            return Failure(line, username.encode("ascii", "replace").decode(), "BadRow", "it is not UTF-8")
        except RequestValidationError as error:
            return Failure(line, username, "BadRow", str(error))
        return Row(line, request, groups)


def group_request(request: AdminCreateUserRequest, group: str) -> AdminAddUserToGroupRequest:
    """Return the request that puts a new user into a group."""
    return AdminAddUserToGroupRequest(user_pool_id=request.user_pool_id, username=request.username, group_name=group)
