"""Somebody who uses the example app in a real browser, and the app on a port of this machine."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.support.browser import PATIENCE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI


@contextmanager
def served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    """Run an app within the block, by uvicorn in a thread, as `python -m examples.fastapi_app` runs it."""
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@attrs.define
class Person:
    """Somebody at a browser, who keeps what was seen: addresses, sources, and what scripts could read."""

    driver: Any
    origin: str
    seen: list[str] = attrs.field(factory=list)

    def open(self, path: str) -> None:
        """Type in an address."""
        self.driver.get(self.origin + path)
        self._look()

    def fill(self, **fields: str) -> None:
        """Fill in the form, and send it."""
        for name, value in fields.items():
            field = self.driver.find_element("id", name)
            field.clear()
            field.send_keys(value)
        self.press("#main button")

    def press(self, selector: str) -> None:
        """Press a button, and wait for the page that it leads to."""
        page = self.driver.execute_script("return performance.timeOrigin")
        self.driver.find_element("css selector", selector).click()
        another = "return performance.timeOrigin != arguments[0] && document.readyState == 'complete'"
        self._until(lambda driver: driver.execute_script(another, page))
        self._look()

    def told(self, selector: str) -> str:
        """Press a button, and return the problem that a script then shows beside it."""
        button = self.driver.find_element("css selector", selector)
        button.click()
        place = button.find_element("xpath", "./..//*[@role='alert']")
        self._until(lambda _: place.text)
        self._look()
        text: str = place.text
        return text

    def wait_for(self, condition: str) -> None:
        """Wait until a script returns true, on whatever page is shown by then."""
        self._until(lambda driver: driver.execute_script(condition))
        self._look()

    def wait_for_text(self, selector: str) -> str:
        """Wait until some page has an element with text, without a script, and return the text."""
        return str(self._until(lambda driver: driver.find_element("css selector", selector).text))

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        found: str = self.driver.find_element("css selector", selector).text
        return found

    @property
    def path(self) -> str:
        """The address, without the origin."""
        url: str = self.driver.current_url
        return url.removeprefix(self.origin)

    def is_in_sight(self, selector: str) -> bool:
        """Whether an element is within the window, wherever the browser has scrolled to."""
        within: bool = self.driver.execute_script(
            "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return box.top >= 0 && box.bottom <= innerHeight",
            selector,
        )
        return within

    def fits(self) -> bool:
        """Whether the page is no wider than the window."""
        wide: bool = self.driver.execute_script(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return not wide

    def _until(self, condition: Callable[[Any], Any]) -> Any:
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        # A question that a change of pages breaks off is asked again.
        wait = WebDriverWait(self.driver, PATIENCE, 0.05, ignored_exceptions=(WebDriverException,))
        return wait.until(condition)

    def _look(self) -> None:
        readable = "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        self.seen += [self.driver.page_source, self.driver.execute_script(readable)]
