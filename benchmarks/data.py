"""The data that the benchmarks send and receive: a made-up AdminInitiateAuth of realistic size."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import shake_256
from typing import Final

# The path that the server listens on.
HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"
ACCESS_KEY_ID: Final = "AKIDEXAMPLE"
SECRET_ACCESS_KEY: Final = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TARGET: Final = "AWSCognitoIdentityProviderService.AdminInitiateAuth"
CONTENT_TYPE: Final = "application/x-amz-json-1.1"
# On this path the server answers with the username that it received.
ECHO_PATH: Final = "/echo"

POOL_ID: Final = "us-east-1_EXAMPLE01"
CLIENT_ID: Final = "1example23456789abcdefghij"
AUTH_FLOW: Final = "ADMIN_USER_PASSWORD_AUTH"
AUTH_PARAMETERS: Final = {
    "USERNAME": "jane.doe@example.com",
    "PASSWORD": "correct-horse-battery-staple",
    "SECRET_HASH": "bWFkZS11cC1zZWNyZXQtaGFzaC1vZi0zMi1ieXRlcyE=",
}
WIRE_REQUEST: Final = {
    "UserPoolId": POOL_ID,
    "ClientId": CLIENT_ID,
    "AuthFlow": AUTH_FLOW,
    "AuthParameters": AUTH_PARAMETERS,
}


def _token(seed: str, size: int) -> str:
    """Return a fake JWT: three base64 parts of made-up bytes, `size` characters in total."""
    text = urlsafe_b64encode(shake_256(seed.encode()).digest(size)).decode()
    return f"eyJ{text[3:120]}.eyJ{text[123 : size - 345]}.{text[size - 344 : size]}"[:size]


ACCESS_TOKEN: Final = _token("access", 1_070)
WIRE_RESPONSE: Final = {
    "AuthenticationResult": {
        "AccessToken": ACCESS_TOKEN,
        "ExpiresIn": 3600,
        "IdToken": _token("id", 1_130),
        "RefreshToken": _token("refresh", 1_090),
        "TokenType": "Bearer",
    },
    "ChallengeParameters": {},
}

REQUEST_BODY: Final = json.dumps(WIRE_REQUEST).encode()
RESPONSE_BODY: Final = json.dumps(WIRE_RESPONSE, separators=(",", ":")).encode()
RESPONSE_HEADERS: Final = {
    "content-type": CONTENT_TYPE,
    "content-length": str(len(RESPONSE_BODY)),
    "x-amzn-requestid": "0f3c5a7e-1b2d-4c6f-8a9b-0c1d2e3f4a5b",
}
