"""The program that `benchmarks.cold_start` times as our floor: what we stand on, imported, and one bare exchange."""

import os
import sys

import attrs  # noqa: F401 - ours imports it, too
import cattrs  # noqa: F401
import httpx

headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AWSCognitoIdentityProviderService.AdminInitiateAuth",
}
# Without certificates, as ours is for a plain-http endpoint: loading them takes 20 ms.
transport = httpx.HTTPTransport(verify=False)
response = transport.handle_request(httpx.Request("POST", sys.argv[1], headers=headers, content=b"{}"))
# Left at once: taking the interpreter down is no part of a cold start.
os._exit(0 if response.read() else 1)
