"""Managed login: people sign in on the pages of the user pool's domain, by the authorization-code grant with PKCE.

Start with `ManagedLogin`; its pending logins end in the clients' `complete_login`. Names load on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .managed import ManagedLogin as ManagedLogin
    from .pending import LoginState as LoginState
    from .pending import PendingLogin as PendingLogin
    from .pending import pending_from_state as pending_from_state
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            ".managed": "ManagedLogin",
            ".pending": "LoginState PendingLogin pending_from_state",
        },
    )
