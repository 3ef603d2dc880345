"""The OAuth 2.0 endpoints of a user pool's domain, as flows: the grants, revocation, and userInfo.

Each request is made here as plain data, and each answer is read here. What is sent again, and when, is decided as for
any other call (`_call/invoke.py`): by the client's retry policy, limits and observer.

Sources: RFC 6749 (2.3.1, 4.1.3, 4.4, 5, 6), RFC 7009, RFC 7636 (4.5), RFC 8707; OpenID Connect Core 1.0 (5.3); Cognito
developer guide, "User pool endpoints and managed login reference".
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar
from urllib.parse import quote_plus, urlencode

import attrs

from .._call.deadline import Deadline
from .._call.invoke import answered
from .._call.remedies import Remedies
from .._errors import ConfigError, InvalidResponseError
from .._protocol.app_client import AppClient
from .._protocol.arguments import FLAG, TEXT, check, instance_of, typed, typed_or_none
from .._protocol.endpoint import Endpoint, domain_url, target_of
from .._protocol.oauth_errors import BY_CODE, ERROR_CODE, OAuthError
from .._protocol.redaction import Opaque, masked
from .._protocol.response import SUCCESS, json_object, request_id
from .._protocol.wire import HttpRequest
from .._settings.config import http_hosts_in
from ..types import AuthenticationResultType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .._call.options import Options
    from .._call.watch import Watch
    from .._flow.effects import Flow
    from .._protocol.wire import Headers, HttpResponse

R = TypeVar("R")

# The paths below the domain, which are also the operations' names in events and errors.
TOKEN: Final = "oauth2/token"  # noqa: S105 - a path
REVOKE: Final = "oauth2/revoke"
USER_INFO: Final = "oauth2/userInfo"

_FORM: Final = "application/x-www-form-urlencoded"
# RFC 6750, 3: the code where the body has none.
_CODE_IN_HEADER: Final = re.compile(r'\berror="?([A-Za-z_]{1,80})')
_REDIRECTS: Final = range(300, 400)
_DIGITS: Final = re.compile("[0-9]{1,10}")
# A longer life than any token has; beyond it, sums of times would overflow.
_LONGEST_LIFE: Final = 2**31


class _Call(NamedTuple):
    """What is sent, and how the answer is read. `secrets` are parts of the request that no error may show."""

    operation: str
    headers: Opaque[Headers]
    body: Opaque[bytes] | None
    secrets: Opaque[tuple[str, ...]]
    is_repeatable: bool


@attrs.frozen
class TokenEndpoint:
    """The OAuth 2.0 endpoints of a user pool's domain, for one app client.

    `MachineSession` and `UserSession` take it where tokens should come from the domain instead of the user pools API.
    `ManagedLogin` has one, and can stand in its place.

    The client secret goes into the header (`client_secret_basic`), encoded as RFC 6749 (2.3.1) says, and never into
    the body. No redirect is followed.

    Args:
        app: the app client.
        domain: the prefix of a domain of Amazon Cognito's (`"my-app"`), the name of your own
            (`"auth.example.com"`), or a whole URL, as for a local server.
        region: the region of a prefix, if the pool's id doesn't begin with it.
        use_fips: use the FIPS 140-3 endpoint of a prefix. In AWS GovCloud (US) there is no other.
        allow_http: allow a plain-http URL of another machine. `COGNITO_IDP_ALLOW_HTTP` in the environment allows it
            for the hosts that it names.

    Raises:
        ConfigError: an argument can't be used.
    """

    __module__ = "cognito_idp"

    app: AppClient = attrs.field(validator=typed(instance_of(AppClient, "an AppClient(user_pool_id, client_id)")))
    domain: str = attrs.field(kw_only=True, validator=typed(TEXT))
    region: str | None = attrs.field(default=None, kw_only=True, validator=typed_or_none(TEXT))
    use_fips: bool = attrs.field(default=False, kw_only=True, validator=typed(FLAG))
    allow_http: bool = attrs.field(default=False, kw_only=True, validator=typed(FLAG))
    url: str = attrs.field(init=False, repr=False, eq=False)
    """The URL of the domain."""

    def __attrs_post_init__(self) -> None:
        url = domain_url(
            self.domain,
            self.region or self.app.region,
            use_fips=self.use_fips,
            allow_http=True if self.allow_http else http_hosts_in(os.environ),
        )
        object.__setattr__(self, "url", url)

    def code_grant(
        self, options: Options, code: str, code_verifier: str, redirect_uri: str
    ) -> Flow[AuthenticationResultType]:
        """Exchange an authorization code for tokens. A code works once, so the request is not repeated if it was sent.

        Raises:
            OAuthError: the endpoint refuses; for a code, as `InvalidGrantError`.
            CognitoIdpError: as for a client's `send`.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        call = self._form_call(TOKEN, form, (code, code_verifier), is_repeatable=False)
        return self._answered(call, options, _read_tokens)

    def refresh_grant(self, options: Options, refresh_token: str) -> Flow[AuthenticationResultType]:
        """Exchange a refresh token for tokens. It may be replaced by this, so the request is not repeated either.

        Raises:
            OAuthError: the endpoint refuses; for a refresh token, as `InvalidGrantError`.
            CognitoIdpError: as for a client's `send`.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        call = self._form_call(TOKEN, form, (refresh_token,), is_repeatable=False)
        return self._answered(call, options, _read_tokens)

    def client_credentials_grant(
        self, options: Options, scopes: Iterable[str] = (), resource: str | None = None
    ) -> Flow[AuthenticationResultType]:
        """Return an access token for the app client itself. Without scopes, it has all that the app client may have.

        `resource` is the URI of the API that the token is for, as its `aud`.

        Raises:
            ConfigError: the app client has no secret.
            OAuthError: the endpoint refuses.
            CognitoIdpError: as for a client's `send`.
        """
        if self.app.client_secret is None:
            msg = "the client-credentials grant needs an app client with a secret; this one has none"
            raise ConfigError(msg)
        form = {"grant_type": "client_credentials"}
        if scope := " ".join(scopes):
            form["scope"] = scope
        if resource is not None:
            form["resource"] = resource
        return self._answered(self._form_call(TOKEN, form, (), is_repeatable=True), options, _read_tokens)

    def revoked(self, options: Options, refresh_token: str) -> Flow[None]:
        """Revoke a refresh token and the access tokens made from it. One that isn't valid any more is no error.

        Raises:
            OAuthError: the endpoint refuses.
            CognitoIdpError: as for a client's `send`.
        """
        call = self._form_call(REVOKE, {"token": refresh_token}, (refresh_token,), is_repeatable=True)
        return self._answered(call, options, _read_nothing)

    def user_info(self, options: Options, access_token: str) -> Flow[dict[str, Any]]:
        """Return the claims about the user whom an access token with the scope `openid` belongs to.

        Raises:
            OAuthError: the endpoint refuses; for a token, as `InvalidTokenError`.
            CognitoIdpError: as for a client's `send`.
        """
        headers: Headers = (("authorization", f"Bearer {access_token}"),)
        call = _Call(USER_INFO, Opaque(headers), None, Opaque((access_token,)), is_repeatable=True)
        return self._answered(call, options, _read_user_info)

    def _form_call(
        self, operation: str, form: Mapping[str, str], secrets: tuple[str, ...], *, is_repeatable: bool
    ) -> _Call:
        app = self.app
        headers: Headers = (("content-type", _FORM),)
        if app.client_secret is None:
            form = {**form, "client_id": app.client_id}
        else:
            authorization = basic(app.client_id, app.client_secret)
            headers = (*headers, ("authorization", authorization))
            secrets = (*secrets, app.client_secret, authorization)
        body = _encoded(urlencode, form).encode("ascii")
        return _Call(operation, Opaque(headers), Opaque(body), Opaque(secrets), is_repeatable)

    def _answered(self, call: _Call, options: Options, read: Callable[[HttpResponse], R]) -> Flow[R]:
        watch = options.watch(call.operation)
        return watch.over(self._exchanged(call, options, watch, read))

    def _exchanged(self, call: _Call, options: Options, watch: Watch, read: Callable[[HttpResponse], R]) -> Flow[R]:
        # Observers and retry policies run below this frame, so no variable here holds a secret.
        endpoint = Endpoint(self.url, self.region or self.app.region)
        target = target_of(endpoint)
        url = endpoint.below(f"/{call.operation}")
        deadline = Deadline(options.timeout.total, options.monotonic)
        limits = options.limits if call.is_repeatable else options.fresh_limits
        watch.call_started(options.new_id(), target)

        def request(_: int) -> Flow[HttpRequest]:
            yield from ()
            own = () if options.own_headers is None else options.own_headers.value
            headers = (("host", target.host), ("accept", "application/json"), *options.headers, *call.headers.value)
            method, body = "GET", b""
            if call.body is not None:
                method, body = "POST", call.body.value
                headers = (*headers, ("content-length", str(len(body))))
            return HttpRequest(method, url, (*headers, *own), body, deadline.shortened(limits))

        def checked(answer: HttpResponse) -> R:
            if answer.status_code in SUCCESS:
                return read(answer)
            raise _refusal(answer, call)

        result, _ = yield from answered(
            call.operation,
            request,
            checked,
            Remedies(options, watch),
            watch,
            deadline,
            is_repeatable=call.is_repeatable,
        )
        return result


class HasEndpoint(Protocol):
    """What has a token endpoint: a `ManagedLogin`, whose room lies above this one."""

    @property
    def endpoint(self) -> TokenEndpoint:
        """The endpoint."""
        ...


def endpoint_of(owner: object, app: AppClient, setting: str) -> TokenEndpoint:
    """Return a token endpoint, or that of what has one, for an app client.

    Raises:
        ConfigError: there is none, or it has another `AppClient`. The message names the setting.
    """
    endpoint: Any = getattr(owner, "endpoint", owner)
    check(instance_of(TokenEndpoint, "a TokenEndpoint or a ManagedLogin"), **{setting: endpoint})
    if endpoint.app != app:
        msg = f"{setting}= has another AppClient than app= (pool, client id or secret)"
        raise ConfigError(msg)
    result: TokenEndpoint = endpoint
    return result


def basic(client_id: str, client_secret: str) -> str:
    """Return an `authorization` header: both are form-encoded before base64 (RFC 6749, 2.3.1)."""
    credentials = ":".join(_encoded(quote_plus, text) for text in (client_id, client_secret))
    return f"Basic {b64encode(credentials.encode('ascii')).decode('ascii')}"


def _encoded(encode: Callable[[Any], str], value: object) -> str:
    try:
        return encode(value)
    except UnicodeEncodeError:
        pass
    # Raised outside the handler: the error above holds the text, and must not become this one's context.
    msg = "the request can't be sent: a value has half a surrogate pair, which UTF-8 can't encode"
    raise ConfigError(msg)


def _refusal(answer: HttpResponse, call: _Call) -> OAuthError | InvalidResponseError:
    """Return what an answer stands for that is not a success."""
    members: dict[str, Any] = {}
    unreadable: InvalidResponseError | None = None
    try:
        members = json_object(answer, call.operation)
    except InvalidResponseError as error:
        unreadable = error
    in_header = _CODE_IN_HEADER.search(answer.header("www-authenticate") or "")
    code = members.get("error") or (in_header and in_header[1].lower())
    if not isinstance(code, str) or not ERROR_CODE.fullmatch(code):
        if answer.status_code in _REDIRECTS:
            return _unreadable("a redirect, which is not followed", answer, call.operation)
        return unreadable or _unreadable("an error without a code", answer, call.operation)
    secrets = call.secrets.value
    description, uri = (
        masked(text, secrets) if isinstance(text, str) else ""
        for text in (members.get("error_description"), members.get("error_uri"))
    )
    return BY_CODE.get(code, OAuthError)(
        description,
        # A known code is never a secret, even if a short secret is a part of it.
        code=code if code in BY_CODE else masked(code, secrets),
        status_code=answer.status_code,
        request_id=request_id(answer),
        operation=call.operation,
        members={"error_uri": uri} if uri else None,
    )


def _unreadable(problem: str, answer: HttpResponse, operation: str) -> InvalidResponseError:
    return InvalidResponseError(
        problem,
        status_code=answer.status_code,
        body=answer.body,
        content_type=answer.header("content-type"),
        request_id=request_id(answer),
        operation=operation,
    )


def _read_tokens(answer: HttpResponse) -> AuthenticationResultType:
    """Return the tokens of a successful answer (RFC 6749, 5.1)."""
    members = json_object(answer, TOKEN)
    tokens = {name: members.get(name) for name in ("access_token", "refresh_token", "id_token")}
    token_type = members.get("token_type")
    # Cognito's tokens are bearer tokens, and a token of a type that one doesn't know must not be used (RFC 6749, 7.1).
    checks = (
        (all(token is None or isinstance(token, str) for token in tokens.values()), "a token is not a string"),
        (bool(tokens["access_token"]), "it has no access_token"),
        (str(token_type).lower() == "bearer", "its token_type is not Bearer"),
    )
    for fits, problem in checks:
        if not fits:
            raise _unreadable(problem, answer, TOKEN)
    return AuthenticationResultType(**tokens, token_type=token_type, expires_in=_seconds(members.get("expires_in")))


def _seconds(lifetime: object) -> int | None:
    """Return a whole number in any of its forms, and None for anything else.

    `expires_in` is optional (RFC 6749, 5.1), and the answer may hold the only valid refresh token.
    """
    if isinstance(lifetime, str) and _DIGITS.fullmatch(lifetime):
        lifetime = int(lifetime)
    if isinstance(lifetime, float) and lifetime.is_integer():
        lifetime = int(lifetime)
    return lifetime if type(lifetime) is int and 0 <= lifetime < _LONGEST_LIFE else None


def _read_user_info(answer: HttpResponse) -> dict[str, Any]:
    """Return the claims of a successful answer (OpenID Connect Core 1.0, 5.3.2)."""
    claims = json_object(answer, USER_INFO)
    if not isinstance(claims.get("sub"), str):
        problem = "it has no sub"
        raise _unreadable(problem, answer, USER_INFO)
    return claims


def _read_nothing(_: HttpResponse) -> None:
    """Any success will do (RFC 7009, 2.2)."""
