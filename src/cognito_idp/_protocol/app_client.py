"""An app client of a user pool: its ids, and its secret if it has one."""

from __future__ import annotations

from typing import Self

import attrs

from .._errors import ConfigError
from .arguments import TEXT, typed, typed_or_none
from .client_secret import secret_hash
from .foreign_json import parsed_json
from .pool_id import UserPoolId
from .redaction import redacted
from .tracebacks import clears_frames, guards_init


@guards_init
@attrs.frozen
class AppClient:
    """A user pool, one of its app clients, and the client's secret if it has one. `repr` hides the secret.

    `sign_in` takes it, and so does every request as its `client_id`. There it brings the id, and proves the secret as
    the operation asks for it: by `client_secret`, by `secret_hash` over the request's `username`, or by `SECRET_HASH`
    over the `USERNAME` among the parameters of a sign-in. What you set yourself is sent as it is.

    Raises:
        ConfigError: the pool id doesn't look like `eu-west-1_AbCdEfGhI`, or the client id or the secret is empty.
    """

    __module__ = "cognito_idp"

    user_pool_id: str
    client_id: str = attrs.field(validator=typed(TEXT))
    client_secret: str | None = attrs.field(default=None, repr=redacted, validator=typed_or_none(TEXT))

    def __attrs_post_init__(self) -> None:
        UserPoolId.parse(self.user_pool_id)
        if not self.client_id or self.client_secret == "":
            msg = "client_id and client_secret must not be empty; a client without a secret has client_secret=None"
            raise ConfigError(msg)

    @classmethod
    @clears_frames
    def from_secret(cls, json_text: str) -> Self:
        """Return the app client that a secret of AWS Secrets Manager describes.

        Amazon Cognito writes such a secret for an app client with `PublishSecretsInAWSSecretsManager`. Its
        `ClientSecretArn` says where. `json_text` is the secret's `SecretString`: a JSON object with the strings
        `userPoolId`, `userPoolClientId` and `clientSecretValue`. Other members are ignored. Cognito rotates the secret,
        every seven days by default, so read it again when a request is refused.

        The API reference names these members, in `UserPoolClientType`; this was not tried against AWS.

        Raises:
            ConfigError: the text is not such an object. The message doesn't show it.
        """
        problem = "is not JSON"
        try:
            data = parsed_json(json_text)
        except (TypeError, AttributeError, ValueError):
            data = problem
        else:
            problem = "is not a JSON object"
        # Raised outside the handler: a JSONDecodeError as __context__ would hold the whole text.
        if not isinstance(data, dict):
            msg = f"the secret of the app client {problem}"
            raise ConfigError(msg)
        wrong = [name for name in _IN_SECRETS_MANAGER if not isinstance(data.get(name), str)]
        if wrong:
            msg = f"the secret of the app client lacks the string {', '.join(wrong)}"
            raise ConfigError(msg)
        return cls(*(data[name] for name in _IN_SECRETS_MANAGER))

    @property
    def region(self) -> str | None:
        """The region that the pool's id begins with. None if it begins with another word, as on a local server."""
        return UserPoolId.parse(self.user_pool_id).region

    @property
    def pool_name(self) -> str:
        """The part of the pool's id after the region, which SRP calculations use."""
        return UserPoolId.parse(self.user_pool_id).name

    def hash_for(self, username: str) -> dict[str, str]:
        """Return the `SECRET_HASH` parameter for the name that is sent. Empty for a client without a secret."""
        if self.client_secret is None:
            return {}
        return {"SECRET_HASH": secret_hash(username, self.client_id, self.client_secret)}


# In the order of the class's own members.
_IN_SECRETS_MANAGER = ("userPoolId", "userPoolClientId", "clientSecretValue")
