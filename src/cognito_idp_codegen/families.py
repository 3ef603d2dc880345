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


class Tables(NamedTuple):
    """What the families are, and the pages that the model forgets: `families.toml` and `pages.toml`."""

    families: Mapping[str, Family]
    pages: Mapping[str, Pages]


def tables_of(texts: Mapping[str, str]) -> Tables:
    """Return the tables of the two files, given by their names."""
    families = tomllib.loads(texts["families.toml"])
    pages = tomllib.loads(texts["pages.toml"])["pages"]
    return Tables(
        {name: Family(raw["heading"], tuple(raw["operations"])) for name, raw in families.items()},
        {name: Pages(*raw) for name, raw in pages.items()},
    )


def read_texts(sources: Path) -> dict[str, str]:
    """Return the hand-written TOML files of the generator's folder, by their paths below it."""
    return {path.relative_to(sources).as_posix(): path.read_text("utf-8") for path in sorted(sources.rglob("*.toml"))}


TEXTS: Final[Mapping[str, str]] = read_texts(SOURCES)
TABLES: Final = tables_of(TEXTS)
FAMILIES: Final = TABLES.families

COMMON: Final = "common"
COMMON_HEADING: Final = "What several families share."

# What the families of a sign-in share stands apart: a cold start should define no more structs than it needs.
COMMON_SIGN_IN: Final = "common_sign_in"
COMMON_SIGN_IN_HEADING: Final = "What the families of a sign-in share."
SHARED: Final[Mapping[str, str]] = {COMMON: COMMON_HEADING, COMMON_SIGN_IN: COMMON_SIGN_IN_HEADING}
SHARED_IN_SIGN_IN: Final = frozenset(
    {
        "AnalyticsMetadataType",
        "AuthenticationResultType",
        "ChallengeNameType",
        "ContextDataType",
        "HttpHeader",
        "NewDeviceMetadataType",
        "UserContextDataType",
    }
)


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

# Shapes that hold secrets, although the model does not mark them; the values say which secret. `ClientSecretArnType` is
# not among them: it names a secret in AWS Secrets Manager, which only those may read whom an IAM policy lets.
ALSO_SENSITIVE: Final[Mapping[str, str]] = {
    "ChallengeParametersType": "the user's name, and the server's part of a password proof",
    "ConfirmationCodeType": "a one-time code that proves an email address or phone number",
    "ContextDataType": "an end user's address, headers and device data, as in UserContextDataType, which is marked",
    "DeviceSecretVerifierConfigType": "what a device's password can be guessed from",
    "Document": "a passkey's proof, or the challenge for it",
    "HttpHeader": "an end user's cookies and authorization headers",
    "PreSignedUrlType": "a URL that anyone may upload users to",
    "ProviderDetailsType": "the client secret or private key at an identity provider",
}

# Exceptions that ask the caller to slow down. `LimitExceededException` does not: it is a limit of the user or the pool.
THROTTLES: Final = frozenset({"TooManyRequestsException"})
