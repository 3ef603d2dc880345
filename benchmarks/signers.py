"""The ways to sign one AdminInitiateAuth: makers that return a warm signing function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import data

if TYPE_CHECKING:
    from collections.abc import Callable

    from .sync_calls import Call

_SIGNED_HEADERS: Final = (
    ("content-type", data.CONTENT_TYPE),
    ("content-length", str(len(data.REQUEST_BODY))),
    ("x-amz-target", data.TARGET),
    ("amz-sdk-invocation-id", "0f3c5a7e-1b2d-4c6f-8a9b-0c1d2e3f4a5b"),
    ("accept-encoding", "identity"),
    ("user-agent", "cognito-idp/0.1 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#standard"),
    ("amz-sdk-request", "attempt=1; max=3"),
)
_HOST: Final = "cognito-idp.us-east-1.amazonaws.com"


def cognito_idp_sign(_: str) -> Call:
    """Sign with our own function, which takes the date as text."""
    sign = _sign()

    def call() -> object:
        return sign("20260101T000000Z")

    assert "x-amz-target, Signature=" in str(call())
    return call


def cognito_idp_date_and_sign(_: str) -> Call:
    """Format the date and sign, as botocore's function does."""
    from time import gmtime, strftime, time

    sign = _sign()

    def call() -> object:
        return sign(strftime("%Y%m%dT%H%M%SZ", gmtime(time())))

    assert "x-amz-target, Signature=" in str(call())
    return call


def _sign() -> Callable[[str], object]:
    from cognito_idp import Credentials
    from cognito_idp._protocol.sigv4 import sign

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    headers = (("host", _HOST), *_SIGNED_HEADERS)
    return lambda amz_date: sign(
        "POST",
        "/",
        "",
        headers,
        data.REQUEST_BODY,
        credentials=credentials,
        amz_date=amz_date,
        region=data.REGION,
        service="cognito-idp",
    )


def botocore_sign(_: str) -> Call:
    """Sign the same headers and body with botocore, which replaces the date and signature on each call."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    auth = SigV4Auth(Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY), "cognito-idp", data.REGION)
    request = AWSRequest("POST", f"https://{_HOST}/", headers=dict(_SIGNED_HEADERS), data=data.REQUEST_BODY)

    def call() -> object:
        auth.add_auth(request)
        return request.headers["Authorization"]

    assert "x-amz-target, Signature=" in str(call())
    return call
