"""The pages: the parts of a form, and the Jinja templates that show it and escape every text."""

from __future__ import annotations

import io
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .problems import Problem

TEMPLATES: Final = Path(__file__).with_name("templates")

NOTICES: Final[Mapping[str, str]] = {
    "confirmed": "Your address is confirmed. Sign in now.",
    "password-changed": "Your password is changed. Sign in with it now.",
    "session-ended": "Your session has ended. Sign in again.",
    "sign-in-ended": "This sign-in took too long, or was tried too often. Begin again.",
    "signed-out": "You are signed out.",
    "signed-out-everywhere": "You are signed out on all devices.",
    "code-sent": "Another code is on its way, if it can be sent to this address.",
    "totp-on": "Your authenticator app is set up. Its code is asked for from now on.",
    "totp-off": "Your authenticator app is not asked for any more.",
    "passkey-added": "Your passkey is set up. You can sign in with it from now on.",
    "passkey-deleted": "The passkey is deleted here. Delete it on your device, too.",
}
"""The notices on top of a page. A URL names one of these, so nobody can make links that show another text."""


@attrs.frozen
class Field:
    """An input of a form; `autocomplete` tells password managers and phones what to fill in."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    value: str = attrs.field(default="", repr=False)
    max_length: int = 256

    @property
    def is_code(self) -> bool:
        """Whether the input takes the digits of a code."""
        return self.autocomplete == "one-time-code"


@attrs.frozen
class Choice:
    """One of several answers."""

    value: str
    label: str


@attrs.frozen
class Link:
    """A link, or with `is_post` a button, to another page."""

    path: str
    label: str
    is_post: bool = False


@attrs.frozen(kw_only=True)
class Form:
    """A page with a form."""

    title: str
    action: str
    submit: str
    intro: str = ""
    fields: tuple[Field, ...] = ()
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    passkeys: bool = False
    totp_uri: str = attrs.field(default="", repr=False)
    totp_secret: str = attrs.field(default="", repr=False)


EMAIL: Final = Field("email", "E-mail address", "email", "username", max_length=128)
EMAIL_OR_PASSKEY: Final = attrs.evolve(EMAIL, autocomplete="username webauthn")
PASSWORD: Final = Field("password", "Password", "password", "current-password")
NEW_PASSWORD: Final = Field(
    "new_password", "New password", "password", "new-password", "At least 8 characters: A, a, 1 and a symbol."
)
FIRST_PASSWORD: Final = attrs.evolve(NEW_PASSWORD, label="Password")
CODE: Final = Field("code", "Code", "text", "one-time-code", max_length=8)


def filled_in(field: Field, value: str) -> Field:
    """Return an input with a value filled in."""
    return attrs.evolve(field, value=value)


def qr_svg(uri: str) -> Markup:
    """Return a QR code as an `svg` element, which needs no script, style or extra request."""
    out = io.BytesIO()
    segno.make(uri, micro=False, error="m").save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        border=4,
        svgclass="qr",
        lineclass=None,
        light="#fff",
    )
    # segno draws it, and its output contains no text of the URI.
    return Markup(out.getvalue().decode())


class Pages:
    """Renders answers from templates."""

    def __init__(self, name: str) -> None:
        """Take the app's name, which every page shows."""
        self._environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
        self._environment.globals = {"app_name": name, "qr_svg": qr_svg}

    def form(self, form: Form, problem: Problem | None = None, *, notice: str | None = None) -> HTMLResponse:
        """Show a form, and what was wrong with the last attempt."""
        return self._page("form.html", problem, form=form, notice=NOTICES.get(notice or ""))

    def account(self, *, notice: str | None, **facts: Any) -> HTMLResponse:
        """Show the account page of a signed-in person."""
        return self._page("account.html", None, notice=NOTICES.get(notice or ""), **facts)

    def problem(self, problem: Problem) -> HTMLResponse:
        """Show a problem on its own page."""
        return self._page("problem.html", problem, title=HTTPStatus(problem.status).phrase)

    def _page(self, template: str, problem: Problem | None, **context: Any) -> HTMLResponse:
        text = self._environment.get_template(template).render(problem=problem, **context)
        if problem is None:
            return HTMLResponse(text)
        return HTMLResponse(text, problem.status, problem.headers)
