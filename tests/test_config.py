"""The settings of a client: the environment comes before the profile, and errors say where a setting stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import attrs
import botocore.configloader
import botocore.exceptions
import botocore.session
import pytest

from cognito_idp import ConfigError
from cognito_idp._settings.config import Finder, Settings, profile_in_use, settings_from
from cognito_idp._settings.shared import Setting, load_config
from cognito_idp.credentials import AssumeRoleProvider, SsoProvider, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kit import Kit

NOTHING = Settings("default", False, None, None, None, None, None, None, None, None, None)


def environ_of(folder: Path, variables: dict[str, str], config: str, credentials: str = "") -> dict[str, str]:
    """Write both files, and return the variables together with those that name them."""
    (folder / "config").write_text(config)
    (folder / "credentials").write_text(credentials)
    return {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        **variables,
    }


def test_nothing_is_set(tmp_path: Path) -> None:
    """Without files and variables every setting is left to the client."""
    assert NOTHING == settings_from(environ_of(tmp_path, {}, ""))


EVERYTHING = """
[profile one]
region = eu-west-1
endpoint_url = https://profile.example.com/
use_fips_endpoint = true
use_dualstack_endpoint = false
retry_mode = adaptive
max_attempts = 7
sdk_ua_app_id = from-the-profile
ca_bundle = ~/authorities.pem
"""


def test_everything_from_the_profile(tmp_path: Path) -> None:
    """Each setting may stand in the profile."""
    found = settings_from(environ_of(tmp_path, {"HOME": "/home/mary"}, EVERYTHING), "one")
    expected = Settings(
        profile="one",
        profile_is_argument=True,
        region="eu-west-1",
        endpoint_url="https://profile.example.com",
        endpoint_url_where=f"endpoint_url of profile 'one' in {tmp_path / 'config'}, line 4",
        use_fips=True,
        use_dualstack=False,
        retry_mode="adaptive",
        max_attempts=7,
        ua_app_id="from-the-profile",
        ca_bundle=Setting(
            "/home/mary/authorities.pem", f"ca_bundle of profile 'one' in {tmp_path / 'config'}, line 10"
        ),
        region_where=f"region of profile 'one' in {tmp_path / 'config'}, line 3",
    )
    assert expected == found


def test_the_environment_comes_first(tmp_path: Path) -> None:
    """A variable counts before the profile's setting."""
    variables = {
        "HOME": "/home/mary",
        "AWS_PROFILE": "one",
        "AWS_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": "http://localhost:1234",
        "AWS_USE_FIPS_ENDPOINT": "FALSE",
        "AWS_USE_DUALSTACK_ENDPOINT": "True",
        "AWS_RETRY_MODE": "Standard",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_SDK_UA_APP_ID": "from-the-environment",
    }
    expected = Settings(
        profile="one",
        profile_is_argument=False,
        region="us-west-2",
        endpoint_url="http://localhost:1234",
        endpoint_url_where="AWS_ENDPOINT_URL in the environment",
        use_fips=False,
        use_dualstack=True,
        retry_mode="standard",
        max_attempts=1,
        ua_app_id="from-the-environment",
        ca_bundle=Setting(
            "/home/mary/authorities.pem", f"ca_bundle of profile 'one' in {tmp_path / 'config'}, line 10"
        ),
        region_where="AWS_REGION in the environment",
    )
    assert expected == settings_from(environ_of(tmp_path, variables, EVERYTHING))


def test_empty_variables_do_not_count(tmp_path: Path) -> None:
    """A variable that is set to nothing leaves it to the profile, as one that is not set."""
    names = (
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_RETRY_MODE",
        "AWS_MAX_ATTEMPTS",
        "AWS_SDK_UA_APP_ID",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
    )
    environ = environ_of(tmp_path, dict.fromkeys(names, ""), EVERYTHING)
    assert settings_from(environ_of(tmp_path, {}, EVERYTHING), "one") == settings_from(environ, "one")
    assert profile_in_use(environ, None) is None


