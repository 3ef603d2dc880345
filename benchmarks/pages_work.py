"""The programs that `benchmarks.pages` runs in the contestants' environments; each prints one line of JSON.

`pages_work.py NAME USERS` walks that many made-up users. After a tenth of them and at the end it reports wall and CPU
seconds since the start, and peak memory. Pages come from below the client, without a network; making them is the same
small amount of work for all.
"""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from . import data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PAGE: Final = 60
_USER: Final = (
    '{"Username":"user-%09d","Attributes":[{"Name":"sub","Value":"00000000-0000-4000-8000-%012d"},'
    '{"Name":"email","Value":"user-%09d@example.com"},{"Name":"email_verified","Value":"true"}],'
    '"UserCreateDate":1700000000.5,"UserLastModifiedDate":1700000001.5,"Enabled":true,"UserStatus":"CONFIRMED"}'
)
# ru_maxrss is in KiB, but in bytes on macOS.
_RSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


def page(request: bytes, users: int) -> bytes:
    """Return the page for the request's token, which is the number of its first user."""
    first = int(json.loads(request).get("PaginationToken", "0"))
    end = min(first + PAGE, users)
    listed = ",".join(_USER % (number, number, number) for number in range(first, end))
    token = f',"PaginationToken":"{end}"' if end < users else ""
    return f'{{"Users":[{listed}]{token}}}'.encode()


def cognito_idp(users: int) -> Iterable[Any]:
    """Walk with `iter_list_users`, over a transport without a network."""
    import httpx

    from cognito_idp import Client, Credentials

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=page(request.read(), users)))
    client = Client(data.REGION, credentials=credentials, transport=transport)
    return client.iter_list_users(user_pool_id=data.POOL_ID, limit=PAGE)


def boto3(users: int) -> Iterable[Any]:
    """Walk with boto3's paginator; its requests are answered before they are sent."""
    import boto3
    from botocore.awsrequest import AWSResponse

    def answer(request: Any, **_: Any) -> Any:
        response = AWSResponse(request.url, 200, {}, None)
        # What reading from a socket would have set.
        response._content = page(request.body, users)  # noqa: SLF001
        return response

    client = boto3.client(
        "cognito-idp",
        region_name=data.REGION,
        aws_access_key_id=data.ACCESS_KEY_ID,
        aws_secret_access_key=data.SECRET_ACCESS_KEY,
    )
    client.meta.events.register("before-send.cognito-idp.ListUsers", answer)
    pages = client.get_paginator("list_users").paginate(UserPoolId=data.POOL_ID, PaginationConfig={"PageSize": PAGE})
    return (user for page_ in pages for user in page_["Users"])


_WALKS: Final[dict[str, Callable[[int], Iterable[Any]]]] = {"cognito-idp": cognito_idp, "boto3": boto3}


def main() -> None:
    """Run one program."""
    name, users = sys.argv[1], int(sys.argv[2])
    walk = _WALKS[name](users)
    points: list[dict[str, float]] = []
    walked = 0
    wall, cpu = perf_counter(), process_time()
    for walked, _ in enumerate(walk, 1):
        if walked in (users // 10, users):
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
            point = {"users": walked, "wall": perf_counter() - wall, "cpu": process_time() - cpu, "peak": peak}
            points.append(point)
    assert walked == users, walked
    print(json.dumps(points))


if __name__ == "__main__":
    main()
