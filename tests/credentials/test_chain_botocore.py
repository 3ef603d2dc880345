"""The same files and variables, asked by botocore in a process of its own and by us: the same keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import CognitoIdpError, NoCredentialsError
from cognito_idp._flow.drive import Driver
from cognito_idp._transport import make_transport
from cognito_idp.credentials import default_chain, make_context
from tests.support.answers import answer
from tests.support.server import Server

from .fake_imds import imds
from .support import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENV = {"AWS_ACCESS_KEY_ID": "AKID-ENV", "AWS_SECRET_ACCESS_KEY": "s"}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "CONTAINER-URL"}
IMDS = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "IMDS-URL"}


def keys(name: str) -> str:
    """Return the settings of a pair of keys."""
    return f"aws_access_key_id = AKID-{name}\naws_secret_access_key = s\n"


def process(name: str) -> str:
    """Return the setting of a program that prints keys."""
    return f"credential_process = {sys.executable} PROGRAM {name}\n"


@attrs.frozen(kw_only=True)
class Situation:
    """Variables and files, and the profile that the program names; the access key (and token) that must be found."""

    claim: str
    expected: str
    token: str | None = None
    environ: dict[str, str] = attrs.field(factory=dict)
    config: str = ""
    credentials: str = ""
    profile: str | None = None


ONE = "[profile one]\n"
SITUATIONS = [
    Situation(claim="nothing is set", expected="none"),
    Situation(claim="keys in the environment", environ=ENV, expected="AKID-ENV"),
    Situation(
        claim="a session token in the environment",
        environ={**ENV, "AWS_SESSION_TOKEN": "t"},
        expected="AKID-ENV",
        token="t",
    ),
    Situation(
        claim="the token's old name counts first",
        environ={**ENV, "AWS_SESSION_TOKEN": "new", "AWS_SECURITY_TOKEN": "old"},
        expected="AKID-ENV",
        token="old",
    ),
    Situation(
        claim="an empty old name does not",
        environ={**ENV, "AWS_SESSION_TOKEN": "new", "AWS_SECURITY_TOKEN": ""},
        expected="AKID-ENV",
        token="new",
    ),
    Situation(
        claim="an expiration in the environment",
        environ={**ENV, "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z"},
        expected="AKID-ENV",
    ),
    Situation(claim="an id without a secret", environ={"AWS_ACCESS_KEY_ID": "AKID-ENV"}, expected="error"),
    Situation(
        claim="a secret without an id is passed over",
        environ={"AWS_SECRET_ACCESS_KEY": "s"},
        credentials=f"[default]\n{keys('FILE')}",
        expected="AKID-FILE",
    ),
    Situation(
        claim="an empty id is passed over",
        environ={**ENV, "AWS_ACCESS_KEY_ID": ""},
        credentials=f"[default]\n{keys('FILE')}",
        expected="AKID-FILE",
    ),
    Situation(
        claim="the environment comes before the files",
        environ=ENV,
        config=f"[default]\n{keys('CONFIG')}",
        credentials=f"[default]\n{keys('FILE')}",
        expected="AKID-ENV",
    ),
    Situation(
        claim="AWS_PROFILE leaves the environment's keys in",
        environ={**ENV, "AWS_PROFILE": "one"},
        credentials=f"[one]\n{keys('ONE')}",
        expected="AKID-ENV",
    ),
    Situation(
        claim="a profile that the program names takes the environment's keys out",
        environ=ENV,
        credentials=f"[one]\n{keys('ONE')}",
        profile="one",
        expected="AKID-ONE",
    ),
    Situation(
        claim="so does the default profile",
        environ=ENV,
        credentials=f"[default]\n{keys('FILE')}",
        profile="default",
        expected="AKID-FILE",
    ),
    Situation(
        claim="a named profile without keys finds nothing",
        environ=ENV,
        config=f"{ONE}region = us-east-1\n",
        profile="one",
        expected="none",
    ),
    Situation(
        claim="a profile that does not exist",
        credentials=f"[default]\n{keys('FILE')}",
        profile="one",
        expected="error",
    ),
    Situation(
        claim="a profile of the environment that does not exist",
        environ={"AWS_PROFILE": "one"},
        credentials=f"[default]\n{keys('FILE')}",
        expected="error",
    ),
    Situation(
        claim="AWS_DEFAULT_PROFILE counts before AWS_PROFILE",
        environ={"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "two"},
        credentials=f"[one]\n{keys('ONE')}[two]\n{keys('TWO')}",
        expected="AKID-TWO",
    ),
    Situation(
        claim="the program's profile counts before both",
        environ={"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "two"},
        credentials=f"[one]\n{keys('ONE')}[two]\n{keys('TWO')}[three]\n{keys('THREE')}",
        profile="three",
        expected="AKID-THREE",
    ),
    Situation(
        claim="the credentials file comes before the config file",
        config=f"[default]\n{keys('CONFIG')}",
        credentials=f"[default]\n{keys('FILE')}",
        expected="AKID-FILE",
    ),
    Situation(claim="keys in the config file", config=f"[default]\n{keys('CONFIG')}", expected="AKID-CONFIG"),
    Situation(claim="a profile in the config file", config=f"{ONE}{keys('ONE')}", profile="one", expected="AKID-ONE"),
    Situation(
        claim="in the config file a profile needs the word",
        config=f"[one]\n{keys('ONE')}",
        profile="one",
        expected="error",
    ),
    Situation(
        claim="in the credentials file the word is part of the name",
        credentials=f"[profile one]\n{keys('WORD')}",
        config=f"{ONE}{keys('ONE')}",
        profile="one",
        expected="AKID-ONE",
    ),
    Situation(
        claim="a name in quotes",
        config=f'[profile "a name"]\n{keys("QUOTED")}',
        environ={"AWS_PROFILE": "a name"},
        expected="AKID-QUOTED",
    ),
    Situation(
        claim="of [default] and [profile default] the later one counts, whole",
        config=f"[default]\n{keys('FIRST')}aws_session_token = t\n[profile default]\n{keys('SECOND')}",
        expected="AKID-SECOND",
    ),
    Situation(
        claim="and the other way round",
        config=f"[profile default]\n{keys('FIRST')}\n[default]\n{keys('SECOND')}",
        expected="AKID-SECOND",
    ),
    Situation(
        claim="a token in the credentials file",
        credentials=f"[default]\naws_session_token = t\n{keys('FILE')}",
        expected="AKID-FILE",
        token="t",
    ),
    Situation(
        claim="the token's old name counts first in a file, too",
        config=f"[default]\naws_session_token = new\naws_security_token = old\n{keys('CONFIG')}",
        expected="AKID-CONFIG",
        token="old",
    ),
    Situation(
        claim="half a pair in the credentials file stops the search",
        credentials="[default]\naws_access_key_id = AKID-HALF\n",
        config=f"[default]\n{keys('CONFIG')}",
        expected="error",
    ),
    Situation(
        claim="the two halves are not put together from two files",
        credentials="[default]\naws_access_key_id = AKID-HALF\n",
        config="[default]\naws_secret_access_key = s\n",
        expected="error",
    ),
    Situation(
        claim="comments, colons, capitals, blank lines and blocks",
        credentials=(
            "# first\n; second\n\n[default] # third\nAWS_ACCESS_KEY_ID:AKID-ODD\n"
            "s3 =\n  # fourth\n  a = b\n\n  c = d\naws_secret_access_key   =   s\n"
        ),
        expected="AKID-ODD",
    ),
    Situation(
        claim="[DEFAULT] holds for every section",
        credentials=f"[DEFAULT]\n{keys('ALL')}[one]\nregion = us-east-1\n",
        environ={"AWS_PROFILE": "one"},
        expected="AKID-ALL",
    ),
    Situation(claim="a line that is nothing", credentials=f"[default]\nnothing\n{keys('FILE')}", expected="error"),
    Situation(claim="a setting before any section", credentials=keys("FILE"), expected="error"),
    Situation(
        claim="a folder in place of a file",
        environ={"AWS_SHARED_CREDENTIALS_FILE": "FOLDER"},
        config=f"[default]\n{keys('CONFIG')}",
        expected="AKID-CONFIG",
    ),
    Situation(
        claim="a file in the home folder",
        environ={"HOME": "FOLDER", "AWS_SHARED_CREDENTIALS_FILE": "~/credentials"},
        credentials=f"[default]\n{keys('HOME')}",
        expected="AKID-HOME",
    ),
    Situation(
        claim="a variable in a file's name",
        environ={"WHERE": "FOLDER", "AWS_SHARED_CREDENTIALS_FILE": "${WHERE}/credentials"},
        credentials=f"[default]\n{keys('VARIABLE')}",
        expected="AKID-VARIABLE",
    ),
    Situation(
        claim="an empty variable names no file",
        environ={"AWS_SHARED_CREDENTIALS_FILE": ""},
        credentials=f"[default]\n{keys('FILE')}",
        expected="none",
    ),
    Situation(
        claim="a process in the config file", config=f"{ONE}{process('RUN')}", profile="one", expected="AKID-RUN"
    ),
    Situation(
        claim="a process in the credentials file",
        credentials=f"[one]\n{process('RUN')}",
        profile="one",
        expected="AKID-RUN",
    ),
    Situation(
        claim="keys in the credentials file come before a process",
        config=f"[default]\n{process('RUN')}",
        credentials=f"[default]\n{keys('FILE')}",
        expected="AKID-FILE",
    ),
    Situation(
        claim="a process comes before keys in the config file",
        config=f"[default]\n{keys('CONFIG')}{process('RUN')}",
        expected="AKID-RUN",
    ),
    Situation(
        claim="of two processes, that of the credentials file runs",
        config=f"[default]\n{process('CONFIG')}",
        credentials=f"[default]\n{process('FILE')}",
        expected="AKID-FILE",
    ),
    Situation(
        claim="a process that fails stops the search",
        config=f"[default]\n{process('')}",
        environ=CONTAINER,
        expected="error",
    ),
    Situation(claim="a container", environ=CONTAINER, expected="AKID-CONTAINER", token="t"),
    Situation(
        claim="files come before a container",
        environ=CONTAINER,
        config=f"[default]\n{keys('CONFIG')}",
        expected="AKID-CONFIG",
    ),
    Situation(
        claim="a named profile without keys leaves it to the container",
        environ={**CONTAINER, **ENV},
        config=f"{ONE}region = us-east-1\n",
        profile="one",
        expected="AKID-CONTAINER",
        token="t",
    ),
    Situation(
        claim="a container's URL on a public host",
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"},
        expected="error",
    ),
    Situation(
        claim="a container's token with a line break",
        environ={**CONTAINER, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\nb"},
        expected="error",
    ),
    Situation(claim="an instance's role", environ=IMDS, expected="AKID-IMDS", token="t"),
    Situation(
        claim="an endpoint in the profile",
        environ={"AWS_EC2_METADATA_DISABLED": "false"},
        config="[default]\nec2_metadata_service_endpoint = IMDS-URL\n",
        expected="AKID-IMDS",
        token="t",
    ),
    Situation(
        claim="a container comes before the instance",
        environ={**IMDS, **CONTAINER},
        expected="AKID-CONTAINER",
        token="t",
    ),
    Situation(
        claim="the instance is switched off", environ={**IMDS, "AWS_EC2_METADATA_DISABLED": "True"}, expected="none"
    ),
    Situation(
        claim="the instance can't be reached",
        environ={**IMDS, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"},
        expected="none",
    ),
]

# It keeps to the environment that it is told of, situation by situation.
_BOTOCORE = """
import json, os, sys
import botocore.session
found = []
for profile, environ in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environ)
    try:
        credentials = botocore.session.Session(profile=profile).get_credentials()
        if credentials is None:
            found.append(["none", None])
        else:
            frozen = credentials.get_frozen_credentials()
            found.append([frozen.access_key, frozen.token])
    except Exception as error:
        found.append(["error", None])
