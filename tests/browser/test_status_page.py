"""The status page in Chromium: light, dark, on a telephone, without script, and when it is old.

The screenshots are in the test's directory; python -m tests.browser.pictures puts two of them into docs/pictures.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.screens import SCREENS, Screen, opened, served
from tests.unit.boot.status_day import NOW
from tests.unit.boot.status_pages import CASES
from tests.unit.disk import program

READABLE = 4.5  # WCAG 2.2, 1.4.3: text against its ground
VISIBLE = 3.0  # 1.4.11: what a picture is understood by
STATES = ("up", "down", "unknown")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; as root it has no sandbox, and it opens our own page only."""
    path = program("chromium", "chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Every golden page, at its name below this address."""
    with served() as address:
        yield address


Show = Callable[[str, Screen], Page]


@pytest.fixture
def show(browser: Browser, site: str) -> Iterator[Show]:
    """Open a page on a screen."""
    pages: list[Page] = []

    def show(name: str, screen: Screen) -> Page:
        pages.append(opened(browser, f"{site}/{name}.html", screen))
        return pages[-1]

    yield show
    for page in pages:
        page.context.close()


# Every page on the widest and the narrowest, one on all of them.
FITS = [
    (name, screen) for name in CASES for screen in SCREENS if screen in ("light", "narrowest") or name == "site-lost"
]


@pytest.mark.parametrize(("name", "screen"), FITS)
def test_the_page_fits_and_asks_once(name: str, screen: str, show: Show, tmp_path: Path) -> None:
    """One request and nothing wrong in the console; nothing reaches over the screen's edge; a picture to look at."""
    page = show(name, SCREENS[screen])
    assert page.requests() and [request.url for request in page.requests()] == [page.url]
    assert page.console_messages() == [] and page.page_errors() == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SCREENS[screen].width
    over = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert over == []
    page.screenshot(path=tmp_path / f"{name}-{screen}.png", full_page=True)


@pytest.mark.parametrize("screen", ["light", "dark"])
def test_words_and_states_stand_out_from_their_ground(screen: str, show: Show) -> None:
    """By computed styles: each text 4.5 to 1 at least, bars 3 to 1; the states' colours differ."""
    for name in ("site-lost", "good", "unanswered", "outage"):
        page = show(name, SCREENS[screen])
        texts = page.evaluate(_TEXTS)
        assert len(texts) > 40
        for words, colour, ground in texts:
            assert _contrast(colour, ground) >= READABLE, (name, words, colour, ground)
        bars = {state: _bars(page, state) for state in STATES}
        (card,) = set(page.evaluate("[getComputedStyle(document.querySelector('.card')).backgroundColor]"))
        for state, colours in bars.items():
            assert not [colour for colour in colours if _contrast(colour, card) < VISIBLE], (state, colours)
        seen = [colours for colours in bars.values() if colours]
        assert len({colour for colours in seen for colour in colours}) == len(seen)


def test_light_and_dark_are_what_the_device_asks_for(show: Show) -> None:
    grounds = [
        _luminance(show("good", SCREENS[screen]).evaluate("getComputedStyle(document.body).backgroundColor"))
        for screen in ("light", "dark")
    ]
    assert grounds[0] > 0.8 and grounds[1] < 0.1


def test_an_outage_of_a_moment_is_seen_on_a_telephone(show: Show) -> None:
    """SBG's instance was down for one sample: its mark is two pixels wide at least, and higher than the bar."""
    page = show("good", SCREENS["phone-dark"])
    marks = page.evaluate(
        "[...document.querySelectorAll('path.down')].map(p => p.getBBox().width / 288 *"
        " p.ownerSVGElement.getBoundingClientRect().width)"
    )
    assert len(marks) == 5 and min(marks) >= 2
    high, higher = (
        page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('path.{state}')).strokeWidth)")
        for state in ("up", "down")
    )
    assert higher > high


def test_colour_is_never_all_that_tells_a_state(show: Show) -> None:
    """Each state has its word, each picture is told in words beside it; headings are in their order."""
    page = show("site-lost", SCREENS["light"])
    words = page.locator(".state").all_inner_texts()
    assert set(words) == {"✓ works", "✕ does not work"}
    for part in page.locator(".part").all():
        assert re.search(r"\d %", part.locator(".small").inner_text())
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() == "meeting.organisation.fr"


def test_times_are_the_readers(show: Show) -> None:
    """14:28 UTC is 15:28 in Paris; without script the page says UTC, and to compare."""
    assert "15:28" in show("good", SCREENS["light"]).locator(".made").inner_text()
    plain = show("good-fr", Screen(width=360, script=False))
    assert "Page établie le 23 nov., 14:28 UTC. Comparez cette heure" in plain.locator(".made").inner_text()
    assert plain.locator(".old").is_hidden()


def test_a_page_that_is_old_says_so(show: Show) -> None:
    """By the device's clock, while it stays open and when it is opened; its headline claims nothing any more."""
    fresh = show("good", SCREENS["light"])
    assert fresh.locator(".old").is_hidden()
    green = _headline(fresh)
    fresh.clock.run_for(4 * 60_000)
    fresh.locator(".old").wait_for(state="visible")
    assert fresh.locator(".old b").inner_text() == "4"
    assert _headline(fresh) != green
    stale = show("good", Screen(width=360, now=NOW + 3 * 3600))
    assert stale.locator(".old").inner_text().startswith("This page is 180 minutes old")
    assert show("good", Screen(width=360, now=NOW - 600)).locator(".old").is_hidden()


def test_nothing_but_the_pages_own_script_runs(show: Show) -> None:
    """The policy in the page refuses any other, even if one got into it."""
    page = show("good", SCREENS["light"])
    with page.expect_event("requestfailed") as failed:
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
            " document.body.append(s); new Image().src = '/pixel.png'; }"
        )
    assert page.evaluate("window.ran") is None
    assert (failed.value.url.rpartition("/")[2], failed.value.failure) == ("pixel.png", "csp")


def _headline(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.headline')).backgroundColor"))


def _bars(page: Page, state: str) -> list[str]:
    """The colours of the strips' marks of a state, each once."""
    script = f"[...new Set([...document.querySelectorAll('path.{state}')].map(p => getComputedStyle(p).stroke))]"
    return [str(colour) for colour in page.evaluate(script)]


# Every element with words of its own that is shown, its colour, and the first ground below it that is not transparent.
_TEXTS = """
[...document.querySelectorAll('main *')]
  .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => {
    let below = e;
    while (getComputedStyle(below).backgroundColor === 'rgba(0, 0, 0, 0)') below = below.parentElement;
    return [e.textContent.trim(), getComputedStyle(e).color, getComputedStyle(below).backgroundColor];
  })
"""


def _contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """WCAG's relative luminance of rgb(r, g, b)."""
    found = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    assert found, colour
    parts = [int(value) / 255 for value in found.groups()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
