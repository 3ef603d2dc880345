"""The response of an operation that answers nothing; a family loads it if one of its operations is such."""

from __future__ import annotations

import attrs

from .struct import Response


@attrs.define(frozen=True, kw_only=True, slots=True, repr=False, eq=False)
class EmptyResponse(Response):
    """The response of an operation without response members, such as `AdminDeleteUser`."""

    __module__ = "cognito_idp"
