"""The shared config and credentials files are read as boto3 reads them, and errors show nothing of what is in them."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, Any

import botocore.configloader
import botocore.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import Client, ConfigError, Credentials, NoCredentialsError
from cognito_idp._settings.config import settings_from
from cognito_idp._settings.files import expanded, read_file
from cognito_idp._settings.ini import parse_ini
from cognito_idp._settings.shared import load_config
from cognito_idp.credentials import CachedCredentials, ConfigFileProvider
from cognito_idp.errors import NoRegionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = "SecretMark"

TEXTS = {
    "empty": "",
    "no line break at the end": "[default]\nregion = eu-west-1",
    "blanks around": "[default]\n   region   =   eu-west-1   \n",
    "colon": "[default]\nregion: eu-west-1\nurl = https://example.com:1/\nother:a=b\n",
    "capitals": "[default]\nREGION = EU-west-1\n",
    "empty values": "[default]\nregion =\noutput=\n",
    "values with blanks": "[profile one]\ncredential_process = /a b/c --d 'e f' # g\n",
    "comments": "# a\n; b\n[default]\n  # c\nregion = eu-west-1 ; kept\n#output = json\n",
    "after the header": "[default] # what follows a header is no part of it\nregion = eu-west-1\n",
    "indented section": "  [default]\n  region = eu-west-1\n  output = json\n",
    "indented header goes on": "[default]\nregion = eu-west-1\n  [profile one]\n",
    "quotes": '[profile "a b"]\na = 1\n[profile \'c d\']\na = 2\n[profile e\\ f]\na = 3\n[profile "g]\na = 4\n',
    "words": "[profile]\na = 1\n[profile b c]\na = 2\n[profiles d]\na = 3\n[other e]\na = 4\n[preview]\na = 5\n",
    "kinds": "[sso-session a]\nsso_region = x\n[services b]\ns3 =\n  endpoint_url = x\n[profile c]\nservices = b\n",
    "default twice": "[default]\na = 1\n[profile default]\nb = 2\n",
    "default twice, turned": "[profile default]\na = 1\n[default]\nb = 2\n",
    "for all": "[DEFAULT]\na = 1\nb = 2\n[default]\nb = 3\n[profile one]\nc = 4\n",
    "block": "[default]\ns3 =\n  max_queue_size = 1\n\n  # comment\n  other=a=b\n\tTab = x\nregion = eu-west-1\n",
    "block at the end": "[default]\ns3 =\n  a = 1\n",
    "empty block": "[default]\ns3 =\n\n\nregion = eu-west-1\n",
    "text over lines": "[default]\na = b\n  c\n\n  d\ne = f\n",
    "windows": "[default]\r\nregion = eu-west-1\r\ns3 =\r\n  a = 1\r\n",
    "old mac": "[default]\rregion = eu-west-1\r",
    "other letters": "[profile größe]\nname = Zoë ☂\n",
    "nested brackets": "[profile a]b]\nc = 1\n",
    "no section": "region = eu-west-1\n",
    "no setting": "[default]\nregion\n",
    "no name": "[default]\n= eu-west-1\n",
    "block without an equals sign": "[default]\ns3 =\n  a\n",
    "empty header": "[]\na = 1\n",
    "open header": "[default\na = 1\n",
}
LINES = [line for text in TEXTS.values() for line in text.splitlines()]


def environ_of(folder: Path, config: str | bytes = "", credentials: str | bytes = "") -> dict[str, str]:
    """Write both files, and return the variables that name them."""
    for name, content in (("config", config), ("credentials", credentials)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
    }


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_both_files_are_read_as_botocore_reads_them(tmp_path: Path, text: str) -> None:
    """The same text gives the same profiles, SSO sessions and services, or is refused by both."""
    environ = environ_of(tmp_path, text, text)
    try:
        theirs: Any = botocore.configloader.load_config(environ["AWS_CONFIG_FILE"])
        raw: Any = botocore.configloader.raw_config_parse(environ["AWS_SHARED_CREDENTIALS_FILE"])
    except botocore.exceptions.ConfigParseError:
        with pytest.raises(ConfigError):
            load_config(environ)
        return
    ours = load_config(environ)
    assert theirs["profiles"] == ours.config_profiles
    assert theirs["sso_sessions"] == ours.sso_sessions
    assert theirs["services"] == ours.services
    assert raw == ours.credentials_profiles


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_lines_in_any_order(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Whatever stands on the lines, both read the same or refuse, but for what stands there twice."""
    path = tmp_path_factory.getbasetemp() / "lines"
    path.write_text("\n".join(lines), encoding="utf-8")
    theirs: Any
    try:
        theirs = botocore.configloader.raw_config_parse(str(path))
    except botocore.exceptions.ConfigParseError as error:
        if "already exists" in str(error.kwargs["error"]):
            return
        theirs = ConfigError
    ours: Any
    try:
        ours = parse_ini(path.read_text(encoding="utf-8"), "lines")
    except ConfigError:
        ours = ConfigError
    assert theirs == ours


