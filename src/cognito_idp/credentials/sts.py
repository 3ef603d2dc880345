"""The two calls to AWS STS that return credentials: AssumeRole, signed, and AssumeRoleWithWebIdentity, unsigned.

STS uses the query protocol: the request is a form, the answer is XML. Source: AWS STS API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .._errors import CredentialsError, InvalidResponseError
from .._protocol.sigv4 import amz_date, sign
from .._protocol.wire import OK
from ..model.exceptions import service_error
from .service_call import FAILURES, ServiceCall, common_headers, http_request, invoke_service
from .service_endpoint import STS, endpoint_for
from .temporary import temporary_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final
    from xml.etree.ElementTree import Element

    from .._flow.effects import Flow
    from .._protocol.wire import HttpResponse
    from .provider import Context
    from .types import Credentials

_VERSION: Final = "2011-06-15"
_CONTENT_TYPE: Final = "application/x-www-form-urlencoded; charset=utf-8"


def session_name(context: Context) -> str:
    """Return the default name of a role's session."""
    return f"cognito-idp-{int(context.clock())}"


def assume_role(
    context: Context, source: Credentials | None, parameters: Mapping[str, str], origin: str
) -> Flow[Credentials]:
    """Exchange `source` credentials, or a `WebIdentityToken` if `source` is None, for the credentials of a role.

    `parameters` are those of the operation, under STS's names. `origin` names the role's origin in errors.

    Raises:
        CredentialsError: STS refuses, or can't be reached; the text names `origin`, the code and the message.
        ConfigError: the region or an endpoint setting is invalid.
    """
    operation = "AssumeRoleWithWebIdentity" if source is None else "AssumeRole"
    endpoint = endpoint_for(context, STS, context.region)
    body = urlencode({"Action": operation, "Version": _VERSION, **parameters}).encode()
    headers = common_headers(endpoint.host, body, _CONTENT_TYPE)
    secrets = [parameters.get(name, "") for name in ("WebIdentityToken", "TokenCode", "ExternalId")]
    if source is not None:
        secrets += [source.secret_access_key, source.session_token or ""]
        headers = sign(
            "POST",
            endpoint.path,
            "",
            headers,
            body,
            credentials=source,
            amz_date=amz_date(int(context.clock())),
            region=endpoint.signing_region or "us-east-1",
            service="sts",
        )
    call = ServiceCall(
        operation,
        http_request("POST", endpoint.url, headers, body),
        secrets=tuple(secrets),
        # An MFA code is valid for one request.
        once="TokenCode" in parameters,
    )
    try:
        members = yield from invoke_service(call, _read, context)
    except FAILURES as error:
        msg = f"{origin}: STS returned no credentials: {error}"
        raise CredentialsError(msg) from error
    return temporary_credentials(
        members,
        ("AccessKeyId", "SecretAccessKey", "SessionToken"),
        members.get("Expiration"),
        f"{origin}: the answer of STS",
    )


def _read(response: HttpResponse, operation: str) -> dict[str, str]:
    """Return the members of `Credentials` in an answer."""
    root = _xml(response, operation)
    request_id = response.header("x-amzn-requestid")
    if response.status_code != OK:
        code = root.findtext("{*}Error/{*}Code")
        if not code:
            problem = "an error without a code"
            raise InvalidResponseError(problem, status_code=response.status_code, operation=operation)
        raise service_error(
            code.strip(),
            (root.findtext("{*}Error/{*}Message") or "").strip(),
            status_code=response.status_code,
            request_id=request_id or root.findtext("{*}RequestId"),
            operation=operation,
        )
    credentials = root.find(f"{{*}}{operation}Result/{{*}}Credentials")
    members = () if credentials is None else credentials
    return {member.tag.rpartition("}")[2]: (member.text or "").strip() for member in members}


def _xml(response: HttpResponse, operation: str) -> Element:
    """Parse a body without expanding entities: STS sends no document type, so a body with one is not from STS."""
    from xml.etree import ElementTree as ET

    try:
        text = response.body.decode("utf-8")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            problem = "the body has a document type, which is not allowed"
        else:
            return ET.fromstring(text)  # noqa: S314 - the body has no entities
    except UnicodeDecodeError:
        problem = "the body is not UTF-8"
    except ET.ParseError:
        problem = "the body is not XML"
    raise InvalidResponseError(problem, status_code=response.status_code, operation=operation)
