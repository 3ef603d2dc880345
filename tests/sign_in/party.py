"""A client and the tests' own Cognito that talk with each other, whatever the client's kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cognito_idp import AppClient, Device, SignedIn
from cognito_idp.sign_in.machine import STARTS, TABLE

from .fake_accounts import (
    CLIENT_ID,
    CLIENT_SECRET,
    CODE,
    CREDENTIAL,
    NOW,
    PASSWORD,
    POOL_ID,
    User,
    enrolled,
    user,
)
from .fake_cognito import FakeCognito

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cognito_idp import AuthFlowType, ChallengeNameType, MfaSetup, TotpSetup
    from tests.support.kit import Kit

PUBLIC_APP = AppClient(POOL_ID, CLIENT_ID)
SECRET_APP = AppClient(POOL_ID, CLIENT_ID, CLIENT_SECRET)
DEVICE = Device(key="us-east-1_device", group_key="-group", password="device-password-of-the-tests")

# What `respond` takes, challenge by challenge; a challenge that is missing here is for the library to answer.
RIGHT: Mapping[str, Mapping[str, Any]] = {
    "SMS_MFA": {"code": CODE},
    "SMS_OTP": {"code": CODE},
    "EMAIL_OTP": {"code": CODE},
    "SOFTWARE_TOKEN_MFA": {"code": CODE},
    "SELECT_MFA_TYPE": {"choice": "SOFTWARE_TOKEN_MFA"},
    "SELECT_CHALLENGE": {"choice": "PASSWORD_SRP", "password": PASSWORD},
    "MFA_SETUP": {"email": "mary@example.com"},
    "NEW_PASSWORD_REQUIRED": {"new_password": PASSWORD, "attributes": {"given_name": "Mary"}},
    "CUSTOM_CHALLENGE": {"answer": "42"},
    "PASSWORD": {"password": PASSWORD},
    "PASSWORD_SRP": {"password": PASSWORD},
    "ADMIN_NO_SRP_AUTH": {"password": PASSWORD},
    "WEB_AUTHN": {"credential": CREDENTIAL},
    "PIGEON_POST": {"responses": {"FEATHER": CODE}},
}


@attrs.frozen
class Party:
    """Both sides of a sign-in; a client's method is called by name, and run to its end."""

    kit: Kit
    client: Any
    fake: FakeCognito

    @property
    def app(self) -> AppClient:
        """The app client that both know."""
        return self.fake.app

    def sign_in(self, **given: Any) -> Any:
        """Begin a sign-in, as mary with her password unless told otherwise."""
        given = {"username": "mary", "password": PASSWORD, **given}
        return self.kit.run(self.client.sign_in, self.app, **given)

    def respond(self, challenge: Any, **given: Any) -> Any:
        """Answer a challenge."""
        return self.kit.run(self.client.respond, self.app, challenge, **given)

    def finish(self, outcome: Any, **more: Any) -> SignedIn:
        """Give right answers until there are tokens."""
        while not isinstance(outcome, SignedIn):
            outcome = self.respond(outcome, **RIGHT[outcome.name], **more)
        return outcome

    def set_up_totp(self, challenge: MfaSetup) -> TotpSetup:
        """Begin to set up an authenticator app."""
        setup: TotpSetup = self.kit.run(self.client.set_up_totp, self.app, challenge)
        return setup

    def remember_device(self, access_token: str, device: Device, name: str | None = None) -> Any:
        """Have a device remembered."""
        return self.kit.run(self.client.remember_device, self.app, access_token=access_token, device=device, name=name)


def party_of(kit: Kit, *plan: str, app: AppClient = PUBLIC_APP, somebody: User | None = None, **more: Any) -> Party:
    """Bring a client and a service together, for a user with a plan; what else is given is for the service."""
    fake = FakeCognito(app, somebody or user(*plan), **more)
    return Party(kit, kit.client(respond=fake, clock=lambda: NOW), fake)


def given_for(flow: AuthFlowType) -> dict[str, Any]:
    """Return the arguments with which a flow begins."""
    start = STARTS[flow]
    return {
        "flow": flow,
        "admin": not start.public,
        "username": "mary",
        "password": PASSWORD if "password" in (*start.required, *start.optional) else None,
        "device": DEVICE,
    }


def party_with_device(kit: Kit, app: AppClient = PUBLIC_APP) -> Party:
    """Return a client and a service that knows the device."""
    account = enrolled(DEVICE.group_key + DEVICE.key, DEVICE.password, 0x1234)
    return party_of(kit, app=app, somebody=user(devices={DEVICE.key: account}))


def ways() -> dict[ChallengeNameType, tuple[AuthFlowType, tuple[ChallengeNameType, ...]]]:
    """Return a shortest way to each challenge that the tables allow: a flow, and the challenges up to it."""
    found: dict[ChallengeNameType, tuple[AuthFlowType, tuple[ChallengeNameType, ...]]] = {}
    front: list[tuple[AuthFlowType, tuple[ChallengeNameType, ...]]]
    front = [(flow, (name,)) for flow, start in STARTS.items() for name in sorted(start.leads_to)]
    while front:
        flow, way = front.pop(0)
        if way[-1] not in found:
            found[way[-1]] = (flow, way)
            front += [(flow, (*way, following)) for following in sorted(TABLE[way[-1]].leads_to)]
    return found


WAYS = ways()