def test_regions(tmp_path: Path) -> None:
    """`AWS_REGION` counts before `AWS_DEFAULT_REGION`, and that before the profile."""
    config = "[default]\nregion = eu-west-3\n"
    both = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}
    environs: tuple[dict[str, str], ...] = (both, {"AWS_DEFAULT_REGION": "eu-west-2"}, {})
    found = [settings_from(environ_of(tmp_path, environ, config)).region for environ in environs]
    assert ["eu-west-1", "eu-west-2", "eu-west-3"] == found


def test_a_setting_in_the_credentials_file_counts(tmp_path: Path) -> None:
    """Settings may stand in the credentials file, and count before those in the config file."""
    environ = environ_of(tmp_path, {}, "[default]\nregion = eu-west-1\n", "[default]\nregion = eu-west-2\n")
    assert settings_from(environ).region == "eu-west-2"


def test_the_mode_that_boto3_alone_has(tmp_path: Path) -> None:
    """`legacy`, as it is set for boto3, means the mode that the SDKs share."""
    assert settings_from(environ_of(tmp_path, {"AWS_RETRY_MODE": "legacy"}, "")).retry_mode == "standard"


@pytest.mark.parametrize(
    ("variables", "profile", "where"),
    [
        ({}, "two", "the profile argument"),
        ({"AWS_PROFILE": "two"}, None, "AWS_PROFILE in the environment"),
        ({"AWS_DEFAULT_PROFILE": "two", "AWS_PROFILE": "one"}, None, "AWS_DEFAULT_PROFILE in the environment"),
        ({}, "", "the profile argument"),
    ],
)
def test_a_profile_that_does_not_exist(
    tmp_path: Path, variables: dict[str, str], profile: str | None, where: str
) -> None:
    """A profile that was asked for and is in neither file is an error: who asked, and where it was looked for."""
    name = "two" if profile is None else profile
    with pytest.raises(ConfigError) as caught:
        settings_from(environ_of(tmp_path, variables, EVERYTHING, "[three]\na = b\n"), profile)
    expected = (
        f"{where} names the profile {name!r}, which does not exist: looked for [profile {name}] in "
        f"{tmp_path / 'config'}, and for [{name}] in {tmp_path / 'credentials'}"
    )
    assert expected == str(caught.value)


