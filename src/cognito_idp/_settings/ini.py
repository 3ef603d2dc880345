"""The file format of `~/.aws/config` and `~/.aws/credentials`: from text to sections of settings.

The rules are those of Python's raw `configparser`, which boto3 uses to read these files: `setting = value` or
`setting: value`, names in lower case, comments on lines of their own. A line that is indented more deeply continues the
value before it, and a value that begins with a line break is a block of settings. Two things differ. A repeated section
or setting is not an error: sections are merged and the later setting wins, as the AWS SDKs define it. And an error
names the file, the line number and the section, but never shows the line, since it may contain a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._errors import ConfigError
from .files import shown_header

if TYPE_CHECKING:
    from typing import Final, Self, TypeAlias


class Text(str):
    """A header or a value, and the number of its line in the file."""

    __slots__ = ("line",)

    line: int

    @classmethod
    def of(cls, text: str, line: int) -> Self:
        """Return the text of a line."""
        made = cls(text)
        made.line = line
        return made


Value = str | Mapping[str, str]
Section = Mapping[str, Value]

_HEADER: Final = re.compile(r"\[(.+)\]")
_DELIMITER: Final = re.compile(r"[=:]")
# configparser adds the settings of this section to every other section.
_FOR_ALL: Final = "DEFAULT"

if TYPE_CHECKING:
    # The lines of a value with their line numbers.
    _Lines: TypeAlias = list[tuple[int, str]]


def parse_ini(text: str, file: str) -> dict[str, Section]:
    """Return the sections of a file in the order of their first appearance; `file` is its name in errors.

    Headers and values are `Text`, which knows its line.

    Raises:
        ConfigError: a line is not a section, a setting or a comment.
    """
    sections: dict[str, dict[str, _Lines]] = {}
    section: dict[str, _Lines] | None = None
    header = ""
    lines: _Lines | None = None
    indent = 0
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        content = line.strip()
        if content.startswith(("#", ";")):
            continue
        depth = len(line) - len(line.lstrip())
        if lines is not None and (not content or depth > indent):
            lines.append((number, content))
            continue
        if not content:
            continue
        indent = depth
        if match := _HEADER.match(content):
            header, lines = Text.of(match[1], number), None
            section = sections.setdefault(header, {})
        elif section is None:
            msg = f"{file}, line {number}: a setting before the first [section]"
            raise ConfigError(msg)
        elif (match := _DELIMITER.search(content)) and (name := content[: match.start()].rstrip()):
            lines = section[name.lower()] = [(number, content[match.end() :].lstrip())]
        else:
            raise _not_a_setting(file, number, header)
    for_all = sections.pop(_FOR_ALL, {})
    return {
        name: {setting: _value(lines, file, name) for setting, lines in {**for_all, **settings}.items()}
        for name, settings in sections.items()
    }


def _value(lines: _Lines, file: str, header: str) -> Value:
    text = "\n".join(content for _, content in lines).rstrip()
    if not text.startswith("\n"):
        return Text.of(text, lines[0][0])
    block: dict[str, str] = {}
    for number, content in lines:
        name, equals, value = content.partition("=")
        if equals:
            block[name.strip()] = Text.of(value.strip(), number)
        elif content:
            raise _not_a_setting(file, number, header)
    return block


def _not_a_setting(file: str, number: int, header: str) -> ConfigError:
    return ConfigError(
        f"{file}, line {number}, section [{shown_header(header)}]: not a `setting = value`, a [section] or a comment"
    )
