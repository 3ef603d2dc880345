"""Guards: a request gets through with a good token, or is refused as RFC 6750 asks. Names load on first use.

Each framework has a module of its own: `guards.asgi` (Starlette, Litestar, Quart, Django), `guards.wsgi` (Flask,
Django), `guards.fastapi` and `guards.aws_lambda`. This package exports what these share: a `Guard` decides over what a
request has `Presented`, with claims or a `Refusal`. Use them for a framework that has no module here.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._core import Guard as Guard
    from ._core import Presented as Presented
    from ._core import Refusal as Refusal
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(__name__, {"._core": "Guard Presented Refusal"})
