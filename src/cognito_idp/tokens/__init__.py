"""Verify the tokens of a user pool, and keep a user's or a machine's fresh. Names load on first use."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .async_machine_session import AsyncMachineSession as AsyncMachineSession
    from .async_user_session import AsyncUserSession as AsyncUserSession
    from .async_verify import AsyncTokenVerifier as AsyncTokenVerifier
    from .claims import AccessTokenClaims as AccessTokenClaims
    from .claims import Actor as Actor
    from .claims import IdTokenClaims as IdTokenClaims
    from .machine_session import MachineSession as MachineSession
    from .pools import TrustedPool as TrustedPool
    from .revocation import RevocationCheck as RevocationCheck
    from .token_endpoint import TokenEndpoint as TokenEndpoint
    from .user_session import UserSession as UserSession
    from .verify import TokenVerifier as TokenVerifier
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            ".async_machine_session": "AsyncMachineSession",
            ".async_user_session": "AsyncUserSession",
            ".async_verify": "AsyncTokenVerifier",
            ".claims": "AccessTokenClaims Actor IdTokenClaims",
            ".machine_session": "MachineSession",
            ".pools": "TrustedPool",
            ".revocation": "RevocationCheck",
            ".token_endpoint": "TokenEndpoint",
            ".user_session": "UserSession",
            ".verify": "TokenVerifier",
        },
    )
