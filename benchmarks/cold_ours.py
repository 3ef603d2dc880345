"""The program that `benchmarks.cold_start` times for us: from nothing to the first parsed response.

`cold_ours.py URL TRANSPORT` names the transport that the client must have chosen by itself.
"""

import os
import sys

from cognito_idp import Client, Credentials

client = Client("us-east-1", credentials=Credentials("AKIDEXAMPLE", "made-up"), endpoint_url=sys.argv[1])
response = client.admin_initiate_auth(
    user_pool_id="us-east-1_EXAMPLE01",
    client_id="1example23456789abcdefghij",
    auth_flow="ADMIN_USER_PASSWORD_AUTH",
    auth_parameters={"USERNAME": "jane.doe@example.com", "PASSWORD": "correct-horse-battery-staple"},
)
assert client.transport_name == sys.argv[2], client.transport_name
assert ("httpx" in sys.modules) == (sys.argv[2] == "httpx"), "httpx was imported, or something else was in its place"
# Left at once: taking the interpreter down is no part of a cold start.
os._exit(0 if response.authentication_result and response.authentication_result.access_token else 1)