def test_a_profile_without_files() -> None:
    """Where the variables say that there are no files, the error says so."""
    environ = {"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": ""}
    with pytest.raises(ConfigError) as caught:
        settings_from(environ, "one")
    assert "[profile one] in no file, since AWS_CONFIG_FILE is empty" in str(caught.value)
    assert "[one] in no file, since AWS_SHARED_CREDENTIALS_FILE is empty" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "variable", "value", "problem"),
    [
        ("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", "yes", "must be true or false, not 'yes'"),
        ("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", "1", "must be true or false, not '1'"),
        (
            "ignore_configured_endpoint_urls",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "tru",
            "must be true or false, not 'tru'",
        ),
        ("retry_mode", "AWS_RETRY_MODE", "never", "must be one of standard, adaptive, off, legacy, not 'never'"),
        ("max_attempts", "AWS_MAX_ATTEMPTS", "0", "must be a whole number of at least 1, not '0'"),
        ("max_attempts", "AWS_MAX_ATTEMPTS", "-3", "must be a whole number of at least 1, not '-3'"),
        ("max_attempts", "AWS_MAX_ATTEMPTS", "many", "must be a whole number of at least 1, not 'many'"),
        ("max_attempts", "AWS_MAX_ATTEMPTS", "9" * 5000, "must be a whole number of at least 1, not '9"),
        ("endpoint_url", "AWS_ENDPOINT_URL", "example.com", "'example.com' has no scheme"),
        ("endpoint_url", "AWS_ENDPOINT_URL", "https://u:p@example.com", "has a user name or password in it"),
    ],
)
def test_values_that_cannot_be_used(tmp_path: Path, setting: str, variable: str, value: str, problem: str) -> None:
    """A value of the wrong kind is an error that names the variable, or the setting's profile, file and line."""
    with pytest.raises(ConfigError) as caught:
        settings_from(environ_of(tmp_path, {variable: value}, ""))
    assert str(caught.value).startswith(f"{variable} in the environment ")
    assert problem in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        settings_from(environ_of(tmp_path, {}, f"[profile one]\n{setting} = {value}\n"), "one")
    assert str(caught.value).startswith(f"{setting} of profile 'one' in {tmp_path / 'config'}, line 2 ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("[default]\nservices = mine\n", "names [services mine], which does not exist there or is empty"),
        (
            "[default]\nservices = mine\n[services mine]\n",
            "names [services mine], which does not exist there or is empty",
        ),
        (
            "[default]\nservices = mine\n[services mine]\ncognito_identity_provider = https://example.com\n",
            "cognito_identity_provider of [services mine] in {file}, line 4 must be a block of settings",
        ),
        (
            "[default]\nservices = mine\n[services mine]\ncognito_identity_provider =\n  endpoint_url = x\n",
            "endpoint_url in cognito_identity_provider of [services mine] in {file}, line 5 'x' has no scheme",
        ),
        ("[default]\nservices =\n  a = b\n", "services of profile 'default' in {file}, line 3 must be a single value"),
    ],
)
def test_services_that_cannot_be_used(tmp_path: Path, config: str, problem: str) -> None:
    """A `services` section that is missing, or says something else than a URL, is an error that names it."""
    with pytest.raises(ConfigError) as caught:
        settings_from(environ_of(tmp_path, {}, config))
    assert problem.format(file=tmp_path / "config") in str(caught.value)


def where(folder: Path, setting: str, line: int) -> str:
    """Return what an error says of a setting of the profile `one` that seems to have a comment."""
    place = f"{setting} of profile 'one' in {folder / 'config'}, line {line}"
    return f"{place} (where a comment needs a line of its own)"


@pytest.mark.parametrize("comment", ["  # home", "\t; home", " #", " ;x"])
def test_a_region_with_a_comment(kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comment: str) -> None:
    """A comment after a region is part of it, as in boto3; the error names profile, file and line, and says so."""
    config = f"[profile one]\noutput = json\nregion = eu-west-1{comment}\n"
    for name, value in environ_of(tmp_path, {"AWS_PROFILE": "one"}, config).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(botocore.exceptions.InvalidRegionError):
        botocore.session.Session().create_client("cognito-idp")
    with pytest.raises(ConfigError) as caught:
        kit.client(None)
    shown = f"'eu-west-1{comment}'".replace("\t", "\\t")
    said = f"{where(tmp_path, 'region', 3)} {shown} can't be part of a host name; a region looks like 'eu-west-1'"
    assert said == str(caught.value)
    assert "eu-west-3" == kit.client("eu-west-3").region


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("use_fips_endpoint", "true", "must be true or false, not 'true ; x'"),
        ("use_dualstack_endpoint", "false", "must be true or false, not 'false ; x'"),
        ("ignore_configured_endpoint_urls", "true", "must be true or false, not 'true ; x'"),
        ("retry_mode", "standard", "must be one of standard, adaptive, off, legacy, not 'standard ; x'"),
        ("max_attempts", "3", "must be a whole number of at least 1, not '3 ; x'"),
        ("endpoint_url", "https://example.com", "'https://example.com ; x' has characters that must be"),
        ("services", "mine", "names [services mine ; x], which does not exist there"),
        ("sdk_ua_app_id", "app", "must not contain white space, as in 'app ; x'"),
    ],
)
def test_a_comment_after_a_value(tmp_path: Path, setting: str, value: str, problem: str) -> None:
    """A comment after a value is part of it; the error names profile, file and line, and says so."""
    config = f"[services mine]\na = b\n[profile one]\n{setting} = {value} ; x\n"
    with pytest.raises(ConfigError) as caught:
        settings_from(environ_of(tmp_path, {}, config), "one")
    assert f"{where(tmp_path, setting, 4)} {problem}" in str(caught.value)


