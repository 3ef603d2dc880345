"""The program that `benchmarks.cold_start` times for capo: from nothing to the first parsed response."""

import os
import sys

from capo_cognito_identity_provider import CognitoIdentityProviderClient

client = CognitoIdentityProviderClient(
    region="us-east-1", credentials={"access_key": "AKIDEXAMPLE", "secret_key": "made-up"}, endpoint=sys.argv[1]
)
response = client.admin_initiate_auth(
    "us-east-1_EXAMPLE01",
    "1example23456789abcdefghij",
    "ADMIN_USER_PASSWORD_AUTH",
    auth_parameters={"USERNAME": "jane.doe@example.com", "PASSWORD": "correct-horse-battery-staple"},
)
# Left at once: taking the interpreter down is no part of a cold start.
os._exit(0 if response["authentication_result"]["access_token"] else 1)
