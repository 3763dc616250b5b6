"""The golden status pages, served, and the screens that people have."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.unit.boot.status_day import NOW
from tests.unit.boot.status_pages import DIRECTORY
from tests.unit.serving import serving


@dataclass(frozen=True)
class Screen:
    """Pixels of CSS, and what else a device brings; `now` is its clock, in seconds since 1970."""

    width: int
    scheme: Literal["light", "dark"] = "light"
    script: bool = True
    now: int = NOW + 20


SCREENS = {
    "light": Screen(960),
    "dark": Screen(960, "dark"),
    "phone": Screen(360),
    "phone-dark": Screen(360, "dark"),
    "narrowest": Screen(320),  # what WCAG 2.2, 1.4.10 asks for
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of a server that has every golden page, at its name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(DIRECTORY)))
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def opened(browser: Browser, url: str, screen: Screen) -> Page:
    """A page on a screen in Paris, all of it loaded; its clock is the test's."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": 800},
        color_scheme=screen.scheme,
        java_script_enabled=screen.script,
        timezone_id="Europe/Paris",
        locale="en-GB",
    )
    page = context.new_page()
    page.clock.install(time=screen.now)
    page.goto(url, wait_until="networkidle")
    return page
