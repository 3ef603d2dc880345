"""The one page of the Django application, which runs under ASGI and under WSGI."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path


def orders(request: Any) -> HttpResponse:
    """Answer with the user's name."""
    scope = getattr(request, "scope", None)
    claims = request.environ["cognito_idp.claims"] if scope is None else scope["state"]["claims"]
    return HttpResponse(claims.username)


urlpatterns = [path("orders", orders)]