PASSED_OVER = {
    "[profile Single'Quote]": "has a quote or a backslash that nothing follows",
    '[sso-session "open]': "has a quote or a backslash that nothing follows",
    "[services back\\]": "has a quote or a backslash that nothing follows",
    "[profile two words]": "needs one name after profile; enclose a name with white space in double quotes",
    "[profile]": "needs one name after profile",
    "[profile:x]": "needs one name after profile",
    "[sso-session]": "needs one name after sso-session",
    "[sso_session x]": "is neither [default] nor [profile NAME]",
    "[Profile x]": "is neither [default] nor [profile NAME]",
    "[ profile x]": "is neither [default] nor [profile NAME]",
    "[ default ]": "is neither [default] nor [profile NAME]",
    "[Default]": "is neither [default] nor [profile NAME]",
    "[[profile x]]": "is neither [default] nor [profile NAME]",
    "[default] # see [1]": "is neither [default] nor [profile NAME]",
}


@pytest.mark.parametrize("header", PASSED_OVER)
def test_a_header_that_cannot_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture, header: str) -> None:
    """A section that boto3 passes over is passed over with a warning, and errors about what is missing name it."""
    environ = environ_of(tmp_path, {}, f"[default]\nregion = eu-west-1\n\n{header}\nregion = eu-west-2\n")
    theirs: Any = botocore.configloader.load_config(environ["AWS_CONFIG_FILE"])
    assert theirs["profiles"] == load_config(environ).config_profiles
    assert "eu-west-1" == settings_from(environ).region
    hint = " (where a comment needs a line of its own)" if "#" in header else ""
    shown = f"line 4{hint}, [{header[1 : header.rindex(']')]}], {PASSED_OVER[header]}"
    (record, *_) = caplog.records
    assert f"a section of {tmp_path / 'config'} is passed over: {shown}" in record.getMessage()
    with pytest.raises(ConfigError) as caught:
        settings_from(environ, "Single'Quote")
    assert f"in {tmp_path / 'config'} (passed over there: {shown}" in str(caught.value)


@pytest.mark.parametrize("setting", ["services", "source_profile", "sso_session"])
def test_a_section_that_is_missing(kit: Kit, tmp_path: Path, setting: str) -> None:
    """Where a setting names a section that does not exist, the error lists the headers that can't be read."""
    kind = {"services": "services", "source_profile": "profile", "sso_session": "sso-session"}[setting]
    config = f"[default]\nrole_arn = r\nsso_role_name = r\n{setting} = a'b\n[{kind} a'b]\n"
    environ = environ_of(tmp_path, {}, config)
    provider: Any = SsoProvider() if setting == "sso_session" else AssumeRoleProvider((), {})
    with pytest.raises(ConfigError) as caught:
        kit.flow(provider.load(make_context(environ, clock=lambda: 0.0, random=lambda: 0.0)))
    assert f"(passed over there: line 5, [{kind} a'b], has a quote or a backslash that nothing" in str(caught.value)


