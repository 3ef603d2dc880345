"""The chain asks one provider after the other, and says what each of them answered."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

import cognito_idp.credentials
from cognito_idp import Client, ConfigError, Credentials, CredentialsError, NoCredentialsError
from cognito_idp.credentials import (
    AssumeRoleProvider,
    Context,
    EnvironmentProvider,
    FunctionProvider,
    NotConfigured,
    ProviderChain,
    default_chain,
)

from .support import MARK, SECRET, assert_no_secret, context_of

if TYPE_CHECKING:
    from pathlib import Path

    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

KEYS = Credentials("AKIDMINE", SECRET)


class Vault:
    """A provider as a user may write it: it answers as it is told to."""

    name = "vault"

    def __init__(self, answer: Credentials | Exception) -> None:
        self.answer = answer
        self.asked = 0

    def load(self, context: Context) -> Flow[Credentials]:
        """Answer."""
        assert context.profile == "default"
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer
        yield


async def from_a_coroutine() -> Credentials:
    """Return credentials."""
    return KEYS


def test_the_order_is_that_of_boto3() -> None:
    """The default chain asks in boto3's order; its places that predate the shared files are left out."""
    import botocore.credentials
    import botocore.session

    ours = {
        "environment": "env",
        "assume-role": "assume-role",
        "assume-role-with-web-identity": "assume-role-with-web-identity",
        "sso": "sso",
        "shared credentials file": "shared-credentials-file",
        "login": "login",
        "credential_process": "custom-process",
        "shared config file": "config-file",
        "container": "container-role",
        "instance metadata (IMDSv2)": "iam-role",
    }
    resolver = botocore.credentials.create_credential_resolver(botocore.session.Session())
    theirs = [provider.METHOD for provider in resolver.providers]
    assert {"ec2-credentials-file", "boto-config"} == set(theirs) - set(ours.values())
    assert [method for method in theirs if method in ours.values()] == [
        ours[provider.name] for provider in default_chain().providers
    ]


def test_every_answer_is_listed(kit: Kit, tmp_path: Path) -> None:
    """Where nothing is found, the error has one line for each provider: what it looked for, and where."""
    context = context_of(tmp_path, {"AWS_EC2_METADATA_DISABLED": "true"})
    with pytest.raises(NoCredentialsError) as caught:
        kit.flow(default_chain().load(context))
    lines = str(caught.value).splitlines()
    assert lines[0] == "no credentials found; the providers answered:"
    assert [f"  {provider.name}: " for provider in default_chain().providers] == [
        f"{line.partition(': ')[0]}: " for line in lines[1:]
    ]
    assert lines[1] == "  environment: AWS_ACCESS_KEY_ID is not set"
    expected = f"  shared config file: no aws_access_key_id for profile 'default' in {tmp_path / 'config'}"
    assert expected in lines
    assert lines[-1] == "  instance metadata (IMDSv2): AWS_EC2_METADATA_DISABLED is true"


def test_the_first_one_that_applies_ends_the_search(kit: Kit, tmp_path: Path) -> None:
    """Providers after the one that gave credentials are not asked."""
    first, second, third = Vault(NotConfigured("no")), Vault(KEYS), Vault(Credentials("AKIDOTHER", SECRET))
    assert KEYS == kit.flow(ProviderChain([first, second, third]).load(context_of(tmp_path)))
    assert (1, 1, 0) == (first.asked, second.asked, third.asked)


def test_a_failure_ends_the_search(kit: Kit, tmp_path: Path) -> None:
    """A provider that applies and fails stops the chain: another identity would be no help."""
    chain = ProviderChain([Vault(CredentialsError("the vault is sealed")), Vault(KEYS)])
    with pytest.raises(CredentialsError, match=r"^the vault is sealed$"):
        kit.flow(chain.load(context_of(tmp_path)))