json.dump(found, sys.stdout)
"""
_PROGRAM = """
import json, sys
name = sys.argv[1]
print(json.dumps({"Version": 1, "AccessKeyId": "AKID-" + name, "SecretAccessKey": "s"}))
"""


class Places:
    """The files of each situation, and the endpoints that they and the variables name."""

    def __init__(self, folder: Path, container: Server, metadata: Server) -> None:
        self._folder = folder
        self._urls = {"CONTAINER-URL": container.url, "IMDS-URL": metadata.url}
        (folder / "program.py").write_text(_PROGRAM)

    def environ(self, number: int, situation: Situation) -> dict[str, str]:
        """Write the files of a situation, and return its variables."""
        folder = self._folder / str(number)
        folder.mkdir(exist_ok=True)
        known = {**self._urls, "FOLDER": str(folder), "PROGRAM": str(self._folder / "program.py")}

        def filled(text: str) -> str:
            for name, value in known.items():
                text = text.replace(name, value)
            return text

        (folder / "config").write_text(filled(situation.config))
        (folder / "credentials").write_text(filled(situation.credentials))
        variables = {
            "PATH": os.environ.get("PATH", ""),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            **situation.environ,
        }
        return {name: filled(value) for name, value in variables.items()}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Start a container's endpoint and an instance's metadata service."""
    members = {"SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success"}
    container = answer(json.dumps({**members, "AccessKeyId": "AKID-CONTAINER"}).encode())
    metadata = imds(credentials={**members, "AccessKeyId": "AKID-IMDS"})
    with Server(container) as first, Server(metadata) as second:
        yield Places(tmp_path_factory.mktemp("situations"), first, second)


