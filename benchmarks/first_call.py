"""The program that `benchmarks.cold_start` runs for the first call of a process: its wall and CPU seconds as JSON.

`first_call.py URL TRANSPORT warm` calls `warm_up` before the clock starts, as the start of a Lambda function would.
"""

import json
import os
import sys
from time import perf_counter, process_time

from cognito_idp import AdminInitiateAuthRequest, Client, Credentials

url, transport_name, start = sys.argv[1:]
client = Client("us-east-1", credentials=Credentials("AKIDEXAMPLE", "made-up"), endpoint_url=url)
warm_up = 0.0
if start == "warm":
    began = perf_counter()
    client.warm_up(AdminInitiateAuthRequest)
    warm_up = perf_counter() - began
wall, cpu = perf_counter(), process_time()
response = client.admin_initiate_auth(
    user_pool_id="us-east-1_EXAMPLE01",
    client_id="1example23456789abcdefghij",
    auth_flow="ADMIN_USER_PASSWORD_AUTH",
    auth_parameters={"USERNAME": "jane.doe@example.com", "PASSWORD": "correct-horse-battery-staple"},
)
wall, cpu = perf_counter() - wall, process_time() - cpu
assert client.transport_name == transport_name, client.transport_name
assert response.authentication_result is not None
print(json.dumps({"wall": wall, "cpu": cpu, "warm_up": warm_up}), flush=True)
os._exit(0)