def test_chains_may_stand_in_chains(kit: Kit, tmp_path: Path) -> None:
    """The providers of an inner chain are those of the outer one."""
    inner = ProviderChain([EnvironmentProvider(), Vault(NotConfigured("not here"))])
    with pytest.raises(NoCredentialsError) as caught:
        kit.flow(ProviderChain([inner, Vault(NoCredentialsError("nor there"))]).load(context_of(tmp_path)))
    expected = ["environment: AWS_ACCESS_KEY_ID is not set", "vault: not here", "vault: nor there"]
    assert expected == [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_credentials_may_stand_in_a_chain(kit: Kit, tmp_path: Path) -> None:
    """Credentials at the end of a chain are what is left."""
    assert KEYS == kit.flow(ProviderChain([EnvironmentProvider(), KEYS]).load(context_of(tmp_path)))


def test_a_plain_function_is_a_provider(kit: Kit, tmp_path: Path) -> None:
    """A function that returns credentials may stand in a chain; one that returns None does not apply."""
    assert KEYS == kit.flow(ProviderChain([lambda: None, lambda: KEYS]).load(context_of(tmp_path)))


@pytest.mark.parametrize("kit", ["asyncio", "trio"], indirect=True)
def test_an_async_function_is_a_provider(kit: Kit, tmp_path: Path) -> None:
    """An async client awaits an async function."""
    assert KEYS == kit.flow(ProviderChain([from_a_coroutine]).load(context_of(tmp_path)))


@pytest.mark.parametrize("kit", ["sync"], indirect=True)
def test_a_sync_client_refuses_an_async_function(kit: Kit, tmp_path: Path) -> None:
    """A sync client says which function it can't await."""
    with pytest.raises(ConfigError, match=r"a sync client got an async function \(from_a_coroutine\)"):
        kit.flow(ProviderChain([from_a_coroutine]).load(context_of(tmp_path)))


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda: MARK, "<lambda> returned str, not Credentials"),
        (lambda: {"a": "b"}[MARK], "<lambda> raised KeyError"),
    ],
)
def test_a_function_that_fails(kit: Kit, tmp_path: Path, function: Any, text: str) -> None:
    """What a function raises or returns by mistake is an error that names it, and does not show what it was."""
    with pytest.raises(CredentialsError, match=text) as caught:
        kit.flow(FunctionProvider(function).load(context_of(tmp_path)))
    assert MARK not in str(caught.value)


def test_an_error_of_ours_keeps_its_meaning(kit: Kit, tmp_path: Path) -> None:
    """A function may raise the library's own errors, `NotConfigured` among them."""

    def not_here() -> Credentials:
        msg = "not on this machine"
        raise NotConfigured(msg)

    with pytest.raises(NoCredentialsError, match="not_here: not on this machine"):
        kit.flow(ProviderChain([not_here]).load(context_of(tmp_path)))


def test_what_cannot_be_a_provider() -> None:
    """Something else is refused when the chain is made."""
    with pytest.raises(ConfigError, match="str is not a credential provider"):
        ProviderChain(["AKID"])  # type: ignore[list-item]
    given: Any
    for given in (("hunter1", "hunter2"), ["hunter1", "hunter2"], {"aws_access_key_id": "hunter1"}, "hunter1"):
        with pytest.raises(ConfigError, match=r"pass Credentials\(access_key_id, secret_access_key\)$") as caught:
            Client("eu-west-1", credentials=given)
        assert "hunter" not in str(caught.value)


def test_a_source_profile_and_a_place_are_loaded_by_the_chain(tmp_path: Path) -> None:
    """The chain hands the providers for `source_profile` and `credential_source` to that of roles."""
    chain = default_chain(lambda serial: serial)
    late: Any = chain.providers[1]
    role = late._provider()
    assert isinstance(role, AssumeRoleProvider)
    places = ["EcsContainer", "Ec2InstanceMetadata", "Environment"]
    assert sorted(places) == sorted(role._sources)
    context = context_of(
        tmp_path, config="[default]\nrole_arn = arn:aws:iam::111122223333:role/x\ncredential_source = X\n"
    )
    flow = role.load(context)
    with pytest.raises(ConfigError, match=", ".join(sorted(places))):
        next(flow)


def test_no_secret_is_shown(kit: Kit, tmp_path: Path) -> None:
    """Neither a context nor an error of the chain shows what stands in the files and variables."""
    variables = {"AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}
    context = context_of(tmp_path, variables, credentials=f"[default]\naws_secret_access_key = {SECRET}\n")
    assert f"{context!r}{context.config!r}{context.finder!r}{KEYS!r}".find(MARK) == -1
    with pytest.raises(NoCredentialsError) as caught:
        kit.flow(default_chain().load(context))
    assert_no_secret(caught.value)


def test_public_names_can_be_had() -> None:
    """Every name that the package offers is there, and listed by `dir`."""
    names = import_module("cognito_idp.credentials").__all__
    assert names == [name for name in names if getattr(cognito_idp.credentials, name) is not None]
    assert set() == set(names) - set(dir(cognito_idp.credentials))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = cognito_idp.credentials.Nothing  # type: ignore[attr-defined]


def test_providers_are_imported_when_they_are_asked() -> None:
    """A chain that ends at the environment has not imported the providers after it."""
    program = (
        "import sys\n"
        "from cognito_idp.credentials import CachedCredentials\n"
        "from cognito_idp._flow.drive import Driver\n"
        "Driver(None).run(CachedCredentials().get())\n"
        "print(sorted(name for name in sys.modules if name.startswith('cognito_idp.credentials.')))\n"
        "print('configparser' in sys.modules, 'shlex' in sys.modules, 'httpx' in sys.modules)\n"
    )
    keys = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}
    environ = {**keys, "HOME": "/nowhere", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    ours, theirs = done.stdout.splitlines()
    names = ("cache", "chain", "environment", "provider", "temporary", "types")
    assert str([f"cognito_idp.credentials.{name}" for name in names]) == ours
    assert theirs == "False False False"
