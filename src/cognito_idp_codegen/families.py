"""The generator's own tables: what the service model does not say. An entry that nothing uses is an error."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = Path(__file__).parent


class Family(NamedTuple):
    """A module of operations."""

    heading: str
    operations: tuple[str, ...]


class Pages(NamedTuple):
    """How the answers of a list operation follow on each other, by wire names."""

    input_token: str
    output_token: str
    result: str


class MixedMap(NamedTuple):
    """Maps that hold secret and personal entries: their shapes, and the names of entries of either kind.

    An entry that is not named is secret, unless no name is given as personal: then it is personal.
    """

    shapes: tuple[str, ...]
    personal: tuple[str, ...]
    secret: tuple[str, ...]


class Sensitive(NamedTuple):
    """What is secret and what is personal, by shape or `Struct.Member`, and the maps that hold both."""

    secret: Mapping[str, str]
    personal: Mapping[str, str]
    maps: Mapping[str, MixedMap]

    def kinds(self, name: str) -> list[str]:
        """Return what the tables say of a shape or member: `secret`, `personal`, the name of a map, or nothing."""
        found = [*(["secret"] if name in self.secret else []), *(["personal"] if name in self.personal else [])]
        return found + [kind for kind, mixed in self.maps.items() if name in mixed.shapes]

    def names(self) -> list[str]:
        """Return every shape and member that the tables name."""
        return [*self.secret, *self.personal, *(name for mixed in self.maps.values() for name in mixed.shapes)]


class Tables(NamedTuple):
    """The families, the pages that the model forgets, and what is sensitive: the TOML files of these names."""

    families: Mapping[str, Family]
    pages: Mapping[str, Pages]
    sensitive: Sensitive


def tables_of(texts: Mapping[str, str]) -> Tables:
    """Return the tables of the three files, given by their names."""
    families = tomllib.loads(texts["families.toml"])
    pages = tomllib.loads(texts["pages.toml"])["pages"]
    sensitive = tomllib.loads(texts["sensitive.toml"])
    maps = {
        name: MixedMap(tuple(raw["shapes"]), tuple(raw.get("personal", ())), tuple(raw.get("secret", ())))
        for name, raw in sensitive["maps"].items()
    }
    return Tables(
        {name: Family(raw["heading"], tuple(raw["operations"])) for name, raw in families.items()},
        {name: Pages(*raw) for name, raw in pages.items()},
        Sensitive(sensitive["secret"], sensitive["personal"], maps),
    )


def read_texts(sources: Path) -> dict[str, str]:
    """Return the hand-written TOML files of the generator's folder, by their paths below it."""
    return {path.relative_to(sources).as_posix(): path.read_text("utf-8") for path in sorted(sources.rglob("*.toml"))}


TEXTS: Final[Mapping[str, str]] = read_texts(SOURCES)
TABLES: Final = tables_of(TEXTS)
FAMILIES: Final = TABLES.families

COMMON: Final = "common"
COMMON_HEADING: Final = "What several families share."

# What the families of a sign-in share stands apart, and so does what only those of servers or of apps do: a cold start
# should define no more structs than it needs, at 0.5 ms each. By module: its heading, and what is in it.
SHARED_IN_SIGN_IN: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "common_sign_in": (
        "What the families of a sign-in share.",
        (
            "AnalyticsMetadataType",
            "AuthFlowType",
            "AuthenticationResultType",
            "ChallengeNameType",
            "NewDeviceMetadataType",
        ),
    ),
    "common_sign_in_by_server": (
        "What the families of a sign-in by a server share.",
        ("ContextDataType", "HttpHeader"),
    ),
    "common_sign_in_by_app": (
        "What the families of a sign-in by an app share.",
        ("UserContextDataType",),
    ),
}
HOMES_IN_SIGN_IN: Final[Mapping[str, str]] = {
    name: home for home, (_, names) in SHARED_IN_SIGN_IN.items() for name in names
}
SHARED: Final[Mapping[str, str]] = {
    COMMON: COMMON_HEADING,
    **{home: heading for home, (heading, _) in SHARED_IN_SIGN_IN.items()},
}


class Unsigned(NamedTuple):
    """Requests that are not signed, although the model does not say so, and the page of the documentation that does."""

    member: str | None
    """Wire name: a request that lacks this member is signed all the same. None: no request is signed."""
    source: str


# Where the model and the documentation of an operation contradict each other. Not tried against AWS.
UNSIGNED_BY_DOCUMENTATION: Final[Mapping[str, Unsigned]] = {
    "GetClientToken": Unsigned(None, "API reference, GetClientToken: it can't be authorized by IAM credentials"),
    "GetDerivedToken": Unsigned(
        "ClientId", "API reference, GetDerivedToken: IAM credentials authorize it, or the app client's id and secret"
    ),
}

# Words that the naive rule (a new word at each capital after a small letter) would cut in the wrong place.
IRREGULAR_WORDS: Final[Mapping[str, str]] = {
    "OAuth": "Oauth",
    "URLs": "Urls",
}

# Wire names whose snake-case form is no usable Python name.
RENAMED: Final[Mapping[str, str]] = {"From": "from_"}

# Exceptions that ask the caller to slow down. `LimitExceededException` does not: it is a limit of the user or the pool.
THROTTLES: Final = frozenset({"TooManyRequestsException"})
