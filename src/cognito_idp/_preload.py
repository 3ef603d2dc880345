"""Load ahead of time what a first call would load: modules, structs, hooks. Nothing here does I/O or draws randomness.

A process may be copied after it: a snapshot of a Lambda function (SnapStart), a Worker, a forked server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ._errors import ConfigError, JwtNotInstalledError
from ._protocol.arguments import FLAG, check, check_given
from ._structs.convert import make_hooks
from ._structs.struct import Request
from ._transport import load_async_engine, load_engine
from .model.index import HOMES, load_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._transport import Engine
    from .model.choices import OperationName

_REQUEST: Final = "Request"
# Each begins a sign-in, or goes on with one that the other began.
_SIGN_IN: Final = (
    ("InitiateAuth", "RespondToAuthChallenge"),
    ("AdminInitiateAuth", "AdminRespondToAuthChallenge"),
)
# What calls load when they meet it: a secret, a config file, an error, and the enums of a sign-in.
_OF_CALLS: Final = ("_protocol.client_secret", "_settings.ini", "_structs.salvage", "model.exceptions", "types")


def preload(
    *operations: OperationName | str | type[Request[Any]],
    transport: Engine | None = None,
    asynchronous: bool = False,
    verifier: bool | None = None,
) -> None:
    """Load everything that a first call needs, without a connection, so that the call imports and compiles nothing.

    Call it where a program starts and may not reach the network, or before it is copied: at the top level of a Worker,
    or before the snapshot of a Lambda function. A client's `warm_up` does the same for operations, and opens a
    connection besides.

    Args:
        operations: operations as AWS names them (`"InitiateAuth"`), or their request structs. Those that belong to a
            sign-in load `sign_in` and `respond` as well. If you name none, all are loaded, in half a second.
        transport: the engine of your clients. None: httpx, and `"fetch"` under Pyodide.
        asynchronous: load what `AsyncClient` needs, instead of what `Client` needs.
        verifier: load what a token verifier needs, too. None: if you name no operation, and PyJWT is installed or this
            is Pyodide.

    Raises:
        ConfigError: there is no operation or engine with this name.
        JwtNotInstalledError: `verifier` is true, and PyJWT is not installed.
    """
    check(FLAG, asynchronous=asynchronous)
    check_given(FLAG, verifier=verifier)
    # By name: the clients stand above this room.
    import_module(f"{__package__}.{'async_client' if asynchronous else 'client'}")
    if asynchronous:
        load_async_engine(transport)
    else:
        load_engine(transport)
    load_operations(operations or [name.removesuffix(_REQUEST) for name in HOMES if name.endswith(_REQUEST)])
    if verifier or (verifier is None and not operations):
        try:
            _load_verifier(asynchronous=asynchronous)
        except JwtNotInstalledError:
            if verifier:
                raise


def load_operations(operations: Iterable[str | type[Request[Any]]]) -> list[type[Request[Any]]]:
    """Load operations, and the code of sign-ins if they belong to one; return their request structs.

    Raises:
        ConfigError: there is no operation with this name.
    """
    requests = [_request_type(operation) for operation in operations]
    named = {request.operation.name for request in requests}
    of_sign_in = [name for names in _SIGN_IN if not named.isdisjoint(names) for name in names]
    for request in {*requests, *map(_request_type, of_sign_in)}:
        make_hooks(request)
        make_hooks(request.operation.response_type)
    for name in _OF_CALLS:
        import_module(f"{__package__}.{name}")
    if of_sign_in:
        from .sign_in import conversation, kinds, srp_math, state  # noqa: F401 - loaded, and used by sign-ins

        srp_math.group()
    return requests


def _load_verifier(*, asynchronous: bool) -> None:
    from .tokens.rs256 import Rs256

    Rs256()
    import_module(f"{__package__}.tokens.{'async_verify' if asynchronous else 'verify'}")


def _request_type(operation: str | type[Request[Any]]) -> type[Request[Any]]:
    if isinstance(operation, type) and issubclass(operation, Request) and hasattr(operation, "operation"):
        return operation
    try:
        request_type: type[Request[Any]] = load_type(f"{operation}{_REQUEST}")
    except KeyError:
        from ._call.names import operation_meant
        from ._protocol.spelling import did_you_mean

        msg = f"{operation!r} is not an operation; name one as AWS does ('InitiateAuth'), or pass its request struct"
        msg += did_you_mean(operation_meant(operation))
        raise ConfigError(msg) from None
    return request_type
