"""Which certificate authorities the environment says to trust."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Bundle(NamedTuple):
    """A file, or a folder in OpenSSL's form, and the environment variable that names it."""

    variable: str
    path: str

    @property
    def is_folder(self) -> bool:
        """Whether the path is a folder."""
        return os.path.isdir(self.path)  # noqa: PTH112 - pathlib would cost the cold start 2 ms

    def unusable(self, problem: object) -> ConfigError:
        """Return the error for a bundle without certificates."""
        return ConfigError(f"{self.variable}={self.path!r}: no certificates can be read from it: {problem}")


def bundle_of(environ: Mapping[str, str] = os.environ) -> Bundle | None:
    """Return what the first of `AWS_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR` names; None where none is set."""
    return next((Bundle(variable, path) for variable in _VARIABLES if (path := environ.get(variable))), None)
