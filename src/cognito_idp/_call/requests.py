"""Request structs from the arguments of a method; one error reports everything that is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import RequestValidationError
from ..model.index import load_type

if TYPE_CHECKING:
    from .._structs.struct import Request


def made_request(name: str, members: dict[str, Any]) -> Request[Any]:
    """Return a request struct by its name.

    Raises:
        RequestValidationError: a member does not exist, is missing, or breaks its bounds.
    """
    cls: type[Request[Any]] = load_type(name)
    request: Request[Any] = object.__new__(cls)
    try:
        # The constructor is guarded, and so are all callers of this function.
        cls._unguarded_init(request, **members)
    except RequestValidationError as error:
        faults = error.faults
    except TypeError:
        from .._structs.hints import refusal

        refused = refusal(cls, members)
        if refused is None:
            raise
        faults = refused.faults
    else:
        return request
    raise RequestValidationError(name, faults)
