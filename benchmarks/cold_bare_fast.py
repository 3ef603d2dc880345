"""The program that `benchmarks.cold_start` times as the floor of the extra `fast`: `cold_bare.py` over pyreqwest."""

import os
import sys

import attrs  # noqa: F401 - ours imports it, too
import cattrs  # noqa: F401
from pyreqwest.client import SyncClientBuilder

headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AWSCognitoIdentityProviderService.AdminInitiateAuth",
}
client = SyncClientBuilder().build()
response = client.post(sys.argv[1]).headers(headers).body_bytes(b"{}").build().send()
# Left at once: taking the interpreter down is no part of a cold start.
os._exit(0 if response.bytes() else 1)
