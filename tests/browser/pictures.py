"""The documentation's pictures of the status page: python -m tests.browser.pictures."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.screens import SCREENS, opened, served
from tests.configuration import ROOT
from tests.unit.disk import program

PICTURES = {"status-page-light.png": ("good", "light"), "status-page-phone-dark.png": ("site-lost-fr", "phone-dark")}
HEIGHT = 1000  # of the picture, not of the page


def main() -> None:
    """Take them anew."""
    directory: Path = ROOT / "docs/pictures"
    with served() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=["--no-sandbox"])
        for file, (name, screen) in PICTURES.items():
            page = opened(browser, f"{site}/{name}.html", SCREENS[screen])
            page.set_viewport_size({"width": SCREENS[screen].width, "height": HEIGHT})
            page.screenshot(path=directory / file)
        browser.close()


if __name__ == "__main__":
    main()
