"""Credentials of an EC2 instance's role, from the instance metadata service, version 2.

There is no fallback to version 1, which answers requests that an attacker forges through a server on the instance.

Source: Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata"; AWS SDKs and Tools
Reference Guide, "IMDS credential provider".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from .._errors import ConfigError, CredentialsError, InvalidResponseError, TransportError
from .._protocol.endpoint import checked_url
from .._protocol.wire import OK
from .http import fetch, json_object, local_request
from .provider import NotConfigured
from .service_call import ATTEMPTS
from .temporary import temporary_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .._protocol.wire import Headers, HttpResponse
    from .._settings.shared import Setting
    from .provider import Context
    from .types import Credentials

_DISABLED: Final = "AWS_EC2_METADATA_DISABLED"
_ENDPOINTS: Final = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
_TOKEN_PATH: Final = "/latest/api/token"  # noqa: S105 - a path
_ROLES_PATH: Final = "/latest/meta-data/iam/security-credentials/"
_TOKEN_SECONDS: Final = "21600"  # noqa: S105
_NOT_FOUND: Final = 404
_MEMBERS: Final = ("AccessKeyId", "SecretAccessKey", "Token")
_TIMEOUT: Final = 1.0
_IF_ABSENT: Final = 1
_ROLE: Final = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_TOKEN: Final = re.compile(r"[!-~]{1,1024}")

# If the service can't renew the credentials in time, it keeps returning old ones, and AWS keeps accepting them.
_KEEP_SECONDS: Final = 15 * 60
_KEEP_MORE_SECONDS: Final = (2 * 60, 10 * 60)


class _Service(NamedTuple):
    """The service's URL, the timeout of a request in seconds, and the number of attempts: None is the default."""

    url: str
    timeout: float
    attempts: int | None
    random: Callable[[], float]

    def token(self) -> Flow[HttpResponse]:
        """Ask for a session token. Unless a setting says otherwise, one attempt shows that there is no service."""
        request = local_request(
            "PUT", f"{self.url}{_TOKEN_PATH}", self.timeout, (("x-aws-ec2-metadata-token-ttl-seconds", _TOKEN_SECONDS),)
        )
        return fetch(
            request, self.random, attempts=self.attempts or ATTEMPTS, attempts_if_absent=self.attempts or _IF_ABSENT
        )

    def data(self, path: str, headers: Headers, *, is_json: bool = False) -> Flow[HttpResponse]:
        """Ask for data."""
        request = local_request("GET", f"{self.url}{_ROLES_PATH}{path}", self.timeout, headers)
        return fetch(request, self.random, attempts=self.attempts or ATTEMPTS, is_json=is_json)


class InstanceMetadataProvider:
    """Asks the instance metadata service for a session token, the name of the instance's role, and its credentials."""

    name = "instance metadata (IMDSv2)"

    def load(self, context: Context) -> Flow[Credentials]:
        """Ask the service; a request that fails in passing is sent three times, or as often as the setting says.

        Raises:
            NotConfigured: `AWS_EC2_METADATA_DISABLED` switches it off, it does not answer, or the instance has no role.
            CredentialsError: it answers, but not with credentials.
            ConfigError: a setting is invalid.
        """
        if context.environ.get(_DISABLED, "").lower() == "true":
            msg = f"{_DISABLED} is true"
            raise NotConfigured(msg)
        service = _service(context)
        token = yield from _session_token(service)
        headers = (("x-aws-ec2-metadata-token", token),)
        try:
            response = yield from service.data("", headers)
            role = _role(response, service.url)
            response = yield from service.data(role, headers, is_json=True)
        except (TransportError, InvalidResponseError) as error:
            msg = f"{service.url} returned a session token, but no credentials: {error}"
            raise CredentialsError(msg) from error
        return _credentials(response, role, token, service.url, context)


def _service(context: Context) -> _Service:
    finder = context.finder
    endpoint = finder.find(("AWS_EC2_METADATA_SERVICE_ENDPOINT",), "ec2_metadata_service_endpoint")
    if endpoint is not None:
        url = checked_url(endpoint.text, allow_http=True, setting=endpoint.where).removesuffix("/")
    else:
        mode = finder.find(("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",), "ec2_metadata_service_endpoint_mode")
        if mode is None:
            name = "ipv6" if finder.flag("AWS_IMDS_USE_IPV6", "imds_use_ipv6") else "ipv4"
        elif (name := mode.text.lower()) not in _ENDPOINTS:
            msg = f"{mode.where} must be one of {', '.join(_ENDPOINTS)}, not {mode.text!r}"
            raise ConfigError(msg)
        url = _ENDPOINTS[name]
    timeout = finder.find(("AWS_METADATA_SERVICE_TIMEOUT",), "metadata_service_timeout")
    attempts = finder.find(("AWS_METADATA_SERVICE_NUM_ATTEMPTS",), "metadata_service_num_attempts")
    return _Service(url, _number(timeout) or _TIMEOUT, _number(attempts), context.random)


def _number(setting: Setting | None) -> int | None:
    """Return a setting between 1 and 999, or None if it is missing."""
    if setting is None:
        return None
    if not re.fullmatch(r"0*[1-9][0-9]{0,2}", setting.text):
        msg = f"{setting.where} must be a whole number between 1 and 999, not {setting.text!r}"
        raise ConfigError(msg)
    return int(setting.text)


def _session_token(service: _Service) -> Flow[str]:
    try:
        response = yield from service.token()
    except (TransportError, InvalidResponseError) as error:
        msg = f"{service.url} returned no session token: {error}"
        raise NotConfigured(msg) from error
    if response.status_code != OK:
        msg = f"{service.url} returned no session token, but status {response.status_code}"
        raise NotConfigured(msg)
    token = response.body.decode("latin-1")
    if not _TOKEN.fullmatch(token):
        msg = f"{service.url} did not return a session token when asked for one, so it is not a metadata service"
        raise CredentialsError(msg)
    return token


def _role(response: HttpResponse, url: str) -> str:
    if response.status_code == _NOT_FOUND:
        msg = f"{url} says that the instance has no role"
        raise NotConfigured(msg)
    role = response.body.decode("latin-1").partition("\n")[0].strip()
    if response.status_code != OK or not _ROLE.fullmatch(role):
        msg = f"{url} returned status {response.status_code} and no role name when asked for the instance's role"
        raise CredentialsError(msg)
    return role


def _credentials(response: HttpResponse, role: str, token: str, url: str, context: Context) -> Credentials:
    where = f"the answer of {url} for the role {role!r}"
    members = json_object(response, where, (token,))
    code = members.get("Code", "Success")
    if code != "Success":
        msg = f"{where} has the code {code if isinstance(code, str) and _ROLE.fullmatch(code) else 'of an error'}"
        raise CredentialsError(msg)
    credentials = temporary_credentials(members, _MEMBERS, members.get("Expiration"), where)
    least, most = _KEEP_MORE_SECONDS
    keep_until = context.clock() + _KEEP_SECONDS + least + (most - least) * context.random()
    if credentials.expiration is None or credentials.expiration.timestamp() >= keep_until:
        return credentials
    return attrs.evolve(credentials, expiration=datetime.fromtimestamp(keep_until, UTC))