@pytest.fixture(scope="module")
def botocore_found(places: Places) -> list[list[Any]]:
    """Ask botocore about every situation, in one process."""
    asked = [(each.profile, places.environ(number, each)) for number, each in enumerate(SITUATIONS)]
    done = subprocess.run(
        [sys.executable, "-c", _BOTOCORE], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def our_find(environ: dict[str, str], profile: str | None) -> list[Any]:
    """Return what the default chain finds."""
    transport = make_transport(None)
    try:
        context = make_context(environ, profile=profile, clock=lambda: NOW, random=lambda: 0.5)
        credentials = Driver(transport, lambda _: None).run(default_chain().load(context))
    except NoCredentialsError:
        return ["none", None]
    except CognitoIdpError:
        return ["error", None]
    finally:
        transport.close()
    return [credentials.access_key_id, credentials.session_token]


@pytest.mark.parametrize("number", range(len(SITUATIONS)), ids=[each.claim for each in SITUATIONS])
def test_botocore_finds_the_same(places: Places, botocore_found: list[list[Any]], number: int) -> None:
    """Both find the same access key and token, or none, or refuse the same settings."""
    situation = SITUATIONS[number]
    expected = [situation.expected, situation.token]
    assert expected == botocore_found[number]
    assert expected == our_find(places.environ(number, situation), situation.profile)