def test_what_comes_twice_is_merged() -> None:
    """A section that comes twice is one, and of a setting that comes twice the later counts."""
    text = "[a]\nx = 1\ny = 2\nx = 3\n[b]\nz = 4\n[a]\ny = 5\n"
    assert {"a": {"x": "3", "y": "5"}, "b": {"z": "4"}} == parse_ini(text, "file")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """A mark that some Windows editors write at the beginning is no part of the first line."""
    config = load_config(environ_of(tmp_path, b"\xef\xbb\xbf[default]\nregion = eu-west-1\n"))
    assert {"default": {"region": "eu-west-1"}} == config.config_profiles


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"[default]\na = 1\n{MARK}\n", "line 3, section [default]: not a `setting = value`, a [section] or a comment"),
        (f"\n[a]\n[b]\n= {MARK}\n", "line 4, section [b]: not a `setting = value`, a [section] or a comment"),
        (f"[c]\ns3 =\n  a = {MARK}\n\n  {MARK}\n", "line 5, section [c]: not a `setting = value`, a [section] or a"),
        (f"# comment\n{MARK} = 1\n[default]\n", "line 2: a setting before the first [section]"),
        (f"[default]\na = {MARK}\nb = \udcff\n", "line 3: not UTF-8"),
    ],
)
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_an_error_names_the_line_and_shows_nothing_of_it(tmp_path: Path, text: str, problem: str, name: str) -> None:
    """A malformed line is named by file, number and section; what stands there, or anywhere else, is not shown."""
    environ = environ_of(tmp_path, **{name: text.encode("utf-8", "surrogateescape")})
    with pytest.raises(ConfigError) as caught:
        load_config(environ)
    assert str(caught.value).startswith(f"{tmp_path / name}, {problem}")
    assert MARK not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("name", ["region", "max_attempts", "use_fips_endpoint", "cognito_idp_allow_http", "services"])
@pytest.mark.parametrize("file", ["config", "credentials"])
def test_the_next_line_is_not_shown_with_a_setting(tmp_path: Path, name: str, file: str) -> None:
    """A secret in an indented line belongs to the setting before it, and is not shown as a wrong value of that."""
    text = f"[default]\n{name} = x\n  aws_secret_access_key = {MARK}\n"
    environ = environ_of(tmp_path, **{file: text.encode()})
    with pytest.raises(ConfigError) as caught:
        settings_from(environ, None, load_config(environ))
    place = f"{name} of profile 'default' in {tmp_path / file}, line 2"
    assert f"{place} goes on over several lines; a setting of its own must not be indented" == str(caught.value)