def test_sections_of_other_programs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A section that is not for us is no reason to warn, but where a profile is missing it may be meant."""
    environ = environ_of(tmp_path, {}, "[plugins]\ncli = x\n[two]\nregion = x\n")
    assert settings_from(environ).region is None
    assert [] == caplog.records
    with pytest.raises(ConfigError, match=r"line 3, \[two\], is neither \[default\] nor \[profile NAME\]"):
        settings_from(environ, "two")


def test_many_sections_that_are_passed_over(tmp_path: Path) -> None:
    """An error names five sections at most."""
    environ = environ_of(tmp_path, {}, "".join(f"[s{number}]\n" for number in range(6)))
    with pytest.raises(ConfigError) as caught:
        settings_from(environ, "two")
    assert "line 5, [s4]," in str(caught.value)
    assert "; ...)" in str(caught.value)
    assert "s5" not in str(caught.value)


@pytest.mark.parametrize("text", ["\ufeff[{}]\r\n", "[{}]\t# x\r\n", "\t[{}]\n", "[{}]\n[{}]\n"])
@pytest.mark.parametrize("header", ["profile\tone", "profile  one", 'profile "one"', "profile one\t"])
def test_headers_that_can_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, header: str) -> None:
    """Tabs, quotes, a byte order mark, line ends of Windows and repetition change nothing."""
    environ = environ_of(tmp_path, {}, "")
    (tmp_path / "config").write_text(f"{text.replace('{}', header)}region = eu-west-1\n", encoding="utf-8", newline="")
    assert "eu-west-1" == settings_from(environ, "one").region
    assert [] == caplog.records


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("localstack", {"localstack"}),
        ("LocalStack, ministack ,10.0.0.7", {"localstack", "ministack", "10.0.0.7"}),
        ("fd00:0::7", {"fd00::7"}),
        ("idp.internal.example", {"idp.internal.example"}),
    ],
)
def test_hosts_for_plain_http(tmp_path: Path, text: str, hosts: set[str]) -> None:
    """The variable names hosts, or else the line of the profile does."""
    config = f"[default]\ncognito_idp_allow_http = {text}\n"
    assert hosts == settings_from(environ_of(tmp_path, {}, config)).http_hosts
    assert {"other"} == settings_from(environ_of(tmp_path, {"COGNITO_IDP_ALLOW_HTTP": "other"}, config)).http_hosts
    assert hosts == settings_from(environ_of(tmp_path, {"COGNITO_IDP_ALLOW_HTTP": text}, "")).http_hosts


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("*", "*"),
        ("*.example.com", "*.example.com"),
        ("localstack,", ""),
        ("localstack;ministack", "localstack;ministack"),
        ("localstack ministack", "localstack ministack"),
        ("localstack # x", "localstack # x"),
        ("localstack:4566", "localstack:4566"),
        ("http://localstack", "http://localstack"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("[fd00::7]", "[fd00::7]"),
        ("0", "0"),
        ("1", "1"),
        ("true", "true"),
        ("localstack,False", "False"),
        ("all", "all"),
        (".", "."),
    ],
)
def test_entries_that_are_no_hosts(tmp_path: Path, text: str, entry: str) -> None:
    """An entry that is no host, such as a pattern or a switch, is an error that says where it is."""
    with pytest.raises(ConfigError) as caught:
        settings_from(environ_of(tmp_path, {"COGNITO_IDP_ALLOW_HTTP": text}, ""))
    assert str(caught.value).startswith(
        "COGNITO_IDP_ALLOW_HTTP in the environment must name hosts, such as 'localstack'"
    )
    assert str(caught.value).endswith(f"{entry!r} is not the name or the address of a host")
    with pytest.raises(ConfigError, match=r"cognito_idp_allow_http of profile 'default' in .*config, line 2"):
        settings_from(environ_of(tmp_path, {}, f"[default]\ncognito_idp_allow_http = {text}\n"))


def test_other_services_have_urls_of_their_own(tmp_path: Path) -> None:
    """The URL of each service is found by its id."""
    config = "[default]\nservices = mine\n[services mine]\nsso_oidc =\n  endpoint_url = https://oidc.example.com\n"
    environ = environ_of(tmp_path, {"AWS_ENDPOINT_URL_STS": "https://sts.example.com"}, config)
    finder = Finder(environ, load_config(environ), "default")
    found = [finder.endpoint_url(service) for service in ("STS", "SSO OIDC", "SSO")]
    assert ["https://sts.example.com", "https://oidc.example.com", None] == [each and each.text for each in found]


@attrs.frozen(kw_only=True)
class Situation:
    """Variables and a config file, and the settings that must be found."""

    claim: str
    environ: dict[str, str] = attrs.field(factory=dict)
    config: str = ""
    profile: str | None = None
    region: str | None = "eu-west-1"
    url: str | None = None
    use_fips: bool | None = None
    use_dualstack: bool | None = None
    max_attempts: int | None = None
    app_id: str | None = None


SERVICE_VARIABLE = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "https://service.example.com"}
GLOBAL_VARIABLE = {"AWS_ENDPOINT_URL": "https://global.example.com"}
PROFILE_URL = "endpoint_url = https://profile.example.com\n"
SERVICES = "[services mine]\ncognito_identity_provider =\n  endpoint_url = https://services.example.com\n"
OTHERS = "[services mine]\nsts =\n  endpoint_url = https://sts.example.com\n"
# botocore knows AWS_DEFAULT_REGION alone.
SITUATIONS = [
    Situation(claim="nothing", region=None),
    Situation(claim="region from the environment", environ={"AWS_DEFAULT_REGION": "eu-west-2"}, region="eu-west-2"),
    Situation(claim="region from the profile", config="[default]\nregion = eu-west-2\n", region="eu-west-2"),
    Situation(
        claim="region of a profile of the environment",
        environ={"AWS_PROFILE": "one"},
        config="[default]\nregion = eu-west-2\n[profile one]\nregion = eu-west-3\n",
        region="eu-west-3",
    ),
    Situation(
        claim="region of a named profile",
        environ={"AWS_PROFILE": "one"},
        config="[profile one]\nregion = eu-west-2\n[profile two]\nregion = eu-west-3\n",
        profile="two",
        region="eu-west-3",
    ),
    Situation(
        claim="region of both profiles' variables",
        environ={"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "two"},
        config="[profile one]\nregion = eu-west-2\n[profile two]\nregion = eu-west-3\n",
        region="eu-west-3",
    ),
    Situation(
        claim="the service's variable comes first",
        environ={**SERVICE_VARIABLE, **GLOBAL_VARIABLE},
        config=f"[default]\nregion = eu-west-1\nservices = mine\n{PROFILE_URL}{SERVICES}",
        url="https://service.example.com",
    ),
    Situation(
        claim="then the one for all services",
        environ=GLOBAL_VARIABLE,
        config=f"[default]\nregion = eu-west-1\nservices = mine\n{PROFILE_URL}{SERVICES}",
        url="https://global.example.com",
    ),
    Situation(
        claim="then the profile's services",
        config=f"[default]\nregion = eu-west-1\nservices = mine\n{PROFILE_URL}{SERVICES}",
        url="https://services.example.com",
    ),
    Situation(
        claim="then the profile",
        config=f"[default]\nregion = eu-west-1\nservices = mine\n{PROFILE_URL}{OTHERS}",
        url="https://profile.example.com",
    ),
    Situation(
        claim="services that the profile does not name",
        config=f"[default]\nregion = eu-west-1\n{SERVICES}",
    ),
    Situation(
        claim="all of them ignored by a variable",
        environ={**SERVICE_VARIABLE, **GLOBAL_VARIABLE, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        config=f"[default]\nregion = eu-west-1\nservices = mine\n{PROFILE_URL}{SERVICES}",
    ),
    Situation(
        claim="all of them ignored by the profile",
        environ=SERVICE_VARIABLE,
        config=f"[default]\nregion = eu-west-1\nignore_configured_endpoint_urls = TRUE\n{PROFILE_URL}",
    ),
    Situation(
        claim="a variable says not to ignore them",
        environ={"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"},
        config=f"[default]\nregion = eu-west-1\nignore_configured_endpoint_urls = true\n{PROFILE_URL}",
        url="https://profile.example.com",
    ),
    Situation(
        claim="FIPS from the environment",
        environ={"AWS_USE_FIPS_ENDPOINT": "True"},
        config="[default]\nregion = eu-west-1\nuse_fips_endpoint = false\n",
        use_fips=True,
    ),
    Situation(
        claim="FIPS and dual-stack from the profile",
        config="[default]\nregion = eu-west-1\nuse_fips_endpoint = true\nuse_dualstack_endpoint = False\n",
        use_fips=True,
        use_dualstack=False,
    ),
    Situation(
        claim="dual-stack from the environment",
        environ={"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        config="[default]\nregion = eu-west-1\n",
        use_dualstack=True,
    ),
    Situation(
        claim="attempts from the environment",
        environ={"AWS_MAX_ATTEMPTS": "5"},
        config="[default]\nregion = eu-west-1\nmax_attempts = 7\n",
        max_attempts=5,
    ),
    Situation(
        claim="attempts from the profile",
        config="[default]\nregion = eu-west-1\nmax_attempts = 7\n",
        max_attempts=7,
    ),
    Situation(
        claim="the application's id",
        environ={"AWS_SDK_UA_APP_ID": "mine"},
        config="[default]\nregion = eu-west-1\nsdk_ua_app_id = theirs\n",
        app_id="mine",
    ),
    Situation(
        claim="the application's id in the profile",
        config="[default]\nregion = eu-west-1\nsdk_ua_app_id = theirs\n",
        app_id="theirs",
    ),
]

_BOTOCORE = """
import json, os, sys
import botocore.session
found = []
for profile, environ in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environ)
    session = botocore.session.Session(profile=profile)
    get = session.get_config_variable
    custom = None
    if get("region") is not None:
        client = session.create_client("cognito-idp", aws_access_key_id="a", aws_secret_access_key="s")
        custom = client.meta.endpoint_url
        custom = custom if custom.endswith("example.com") else None
    names = ("use_fips_endpoint", "use_dualstack_endpoint", "max_attempts", "user_agent_appid")
    found.append([get("region"), custom, *(get(name) for name in names)])
