"""The program that `benchmarks.cold_start` times for boto3: from nothing to the first parsed response."""

import os
import sys

import boto3  # type: ignore[import-untyped, unused-ignore]

client = boto3.client(
    "cognito-idp",
    region_name="us-east-1",
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="made-up",
    endpoint_url=sys.argv[1],
)
response = client.admin_initiate_auth(
    UserPoolId="us-east-1_EXAMPLE01",
    ClientId="1example23456789abcdefghij",
    AuthFlow="ADMIN_USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "jane.doe@example.com", "PASSWORD": "correct-horse-battery-staple"},
)
# Left at once: taking the interpreter down is no part of a cold start.
os._exit(0 if response["AuthenticationResult"]["AccessToken"] else 1)