KEYS = ("aws_secret_access_key = ", "AWS_SESSION_TOKEN=", "aws_security_token: ", "AUTHORIZATION_TOKEN=")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("before", ["x", "x ", "x # y "])
@pytest.mark.parametrize("name", ["region", "max_attempts", "endpoint_url", "sdk_ua_app_id", "services"])
def test_a_key_on_the_line_of_another_setting(tmp_path: Path, name: str, before: str, key: str) -> None:
    """Where a line break is missing, the key isn't shown as a part of the setting before it, in files and variables."""
    environ = environ_of(tmp_path, f"[default]\n{name} = {before}{key}{MARK}\n")
    variables = {"region": "AWS_REGION", "max_attempts": "AWS_MAX_ATTEMPTS", "endpoint_url": "AWS_ENDPOINT_URL"}
    with pytest.raises(ConfigError) as in_file:
        settings_from(environ)
    with pytest.raises(ConfigError) as in_environment:
        settings_from({variables.get(name, "AWS_PROFILE"): f"{before}{key}{MARK}"})
    problem = f"goes on with {key.strip(' =:')} on the same line; each needs a line of its own"
    for caught in (in_file, in_environment):
        assert str(caught.value).endswith(problem)
        assert MARK not in f"{caught.value!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_DEFAULT_PROFILE"])
def test_a_key_in_a_variable(name: str) -> None:
    """Where a line break is missing in a list of variables, the key is not shown as a part of the one before it."""
    with pytest.raises(ConfigError) as caught:
        settings_from({name: f"/home/me/configAWS_SECRET_ACCESS_KEY={MARK}"})
    problem = "goes on with AWS_SECRET_ACCESS_KEY on the same line; each needs a line of its own"
    assert f"{name} in the environment {problem}" == str(caught.value)


