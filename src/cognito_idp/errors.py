"""Every exception of the library, and the function that makes one from the service's error code.

```
CognitoIdpError
├ RequestValidationError (also ValueError)   before sending
├ ConfigError (also ValueError)
│  └ NoRegionError
├ CredentialsError
│  └ NoCredentialsError
├ TransportError                             no answer came
│  ├ ConnectError
│  │  └ ProxyError                           the proxy failed or refused
│  ├ ReadError, WriteError, ProtocolError
│  └ TimeoutError_ (also TimeoutError)
│     └ ConnectTimeoutError, ReadTimeoutError, WriteTimeoutError, WaitedTooLongError, DeadlineExceededError
├ InvalidResponseError                       the answer can't be read
├ ClientClosedError
├ PaginationError
├ WaitError                                  what was waited for has not come
│  ├ WaitFailedError                         and can't come any more
│  └ WaitTimeoutError (also TimeoutError)
├ SignInError                                a step of a sign-in can't be taken
│  ├ SignInAnswerError (also ValueError)     the arguments don't fit; nothing was sent
│  ├ SignInStateError (also ValueError)      a stored challenge can't be used
│  ├ UnexpectedChallengeError, SrpError      the service's answers don't make sense; no proof was sent
│  ├ LoginError                              a managed login can't be completed; nothing was sent
│  │  ├ LoginCallbackError (also ValueError), LoginStateError, LoginIssuerError
│  │  └ LoginRefusedError                    the callback says that the login failed
│  └ SessionEndedError                       the user must sign in again
├ TokenError                                 a token was refused; one class for each reason
│  ├ TokenTooLargeError, TokenFormatError, TokenAlgorithmError, TokenKeyError, TokenSignatureError
│  ├ TokenIssuerError, TokenUseError, TokenAudienceError, TokenResourceError
│  ├ TokenExpiredError, TokenNotYetValidError, TokenRevokedError, TokenNonceError
│  ├ TokenScopeError, TokenGroupError, TokenCheckError   valid otherwise
│  └ JwksError, RevocationUnknownError       the keys or the service can't be reached, so nothing is known
├ JwtNotInstalledError (also ImportError)
└ ServiceError                               the service answered with an error
   ├ the modelled exceptions                 model/exceptions.py
   ├ those common to all AWS services        _protocol/service_errors.py
   ├ OAuthError                              the OAuth 2.0 endpoints of the pool's domain, _protocol/oauth_errors.py
   └ UnknownServiceError                     a code that this version doesn't know
```
"""

from . import _errors, _user_errors
from ._errors import *  # noqa: F403 - the `__all__` of each is what this module offers
from ._protocol import oauth_errors, service_errors
from ._protocol.oauth_errors import *  # noqa: F403
from ._protocol.service_errors import *  # noqa: F403
from ._user_errors import *  # noqa: F403
from .model import exceptions
from .model.exceptions import *  # noqa: F403
from .model.exceptions import service_error

__all__ = ["service_error"]
__all__ += _errors.__all__
__all__ += _user_errors.__all__
__all__ += service_errors.__all__
__all__ += oauth_errors.__all__
__all__ += exceptions.__all__
