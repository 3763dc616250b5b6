"""A person's browser in a home of namespaces: Debian's Chromium, by Playwright, and its Firefox, by Marionette."""

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Error, sync_playwright

from lab.network_namespace import entered
from tests.edge.namespaces import Namespaces
from tests.unit.disk import program
from tests.unit.waiting import eventually

_MARIONETTE = 2828
_PREFERENCES = {
    "devtools.jsonview.enabled": False,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Browser(Protocol):
    """What a person does with one."""

    def opens(self, url: str, patience: float) -> str:
        """Type an address, or reload it; empty when the page came, else what is said, or that there was nothing."""

    def runs(self, script: str, argument: object, patience: float = 60) -> Any:  # noqa: ANN401 - JSON
        """The result of a page's asynchronous function, given its source and its argument."""


class Chromium:
    """The page of one Chromium."""

    def __init__(self, page: Any) -> None:  # noqa: ANN401 - Playwright's
        self._page = page

    def opens(self, url: str, patience: float) -> str:
        """By the address bar."""
        try:
            self._page.goto(url, timeout=patience * 1000, wait_until="domcontentloaded")
        except Error as error:
            return str(error).splitlines()[0]
        return ""

    def runs(self, script: str, argument: object, patience: float = 60) -> Any:  # noqa: ANN401 - JSON
        """In the page."""
        return self._page.evaluate(script, argument)


@contextlib.contextmanager
def chromium(home: Namespaces, directory: Path, trusted: Path | None = None) -> Iterator[Browser]:
    """Chromium at home; as root it has no sandbox, and it opens our own page only.

    Args:
        home: where it runs.
        directory: for its files.
        trusted: an authority's certificate that it is to take for one, beside pages, whose certificates it ignores.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if trusted:
        _trust(directory / ".pki/nssdb", trusted)
    wrapper = directory / "chromium.sh"
    command = " ".join(home.command("env", f"HOME={directory}", program("chromium", "chromium")))
    wrapper.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    wrapper.chmod(0o755)
    args = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=wrapper, args=args)
        yield Chromium(browser.new_page(ignore_https_errors=True))
        browser.close()


class Firefox:
    """One Firefox, over the protocol of its own remote control (Marionette)."""

    def __init__(self, home: Namespaces) -> None:
        self._number = 0
        with entered(home.pid):
            self._socket = socket.create_connection(("127.0.0.1", _MARIONETTE), timeout=60)
        self._stream = self._socket.makefile("rb")
        self._answer()  # who it is
        self._ask("WebDriver:NewSession", {"acceptInsecureCerts": True})

    def opens(self, url: str, patience: float) -> str:
        """By the address bar."""
        self._ask("WebDriver:SetTimeouts", {"pageLoad": int(patience * 1000)})
        try:
            self._ask("WebDriver:Navigate", {"url": url}, patience + 30)
        except RefusedError as refused:
            return str(refused)
        return ""

    def runs(self, script: str, argument: object, patience: float = 60) -> Any:  # noqa: ANN401 - JSON
        """In the page; its last argument is what takes the result."""
        body = (
            "const [given, done] = arguments;"
            f"({script})(given).then(found => done({{found}}), error => done({{error: `${{error}}`}}));"
        )
        self._ask("WebDriver:SetTimeouts", {"script": int(patience * 1000)})
        asked = {"script": body, "args": [argument], "newSandbox": False, "sandbox": None}
        came = self._ask("WebDriver:ExecuteAsyncScript", asked, patience + 30)["value"]
        if "error" in came:
            raise RefusedError(came["error"])
        return came.get("found")

    def _ask(self, name: str, given: dict[str, Any], patience: float = 60) -> Any:  # noqa: ANN401 - JSON
        self._number += 1
        text = json.dumps([0, self._number, name, given])
        self._socket.settimeout(patience)
        self._socket.sendall(f"{len(text.encode())}:{text}".encode())
        _, number, error, result = self._answer()
        assert number == self._number, (number, self._number)
        if error:
            raise RefusedError(f"{error['error']}: {error['message']}")
        return result

    def _answer(self) -> Any:  # noqa: ANN401 - JSON
        length = b""
        while not length.endswith(b":"):
            length += self._stream.read(1) or _ended()
        return json.loads(self._stream.read(int(length[:-1])))


class RefusedError(Exception):
    """What Firefox did not do, in its words."""


def _ended() -> bytes:
    raise RefusedError("Firefox has ended")


@contextlib.contextmanager
def firefox(home: Namespaces, directory: Path, trusted: Path | None = None) -> Iterator[Browser]:
    """The same for Firefox, which has no words for its settings."""
    profile = directory / "profile"
    profile.mkdir(parents=True, exist_ok=True)
    if trusted:
        _trust(profile, trusted)
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in _PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    words = ["env", f"HOME={directory}", "MOZ_DISABLE_CONTENT_SANDBOX=1", program("firefox-esr", "firefox-esr")]
    words += ["--headless", "--no-remote", "--marionette", "--profile", str(profile)]
    with (directory / "firefox.log").open("w") as log:
        running = subprocess.Popen(home.command(*words), stdout=log, stderr=log)
        try:
            yield eventually(lambda: Firefox(home), bool, seconds=180, what="Firefox' remote control")
        finally:
            home.run("pkill", "-KILL", "firefox", check=False)
            running.wait(timeout=10)


def _trust(database: Path, authority: Path) -> None:
    """Both browsers look into such a database of certificates."""
    database.mkdir(parents=True, exist_ok=True)
    words = [program("certutil", "libnss3-tools"), "-d", f"sql:{database}"]
    subprocess.run([*words, "-N", "--empty-password"], check=True)
    subprocess.run([*words, "-A", "-n", "authority", "-t", "C,,", "-i", str(authority)], check=True)
