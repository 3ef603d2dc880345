"""SRP challenge parameters for tests, so that a sign-in with a stub gets as far as its proof."""

from __future__ import annotations

import os
from base64 import b64encode

# The client accepts any number: only the service can tell that a proof is wrong, and a stub replaces it.
_PUBLIC_VALUE_BYTES = 384
_SALT_BYTES = 16
_SECRET_BLOCK_BYTES = 64


def srp_parameters(username: str) -> dict[str, str]:
    """Return `challenge_parameters` for the challenge `PASSWORD_VERIFIER`, from which `sign_in` computes its proof.

    ```
    stub.add(InitiateAuthResponse(challenge_name="PASSWORD_VERIFIER", challenge_parameters=srp_parameters("mary")))
    stub.add(RespondToAuthChallengeResponse(authentication_result=...))
    ```
    """
    # The first bit is 0, which keeps the value below the group's prime.
    public_value = b"\x7f" + os.urandom(_PUBLIC_VALUE_BYTES - 1)
    return {
        "SALT": os.urandom(_SALT_BYTES).hex(),
        "SECRET_BLOCK": b64encode(os.urandom(_SECRET_BLOCK_BYTES)).decode("ascii"),
        "SRP_B": public_value.hex(),
        "USERNAME": username,
        "USER_ID_FOR_SRP": username,
    }
