"""Credentials of the container that the process runs in, on ECS or with EKS Pod Identity.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .._errors import CredentialsError, InvalidResponseError, TransportError
from .._flow.effects import offload
from .._protocol.endpoint import ALLOW_HTTP, has_host, is_plain_or_bracketed, may_be_plain_http
from .._settings.files import read_file
from .http import fetch, json_object, local_request
from .provider import NotConfigured
from .service_call import ATTEMPTS
from .temporary import temporary_credentials

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.endpoint import AllowHttp
    from .provider import Context
    from .types import Credentials

_RELATIVE: Final = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
_FULL: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_TOKEN: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the variable's name
_TOKEN_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105

_ECS: Final = "169.254.170.2"
# The agents of ECS and EKS. Plain http to another host would expose the authorization token to the network.
_HTTP_HOSTS: Final = frozenset({_ECS, "169.254.170.23", "fd00:ec2::23"})
_LARGEST_TOKEN: Final = 64 * 1024
_TIMEOUT: Final = 2.0
_MEMBERS: Final = ("AccessKeyId", "SecretAccessKey", "Token")


class ContainerProvider:
    """Asks the endpoint that `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI` names.

    Plain http is allowed only to this machine, ECS, EKS, and the hosts that the client may use plain http for. The
    authorization token is read again for each load, from the file that `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` names,
    or else from `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
    """

    name = "container"

    def load(self, context: Context) -> Flow[Credentials]:
        """Ask the endpoint, up to three times.

        Raises:
            NotConfigured: neither variable is set.
            CredentialsError: the URL or the token is invalid, or the endpoint returns no credentials.
        """
        environ = context.environ
        variable = next((name for name in (_RELATIVE, _FULL) if environ.get(name)), None)
        if variable is None:
            msg = f"neither {_RELATIVE} nor {_FULL} is set"
            raise NotConfigured(msg)
        url = environ[variable]
        url = _checked_url(f"http://{_ECS}{url}" if variable == _RELATIVE else url, variable, context.allow_http)
        token = yield from _token(context)
        headers = (("accept", "application/json"), *((("authorization", token),) if token else ()))
        where = f"the container's endpoint ({variable})"
        try:
            response = yield from fetch(local_request("GET", url, _TIMEOUT, headers), context.random, is_json=True)
        except (TransportError, InvalidResponseError) as error:
            msg = f"{where} returned no credentials in {ATTEMPTS} attempts: {error}"
            raise CredentialsError(msg) from error
        members = json_object(response, where, (token,))
        return temporary_credentials(members, _MEMBERS, members.get("Expiration"), f"the answer of {where}")


def _checked_url(url: str, variable: str, allow_http: AllowHttp) -> str:
    host, problem = None, None
    try:
        parts = urlsplit(url)
        host = parts.hostname
        if (
            parts.scheme not in ("http", "https")
            or not host
            or parts.port == 0
            or not is_plain_or_bracketed(parts.netloc)
            or not has_host(parts)
        ):
            problem = "is not an http or https URL with a host"
        elif parts.username is not None or parts.fragment or not _is_plain(url):
            problem = "contains a user name, a fragment, or characters that must be percent-encoded"
        elif parts.scheme == "http" and host not in _HTTP_HOSTS and not may_be_plain_http(host, allow_http):
            problem = (
                f"is plain http to {host!r}, which may be another machine; use https, a loopback address, one of "
                f"{', '.join(sorted(_HTTP_HOSTS))}, or name the host in {ALLOW_HTTP}"
            )
    except ValueError:
        problem = "is not a URL"
    if problem is not None:
        msg = f"{variable} {problem}"
        raise CredentialsError(msg)
    return url


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url


def _token(context: Context) -> Flow[str]:
    """Return the authorization token, or an empty string if there is none."""
    path = context.environ.get(_TOKEN_FILE)
    if path:
        token, where = (yield from offload(lambda: _read(path))), f"the file that {_TOKEN_FILE} names ({path})"
    else:
        token, where = context.environ.get(_TOKEN, ""), _TOKEN
    if not token.isascii() or not token.isprintable():
        msg = f"{where} contains line breaks or other characters that a header can't contain"
        raise CredentialsError(msg)
    return token


def _read(path: str) -> str:
    try:
        return read_file(path, _LARGEST_TOKEN).decode("utf-8", "replace")
    except OSError as error:
        msg = f"{_TOKEN_FILE} names {path}, which can't be read: {error.strerror}"
        raise CredentialsError(msg) from error