json.dump(found, sys.stdout)
"""


def _environ(folder: Path, number: int, situation: Situation) -> dict[str, str]:
    (folder / str(number)).mkdir(exist_ok=True)
    variables = {"PATH": os.environ.get("PATH", ""), "AWS_EC2_METADATA_DISABLED": "true", **situation.environ}
    return environ_of(folder / str(number), variables, situation.config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder for the files of all situations."""
    return tmp_path_factory.mktemp("situations")


@pytest.fixture(scope="module")
def botocore_found(folder: Path) -> list[list[Any]]:
    """Ask botocore about every situation, in one process."""
    asked = [(each.profile, _environ(folder, number, each)) for number, each in enumerate(SITUATIONS)]
    done = subprocess.run(
        [sys.executable, "-c", _BOTOCORE], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    found: list[list[Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("number", range(len(SITUATIONS)), ids=[each.claim for each in SITUATIONS])
def test_botocore_finds_the_same(folder: Path, botocore_found: list[list[Any]], number: int) -> None:
    """Both find the same region, endpoint URL and other settings."""
    each = SITUATIONS[number]
    expected = [each.region, each.url, each.use_fips, each.use_dualstack, each.max_attempts, each.app_id]
    assert expected == botocore_found[number]
    ours = settings_from(_environ(folder, number, each), each.profile)
    found = [ours.region, ours.endpoint_url, ours.use_fips, ours.use_dualstack, ours.max_attempts, ours.ua_app_id]
    assert expected == found


def test_nothing_is_read_on_import() -> None:
    """Importing the module reads no file and no variable, and loads no parser of the standard library's."""
    program = (
        "import sys\n"
        "import cognito_idp._settings.config\n"
        "print('configparser' in sys.modules, 'shlex' in sys.modules, 'pathlib' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False False False\n"
