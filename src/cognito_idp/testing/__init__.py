"""Test helpers for programs that use this library. The rest of the library never imports them.

`StubTransport` replaces the service in a unit test, `TokenIssuer` signs tokens for tests, and `cognito_server` runs a
real Cognito server on this machine (it needs the extra `local`). `cognito_idp.testing.pytest_plugin` provides the stub
and the server as fixtures.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .retry import NoWaitRetry as NoWaitRetry
    from .server import CognitoServer as CognitoServer
    from .server import ServerNotInstalledError as ServerNotInstalledError
    from .server import ServerStartError as ServerStartError
    from .server import cognito_server as cognito_server
    from .srp import srp_parameters as srp_parameters
    from .stub import StubTransport as StubTransport
    from .stub_queue import Call as Call
    from .stub_queue import LeftoverAnswersError as LeftoverAnswersError
    from .stub_queue import UnexpectedCallError as UnexpectedCallError
    from .tokens import TokenIssuer as TokenIssuer
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            ".retry": "NoWaitRetry",
            ".server": "CognitoServer ServerNotInstalledError ServerStartError cognito_server",
            ".srp": "srp_parameters",
            ".stub": "StubTransport",
            ".stub_queue": "Call LeftoverAnswersError UnexpectedCallError",
            ".tokens": "TokenIssuer",
        },
    )
