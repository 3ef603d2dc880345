"""The settings of a managed login, and the URLs that a browser is sent to."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self
from urllib.parse import quote, urlencode, urlsplit

import attrs
from attrs import field

from .._errors import ConfigError
from .._protocol.arguments import FLAG, FUNCTION, TEXT, Kind, check, check_given, typed, typed_or_none
from .._protocol.base64url import base64url
from .._protocol.tracebacks import clears_frames
from .._transport.lazy import not_copied
from ..tokens.core import Verification
from ..tokens.names import scopes as scope_names
from ..tokens.token_endpoint import TokenEndpoint
from .pending import PendingLogin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .._protocol.app_client import AppClient
    from ..tokens.async_verify import AsyncTokenVerifier
    from ..tokens.verify import TokenVerifier

# 43 characters of a verifier, the least that RFC 7636 (4.1) takes: 256 random bits.
_RANDOM_BYTES: Final = 32
_VERIFIER: Final = Kind(
    "a TokenVerifier or AsyncTokenVerifier",
    lambda value: isinstance(getattr(value, "_verification", None), Verification),
)


def _scopes(value: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(scope_names(value, "scopes")))


@attrs.frozen
class ManagedLogin:
    """Sign-in on the pages of the user pool's domain (managed login, or the classic hosted UI).

    ```
    login = ManagedLogin(app, domain="my-app", redirect_uri="https://app.example.com/signed-in")
    pending = login.begin()  # keep pending.to_state() for this browser, and redirect it to pending.url
    signed_in = client.complete_login(login, pending, callback_url)
    ```

    Create one and keep it: it holds the pool's keys. Clients of both kinds can share it, among threads and tasks.

    Args:
        app: the app client. It must allow the authorization-code grant, `redirect_uri` and the scopes.
        domain: the prefix of a domain of Amazon Cognito's (`"my-app"`), the name of your own
            (`"auth.example.com"`), or a whole URL, as for a local server.
        redirect_uri: where the pages send the browser afterwards, one of the app client's callback URLs.
        scopes: what to ask for; a string may hold several, separated by spaces. Without `openid`, there is no ID token,
            and so no proof of who signed in.
        region: the pool's region, if its id doesn't begin with it.
        use_fips: use the FIPS 140-3 endpoint of a prefix. In AWS GovCloud (US) there is no other.
        allow_http: allow a plain-http domain on another machine. `COGNITO_IDP_ALLOW_HTTP` in the environment allows it
            for the hosts that it names.
        verifier: a verifier whose settings and keys check the ID token, such as one for a local server. It must accept
            ID tokens of the app's pool; those of other pools are refused here. The client fetches the keys, whatever
            the verifier's own transport is. None: one of its own.
        token_bytes: a function that returns as many random bytes as you ask for.

    Raises:
        ConfigError: an argument can't be used.
        JwtNotInstalledError: PyJWT is not installed.
    """

    __module__ = "cognito_idp"

    app: AppClient
    domain: str = field(kw_only=True)
    redirect_uri: str = field(kw_only=True)
    scopes: tuple[str, ...] = field(default=("openid",), kw_only=True, converter=_scopes)
    region: str | None = field(default=None, kw_only=True, validator=typed_or_none(TEXT))
    use_fips: bool = field(default=False, kw_only=True, validator=typed(FLAG))
    allow_http: bool = field(default=False, kw_only=True, validator=typed(FLAG))
    verifier: TokenVerifier[Any] | AsyncTokenVerifier[Any] | None = field(
        default=None, kw_only=True, validator=typed_or_none(_VERIFIER)
    )
    token_bytes: Callable[[int], bytes] = field(
        default=os.urandom, kw_only=True, repr=False, eq=False, validator=typed(FUNCTION)
    )
    endpoint: TokenEndpoint = field(init=False, repr=False, eq=False)
    """The OAuth 2.0 endpoints of the domain."""
    verification: Verification = field(init=False, repr=False, eq=False)
    """What checks the ID token."""
    issuers: tuple[str, ...] = field(init=False, repr=False, eq=False)
    """The issuers of the app's pool. A verifier may accept those of other pools, too."""

    def __attrs_post_init__(self) -> None:
        endpoint = TokenEndpoint(
            self.app, domain=self.domain, region=self.region, use_fips=self.use_fips, allow_http=self.allow_http
        )
        _check_uri("redirect_uri", self.redirect_uri)
        if self.verifier is None:
            verification = Verification(self.app.user_pool_id, "id", client_ids=self.app, region=self.region)
        else:
            verification = self.verifier._verification  # noqa: SLF001 - its keys are used with the client's transport
        if not verification.accepts("id"):
            msg = "verifier= must accept ID tokens: token_use='id', or None for both kinds"
            raise ConfigError(msg)
        issuers = verification.issuers_of(self.app.user_pool_id)
        if not issuers:
            msg = f"verifier= must trust the pool {self.app.user_pool_id}, to which app= belongs"
            raise ConfigError(msg)
        object.__setattr__(self, "endpoint", endpoint)
        object.__setattr__(self, "issuers", issuers)
        object.__setattr__(self, "verification", verification)

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise not_copied(self, "the pool's keys")

    @clears_frames
    def begin(
        self,
        *,
        scopes: str | Iterable[str] | None = None,
        identity_provider: str | None = None,
        idp_identifier: str | None = None,
        lang: str | None = None,
        prompt: str | None = None,
        login_hint: str | None = None,
        resource: str | None = None,
    ) -> PendingLogin:
        """Begin a login: nothing is sent, and the browser goes to the `url` of the result.

        Args:
            scopes: what to ask for instead of the login's own scopes.
            identity_provider: the name of a provider whose page comes at once, such as `"Google"`.
            idp_identifier: the same by an identifier of the provider, such as a mail domain.
            lang: the language of the pages, such as `"de"`.
            prompt: `"login"` to ask again although somebody is signed in, `"none"` to ask nothing, `"select_account"`
                or `"consent"`.
            login_hint: the user name or the address to fill in.
            resource: the URI of the API that the access token is for, as its `aud` (RFC 8707).

        Raises:
            ConfigError: an argument has the wrong type or is empty, or both `identity_provider` and `idp_identifier`
                are set.
        """
        options = {
            "identity_provider": identity_provider,
            "idp_identifier": idp_identifier,
            "lang": lang,
            "prompt": prompt,
            "login_hint": login_hint,
            "resource": resource,
        }
        _check_texts(options)
        if identity_provider is not None and idp_identifier is not None:
            msg = "identity_provider= and idp_identifier= both name a provider: pass one of them"
            raise ConfigError(msg)
        wanted = self.scopes if scopes is None else _scopes(scopes)
        state, nonce, verifier = (base64url(self.token_bytes(_RANDOM_BYTES)) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": self.redirect_uri,
            **({"scope": " ".join(wanted)} if wanted else {}),
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge(verifier),
            "code_challenge_method": "S256",
            **{name: value for name, value in options.items() if value is not None},
        }
        return PendingLogin(
            url=self._url("/oauth2/authorize", query),
            client_id=self.app.client_id,
            scopes=wanted,
            state=state,
            nonce=nonce,
            code_verifier=verifier,
        )

    @clears_frames
    def logout_url(self, logout_uri: str | None = None, *, then: PendingLogin | None = None) -> str:
        """Return where a browser goes to end its session with the pages.

        Tokens stay valid: revoke them as well, with `revoke_login` or a session's `sign_out`.

        Args:
            logout_uri: where the pages send the browser afterwards, one of the app client's sign-out URLs.
            then: instead, a login of `begin` that follows at once, for another user to sign in.

        Raises:
            ConfigError: there is not exactly one of the two, or it has the wrong type.
        """
        if (logout_uri is None) == (then is None):
            msg = "logout_url() takes either logout_uri, or then= with a pending login"
            raise ConfigError(msg)
        if then is not None:
            check(_PENDING, then=then)
            return f"{self.endpoint.url}/logout?{urlsplit(then.url).query}"
        _check_uri("logout_uri", logout_uri)
        return self._url("/logout", {"client_id": self.app.client_id, "logout_uri": str(logout_uri)})

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.endpoint.url}{path}?{urlencode(query, quote_via=quote, safe='')}"


_PENDING: Final = Kind("a PendingLogin", lambda value: isinstance(value, PendingLogin))


def code_challenge(code_verifier: str) -> str:
    """Return the challenge for a code verifier (RFC 7636, 4.2, `S256`)."""
    return base64url(sha256(code_verifier.encode("ascii")).digest())


def _check_texts(texts: Mapping[str, str | None]) -> None:
    check_given(TEXT, **texts)
    for name, text in texts.items():
        if text is not None and (not text or not text.isprintable()):
            msg = f"{name}= is empty, or has unprintable characters"
            raise ConfigError(msg)


def _check_uri(name: str, uri: object) -> None:
    """Check for an absolute URI without a fragment (RFC 6749, 3.1.2), which may have a scheme of an app's own."""
    check(TEXT, **{name: uri})
    text = str(uri)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = None
    if parts is None or not parts.scheme or "#" in text or not text.isascii() or not text.isprintable() or " " in text:
        msg = f"{name} {text!r} is not an absolute URI without a fragment"
        raise ConfigError(msg)