def test_a_key_in_a_header(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where a line break is missing after a header, neither a warning nor an error nor a repr shows the key in it."""
    text = f"[profile x aws_secret_access_key = {MARK}]\na = 1\n"
    config = load_config(environ_of(tmp_path, text, text))
    shown = "line 1, [profile x aws_secret_access_key =...], needs one name after profile"
    assert shown in caplog.text
    assert shown in config.config_place
    assert MARK not in f"{caplog.text} {config.config_place} {config!r}"
    with pytest.raises(ConfigError, match=r"section \[profile x aws_secret_access_key =\.\.\.\]: not a") as caught:
        load_config(environ_of(tmp_path, f"{text}b\n"))
    assert MARK not in str(caught.value)


def test_the_name_of_a_key_in_a_path(tmp_path: Path) -> None:
    """What only looks like the name of a key is no missing line break, and neither is a command's own argument."""
    path, command = "/run/aws_session_token/file", "program --aws_session_token=none"
    text = f"[default]\nca_bundle = {path}\ncredential_process = {command}\n"
    config = load_config(environ_of(tmp_path, text))
    found = [config.setting("default", name) for name in ("ca_bundle", "credential_process")]
    assert [path, command] == [setting and setting.text for setting in found]


def test_a_command_may_go_on_over_several_lines(tmp_path: Path) -> None:
    """Line breaks separate the words of a command as blanks do."""
    config = load_config(environ_of(tmp_path, "[default]\ncredential_process = program\n  --option\n"))
    setting = config.setting("default", "credential_process")
    assert setting is not None
    assert "program\n--option" == setting.text


def test_missing_files_are_empty(tmp_path: Path) -> None:
    """Without files there are no profiles; a folder in a file's place, and a file in a folder's, are no files."""
    (tmp_path / "file").touch()
    for path in ("none", "", "file/below"):
        environ = {name: str(tmp_path / path) for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
        config = load_config(environ)
        assert ({}, {}) == (config.config_profiles, config.credentials_profiles)


@pytest.mark.skipif(os.name == "nt", reason="links that lead in a circle are made on Unix")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is there and can't be read is an error that names it and the variable."""
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(ConfigError) as caught:
        load_config({"AWS_CONFIG_FILE": str(tmp_path / "circle")})
    assert str(caught.value).startswith(f"{tmp_path / 'circle'} can't be read: ")
    assert "AWS_CONFIG_FILE in the environment" in str(caught.value)


def _is_folder(path: Path) -> str:
    path.mkdir(parents=True)
    return os.strerror(errno.EISDIR)


def _is_below_a_file(path: Path) -> str:
    path.parent.write_text("")
    return os.strerror(errno.ENOTDIR)


def _is_a_circle(path: Path) -> str:
    path.parent.mkdir()
    path.symlink_to(path)
    return os.strerror(errno.ELOOP)


def _is_a_pipe(path: Path) -> str:
    path.parent.mkdir()
    os.mkfifo(path)
    return "it is a pipe or a socket, not a file"


def _is_huge(path: Path) -> str:
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    return "it is larger than 4,194,304 bytes"


def _is_another_users(path: Path) -> str:
    path.parent.mkdir()
    path.write_text("[default]\nregion = xx-other-1\n")
    return os.strerror(errno.EACCES)


UNREADABLE = [_is_folder, _is_below_a_file, _is_a_circle, _is_a_pipe, _is_huge, _is_another_users]


@pytest.fixture(params=UNREADABLE, ids=[each.__name__ for each in UNREADABLE])
def unreadable(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """Put something in the place of `.aws/config` that can't be read; return its path and the reason."""
    if os.name == "nt":
        pytest.skip("pipes and links are made on Unix")
    path = tmp_path / ".aws" / "config"
    make: Callable[[Path], str] = request.param
    reason = make(path)
    if make is _is_another_users:
        # The tests may run as root, for whom no file is closed.
        open_, error = os.open, PermissionError(errno.EACCES, reason)

        def refuse(name: str, *rest: Any) -> int:
            if name == str(path):
                raise error
            return open_(name, *rest)

        monkeypatch.setattr("os.open", refuse)
    return path, reason


def test_default_files_that_cannot_be_read_are_empty(
    unreadable: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A default file that can't be read counts as missing, and every error about what is missing says why."""
    path, reason = unreadable
    for name in [*filter(re.compile("AWS_").match, os.environ)]:
        monkeypatch.delenv(name)
    for name, value in {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    assert "eu-west-1" == Client(credentials=Credentials("AKID", "secret")).region
    for place in (CachedCredentials(), ConfigFileProvider()):
        with Client(credentials=place) as client, pytest.raises(NoCredentialsError) as caught:
            client.list_user_pools(max_results=1)
        assert (
            f"shared config file: no aws_access_key_id for profile 'default' in {path}, which can't be read: "
            in str(caught.value)
        )
        assert reason in str(caught.value)
    with pytest.raises(ConfigError) as missing:
        Client(profile="mine")
    assert f"looked for [profile mine] in {path}, which can't be read: {reason}, and for" in str(missing.value)
    monkeypatch.delenv("AWS_REGION")
    with Client(credentials=Credentials("AKID", "secret")) as client, pytest.raises(NoRegionError) as no_region:
        client.list_user_pools(max_results=1)
    assert f"({path}, which can't be read: {reason})" in str(no_region.value)


def test_a_named_file_that_cannot_be_read(unreadable: tuple[Path, str]) -> None:
    """The same file is an error if a variable names it; a folder and a path that is none stay missing files."""
    path, reason = unreadable
    environ = {"AWS_CONFIG_FILE": str(path)}
    if reason in (os.strerror(errno.EISDIR), os.strerror(errno.ENOTDIR)):
        assert {} == load_config(environ).config_profiles
        return
    with pytest.raises(ConfigError) as caught:
        load_config(environ)
    assert f"{path} can't be read: {reason}; set AWS_CONFIG_FILE in the environment to use another file" == str(
        caught.value
    )


def test_a_null_device_is_an_empty_file() -> None:
    """`/dev/null` in place of a file means that there is none."""
    config = load_config({"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})
    assert ({}, {}) == (config.config_profiles, config.credentials_profiles)


def test_an_unknown_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nobody knows the home folder, no folder that is named `~` takes its place."""
    (tmp_path / "~" / ".aws").mkdir(parents=True)
    (tmp_path / "~" / ".aws" / "config").write_text("[default]\nregion = xx-stranger-1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    config = load_config({})
    assert {} == config.profile("default")
    assert "~/.aws/config" == config.config_place


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_path_that_no_file_can_have(name: str) -> None:
    """A path that the system can't take is one that can't be read."""
    with pytest.raises(OSError, match="it is not a path"):
        read_file(name, 10)


def test_the_size_of_a_file_is_bounded(tmp_path: Path) -> None:
    """A file may be as large as the bound, and no larger."""
    (tmp_path / "file").write_bytes(b"12345")
    assert b"12345" == read_file(str(tmp_path / "file"), 5)
    with pytest.raises(OSError, match="it is larger than 4 bytes"):
        read_file(str(tmp_path / "file"), 4)


def test_the_home_folder_is_that_of_the_environment(tmp_path: Path) -> None:
    """Without variables the files are in `.aws` in the home folder."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\na = 1\n")
    (tmp_path / ".aws" / "credentials").write_text("[default]\nb = 2\n")
    config = load_config({"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)})
    assert {"a": "1", "b": "2"} == config.profile("default")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("~", "/home/me"),
        ("~/x", "/home/me/x"),
        ("/a~/x", "/a~/x"),
        ("$HOME/x", "/home/me/x"),
        ("${A}/$B/$C", "a/b/$C"),
        ("", ""),
        ("~nobody-of-this-name/x", "~nobody-of-this-name/x"),
    ],
)
def test_paths_are_expanded(path: str, expected: str) -> None:
    """A leading `~` and variables are replaced; unknown ones stay."""
    assert expected == expanded(path, {"HOME": "/home/me", "USERPROFILE": "/home/me", "A": "a", "B": "b"})


def test_profiles_are_merged(tmp_path: Path) -> None:
    """A profile has the settings of both files, those of the credentials file where they differ, and says which."""
    environ = environ_of(tmp_path, "[profile one]\na = 1\nb = 2\n", "[one]\nb = 3\n[two]\nc = 4\n")
    config = load_config(environ)
    assert {"a": "1", "b": "3"} == config.profile("one")
    assert {"c": "4"} == config.profile("two")
    assert {} == config.profile("three")
    assert [True, True, False] == [config.has_profile(name) for name in ("one", "two", "three")]
    assert f"a of profile 'one' in {tmp_path / 'config'}, line 2" == config.where("one", "a")
    assert f"b of profile 'one' in {tmp_path / 'credentials'}, line 2" == config.where("one", "b")
    assert f"z of profile 'one' in {tmp_path / 'config'}" == config.where("one", "z")


def test_a_block_is_no_text(tmp_path: Path) -> None:
    """A setting that must be text and is a block of settings is an error that names it."""
    config = load_config(environ_of(tmp_path, "[default]\nregion =\n  a = b\nempty =\n"))
    with pytest.raises(ConfigError) as caught:
        config.setting("default", "region")
    where = f"region of profile 'default' in {tmp_path / 'config'}, line 3"
    assert f"{where} must be a single value, not a block of settings" == str(caught.value)
    assert config.setting("default", "empty") is None
    assert config.setting("default", "missing") is None


def test_nothing_of_the_files_is_shown(tmp_path: Path) -> None:
    """The representations of a config and of a setting name files and profiles, not values."""
    environ = environ_of(tmp_path, f"[default]\na = {MARK}\n", f"[one]\nb = {MARK}\n")
    config = load_config(environ)
    setting = config.setting("default", "a")
    assert MARK not in repr(config)
    assert MARK not in repr(setting)
    assert "profiles=['default', 'one']" in repr(config)
    assert f"Setting(a of profile 'default' in {tmp_path / 'config'}, line 2)" == repr(setting)
