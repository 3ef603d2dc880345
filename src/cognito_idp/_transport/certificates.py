"""The trusted certificate authorities and the resulting TLS settings: one rule for every engine.

As in boto3, the first of these that is set counts: `AWS_CA_BUNDLE`, the profile's `ca_bundle`, `REQUESTS_CA_BUNDLE`;
then OpenSSL's `SSL_CERT_FILE` and `SSL_CERT_DIR`; otherwise certifi's bundle. Each may name a file, or a folder in
OpenSSL's format.
"""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from .._errors import ConfigError
from .._flow.locks import new_lock
from .._protocol.redaction import Record

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping


class Bundle(Record):
    """A file or folder of certificates, or their text; `where` is the setting that names it, for error messages."""

    __slots__ = _fields = ("where", "path", "text")

    def __init__(self, where: str, path: str, text: str | None = None) -> None:
        self.where = where
        self.path = path
        self.text = text


class Authorities:
    """The trusted certificate authorities."""

    def __init__(
        self, profile: Bundle | Callable[[], Bundle | None] | None = None, environ: Mapping[str, str] = os.environ
    ) -> None:
        """Take the profile's `ca_bundle`, or a function that returns it, called only if no earlier setting wins."""
        self._profile = profile
        self._environ = environ
        self._ssl_context: ssl.SSLContext | None = None

    def ssl_context(self) -> ssl.SSLContext:
        """Return the TLS settings; the first call reads the certificates and blocks for about 20 ms.

        Clients with the same authorities share one context, so don't change it.

        Raises:
            ConfigError: a setting names something that no certificates can be read from.
        """
        if self._ssl_context is None:
            self._ssl_context = _context_of(self._bundle())
        return self._ssl_context

    def _bundle(self) -> Bundle:
        return next(self._bundles())

    def _bundles(self) -> Iterator[Bundle]:
        yield from self._variables("AWS_CA_BUNDLE")
        bundle = self._profile() if callable(self._profile) else self._profile
        if bundle is not None:
            yield bundle
        yield from self._variables("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
        yield _bundle_of_certifi()

    def _variables(self, *names: str) -> Iterator[Bundle]:
        yield from (Bundle(name, path) for name in names if (path := self._environ.get(name)))


def _bundle_of_certifi() -> Bundle:
    # `import certifi` and its `where()` take 10 ms of a cold start, mostly for importlib.resources; this takes 0.1 ms.
    if "certifi" not in sys.modules:
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec("certifi")
        folder = os.path.dirname(spec.origin) if spec is not None and spec.origin else ""  # noqa: PTH120 - pathlib would cost the cold start 2 ms
        path = os.path.join(folder, "cacert.pem")  # noqa: PTH118 - see above
        if folder and os.path.isfile(path):  # noqa: PTH113 - see above
            return Bundle("certifi", path)
    # The certificates are elsewhere: in a zip file, where a program has put them, or in the system's store (Debian).
    import certifi

    try:
        return Bundle("certifi", certifi.where())
    except OSError:
        # They are in a zip file, and no folder takes a copy.
        return Bundle("certifi", "certifi.contents()", certifi.contents())


# While one thread reads certificates, others wait rather than read them too.
_READING = new_lock()


def _context_of(bundle: Bundle) -> ssl.SSLContext:
    try:
        with _READING:
            if bundle.text is not None:
                return _context(bundle.path, (), bundle.text)
            status = os.stat(bundle.path)  # noqa: PTH116 - see above
            # A changed bundle counts as a new one: clients made later trust its new content.
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            return _context(bundle.path, stamp, None)
    except (OSError, ValueError) as error:
        # An `ssl.SSLError` is an OSError; a path with a NUL is a ValueError.
        msg = f"{bundle.where} {bundle.path!r}: no certificates can be read from it: {error}"
        raise ConfigError(msg) from error


@lru_cache(maxsize=8)
def _context(path: str, stamp: tuple[int, ...], text: str | None) -> ssl.SSLContext:  # noqa: ARG001 - the stamp is for the cache
    import ssl

    if text is not None:
        context = ssl.create_default_context(cadata=text)
    elif os.path.isdir(path):  # noqa: PTH112 - see above
        # OpenSSL reads the folder during a handshake, and doesn't report an unreadable or empty one.
        if not any(re.fullmatch(_HASHED, name) for name in os.listdir(path)):  # noqa: PTH208 - see above
            msg = "no file of the folder is named as `openssl rehash` does it, such as 5ed36f99.0"
            raise OSError(msg)
        context = ssl.create_default_context(capath=path)
    elif not os.path.isfile(path):  # noqa: PTH113 - see above
        # OpenSSL would wait for a pipe for ever.
        msg = "it is neither a file nor a folder"
        raise OSError(msg)
    else:
        context = ssl.create_default_context(cafile=path)
    # The system's policy may require more than this.
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.set_alpn_protocols(["http/1.1"])
    # Some 3.11 set it, Debian's among them: an answer that somebody cut off would look whole.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    return context


_HASHED = r"[0-9a-f]{8}\.[0-9]+"
