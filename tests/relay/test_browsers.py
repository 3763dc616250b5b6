"""Chromium and Firefox behind a network that lets nothing but 443/TCP out see and hear each other, by the relay alone.

The SFU, its signalling and coturn are real; the page is what upstream's page does for media, with the same libraries.
The relays' certificates are from an authority that the browsers were told to trust.
"""

import json
from pathlib import Path

import pytest

from tests.browser.person import Browser, chromium, firefox
from tests.relay import sfu
from tests.relay.bundle import bundled
from tests.relay.internet import Internet

CHANGES = sfu.CHANGES
PACKETS, PATIENCE = 50, 30.0


@pytest.fixture(scope="module")
def page() -> str:
    """The script of the page."""
    return bundled()


def _comes(browser: Browser, internet: Internet, page: str, peer: str) -> dict[str, object]:
    """Have a browser's person come to the room; what they were told of."""
    assert browser.opens(f"https://{internet.nodes['gra'].public}:{sfu.PORT}/behind-443", PATIENCE) == ""
    browser.runs(f"async () => {{ {page} }}", None)
    told: dict[str, object] = browser.runs("given => window.comes(given)", {"room": "behind-443", "peer": peer})
    return told


def test_both_browsers_behind_443_see_and_hear_each_other(served: Internet, page: str, tmp_path: Path) -> None:
    served.lets_out(sfu.ONLY_443_AND_SIGNALLING, signalling=sfu.PORT)
    home, trusted = served.home, served.authority
    with chromium(home, tmp_path / "c", trusted) as one, firefox(home, tmp_path / "f", trusted) as other:
        people = {"chromium": one, "firefox": other}
        for name, browser in people.items():
            print(name, "told", json.dumps(_comes(browser, served, page, name)))
        given = {"packets": PACKETS, "seconds": PATIENCE}
        seen = {name: browser.runs("given => window.hears(given)", given) for name, browser in people.items()}
    print(json.dumps(seen))
    for name, found in seen.items():
        assert found["audio"] >= PACKETS and found["video"] >= PACKETS, (name, found, served.nodes["gra"].log())
        assert {tuple(way[:2]) for way in found["ways"]} == {("relay", "tls")}, (name, found)
