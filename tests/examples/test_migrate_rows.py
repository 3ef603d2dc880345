from __future__ import annotations

import pickle
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from examples.migration.rows import CantBeginError, CsvUsers, Failure, Row

from cognito_idp import AdminCreateUserRequest, AttributeType

if TYPE_CHECKING:
    from collections.abc import Iterator

POOL = "us-east-1_EXAMPLE"


def rows(text: str | bytes) -> list[Row | Failure]:
    """Parse a whole file."""
    data = text.encode() if isinstance(text, str) else text
    return list(CsvUsers(data.splitlines(keepends=True), POOL))


def test_a_row_becomes_a_request() -> None:
    """Attributes keep their names, groups are split, an empty cell is no value, and nobody is sent a message."""
    (row,) = rows(
        "username,email,name,custom:plan,groups,temporary_password\nmary,m@x.org,,gold,staff; admins,Horse-1\n"
    )

    expected = AdminCreateUserRequest(
        user_pool_id=POOL,
        username="mary",
        temporary_password="Horse-1",
        message_action="SUPPRESS",
        user_attributes=[AttributeType(name="email", value="m@x.org"), AttributeType(name="custom:plan", value="gold")],
    )
    assert Row(2, expected, ("staff", "admins")) == row


def test_an_invitation_names_its_mediums() -> None:
    """With an invitation the message is not suppressed."""
    (row,) = CsvUsers([b"username\n", b"mary\n"], POOL, invite=("EMAIL",))
    assert isinstance(row, Row)
    assert (None, ("EMAIL",)) == (row.request.message_action, row.request.desired_delivery_mediums)


def test_a_row_survives_the_way_to_a_worker() -> None:
    """A row that was pickled is the same row."""
    (row,) = rows("username,email\nmary,m@x.org\n")
    assert row == pickle.loads(pickle.dumps(row))


def test_a_password_shows_in_no_repr() -> None:
    """The repr of a row, which a scheduler may log, has neither the password nor an attribute's value."""
    (row,) = rows("username,email,temporary_password\nmary,m@x.org,Horse-Secret-1\n")
    assert "Horse-Secret-1" not in repr(row)
    assert "m@x.org" not in repr(row)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"mary,m@x.org,more", "3 cells under 2 columns"),
        (b"mary", "1 cells under 2 columns"),
        (b",m@x.org", "AdminCreateUserRequest.username"),
        (b"m" * 129 + b",", "AdminCreateUserRequest.username"),
        (b"mary," + b"x" * 2049, "AttributeType.value"),
        (b'"mary"s,', "expected after"),
        (b"m\xffry,", "not UTF-8"),
        (b"mary," + b"x" * 200_000, "field limit"),
    ],
)
def test_a_bad_row_is_named_and_passed_over(bad: bytes, reason: str) -> None:
    """It becomes a failure with the line where it begins and the reason; the rows around it are as they were."""
    before, failure, after = rows(b'username,email\n"ann\nmarie",a@x.org\n' + bad + b"\nbob,b@x.org\n")

    assert isinstance(failure, Failure)
    assert (4, "BadRow") == (failure.line, failure.code)
    assert reason in failure.reason
    assert isinstance(before, Row)
    assert isinstance(after, Row)
    assert (2, "ann\nmarie", 5, "bob") == (before.line, before.request.username, after.line, after.request.username)


def test_a_cut_off_file() -> None:
    """A quote that is never closed fails its row."""
    _, failure = rows('username\nmary\n"bob\n')
    assert Failure(3, "", "BadRow", "unexpected end of data") == failure


def test_empty_lines_are_no_rows() -> None:
    """Empty lines are passed over and counted."""
    assert [3, 5] == [row.line for row in rows("username\n\nmary\n\nbob\n\n")]


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    """The mark that spreadsheets put before UTF-8 is left out."""
    (row,) = rows("\ufeffusername\r\nmary\r\n")
    assert isinstance(row, Row)
    assert "mary" == row.request.username


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "there is no column 'username'"),
        ("email,name", "there is no column 'username'"),
        ("username,e-mail", "column 'e-mail' is not an attribute"),
        ("username,email,email", "column 'email' appears twice"),
    ],
)
def test_a_header_that_names_no_columns(header: str, reason: str) -> None:
    """The file is refused before any row is read, and the text says what is wrong."""
    with pytest.raises(CantBeginError, match=reason):
        rows(f"{header}\nmary,m@x.org,\n")


def test_a_column_can_be_left_out() -> None:
    """A column that is ignored becomes no attribute."""
    (row,) = CsvUsers([b"username,shoe_size\n", b"mary,39\n"], POOL, ignored=("shoe_size",))
    assert isinstance(row, Row)
    assert row.request.user_attributes is None


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file() -> None:
    """Reading 20,000 rows takes at its peak no more memory than reading 1,000, within 200 kB."""

    def lines(number: int) -> Iterator[bytes]:
        yield b"username,email\n"
        for index in range(number):
            yield b"user%d,user%d@example.com\n" % (index, index)

    def peak(number: int) -> int:
        tracemalloc.start()
        count = sum(1 for _ in CsvUsers(lines(number), POOL))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert number == count
        return most

    peak(10)
    # Kept rows would take 9 MB. Python itself keeps up to 2,000 freed tuples of a size for reuse: 96 kB.
    assert peak(20_000) < peak(1_000) + 200_000
