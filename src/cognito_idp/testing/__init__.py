"""Help for the tests of programs that use this library. Nothing else in the library imports it.

`cognito_server` runs a real Cognito server on this machine; it needs the extra `local`.
"""

from .server import CognitoServer, ServerNotInstalledError, ServerStartError, cognito_server

__all__ = ["CognitoServer", "ServerNotInstalledError", "ServerStartError", "cognito_server"]
