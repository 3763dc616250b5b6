"""Browsers whose name leads to a dead edge, in a home behind a gateway that loses what is sent there without a word.

Both edges run their own daemons. What the worst cases count of browsers is held against Debian's Chromium and Firefox.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Timer

import pytest

from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case
from tests.browser.person import Browser, chromium, firefox
from tests.configuration import settings
from tests.edge.fleet import DOMAIN, OUTSIDE, Fleet
from tests.edge.home import Home, Resolver
from tests.unit.boot.golden import DNS

URL = f"https://{DOMAIN}/"
TTL = 30
FOUND = 9.0  # seconds until the nameservers' answers leave a lost edge out
CLIENT = Client()
# Of a page that has to come; between two times that it is loaded; that a busy machine may add.
PATIENCE, AGAIN, MACHINE = 60.0, 10.0, 10.0
OPEN: dict[str, Callable[[Home, Path], AbstractContextManager[Browser]]] = {"chromium": chromium, "firefox": firefox}
SITES = ("gra", "sbg")
# Tries again as Socket.io's polls do, each given up after its patience; how many seconds until one was answered.
_POLLS = """async ({each, ends}) => {
  const begun = performance.now();
  while (performance.now() - begun < ends * 1000) {
    try {
      await (await fetch('/page', {signal: AbortSignal.timeout(each * 1000), cache: 'no-store'})).text();
      return (performance.now() - begun) / 1000;
    } catch { await new Promise(resolve => setTimeout(resolve, 2000)); }
  }
  return null;
}"""


def _page(client: Client) -> float:
    """What the worst case has for a page after a lost edge."""
    promised = worst_case(Fault.EDGE_LOST, Given(settings("gra", DNS).env, client)).page.seconds
    assert promised
    return promised


class Street:
    """A home, what its names lead to, and which edge is dead to it."""

    def __init__(self, fleet: Fleet, directory: Path) -> None:
        self.fleet = fleet
        self.home = Home(fleet.wire)
        self.names = Resolver(self.home, directory, TTL)
        self.addresses = {site: str(edge.address) for site, edge in fleet.edges.items()}
        for edge in fleet.edges.values():
            edge.run("ip", "route", "replace", "default", "via", str(OUTSIDE))

    def leads_to(self, *sites: str) -> None:
        """Have the name lead to these edges, in this order."""
        self.names.leads_to(*(self.addresses[site] for site in sites))

    def loses(self, site: str | None) -> None:
        """Lose all that goes to an edge and comes from it; None: nothing."""
        dead = self.addresses.get(site or "")
        drop = f"ip daddr {dead} drop; ip saddr {dead} drop;" if dead else ""
        hook = "type filter hook forward priority 0;"
        chain = f"table inet street {{ chain lost {{ {hook} {drop} }}; }}\n"
        self.fleet.wire.run("nft", "--file", "-", stdin=f"table inet street\ndelete table inet street\n{chain}")

    @contextmanager
    def changes(self, site: str) -> Iterator[None]:
        """Have the name lead to this edge alone, once the loss is found out."""
        late = Timer(FOUND, partial(self.leads_to, site))
        late.start()
        try:
            yield
        finally:
            late.cancel()

    def connected(self) -> str:
        """The edge that a browser at home has a connection to."""
        peers = self.home.run("ss", "--tcp", "--numeric", "--no-header", "state", "established").stdout
        (site,) = {site for site, address in self.addresses.items() if f"{address}:443" in peers}
        return site


@pytest.fixture
def street(fleet: Fleet, tmp_path: Path) -> Iterator[Street]:
    """Both edges answer, and the name leads to both."""
    street = Street(fleet, tmp_path)
    street.leads_to(*SITES)
    street.loses(None)
    yield street
    street.names.end()
    street.home.end()


@pytest.fixture
def browser(request: pytest.FixtureRequest, street: Street, tmp_path: Path) -> Iterator[Browser]:
    """Chromium in the home, or what the test names."""
    with OPEN[getattr(request, "param", "chromium")](street.home, tmp_path / "browser") as running:
        yield running


def _served(browser: Browser, within: float) -> None:
    """Load the page, and again each ten seconds that it does not come, until it does."""
    begun = time.monotonic()
    said = [browser.opens(URL, AGAIN)]
    while said[-1] and time.monotonic() - begun < within:
        said.append(browser.opens(URL, AGAIN))
    print(round(time.monotonic() - begun, 1), said)
    assert said[-1] == "", f"not served within {within} s: {said}"


@pytest.mark.parametrize(("dead", "other"), [SITES, SITES[::-1]])
def test_chromium_tries_the_second_address_of_a_name(street: Street, browser: Browser, dead: str, other: str) -> None:
    street.leads_to(dead, other)
    street.loses(dead)
    assert browser.opens(URL, CLIENT.next_address + CLIENT.page + MACHINE) == ""


def test_an_open_page_is_served_by_the_other_edge(street: Street, browser: Browser) -> None:
    """Its connection is silent and nobody closes it; its person loads the page again, and again."""
    assert browser.opens(URL, PATIENCE) == ""
    street.loses(street.connected())
    _served(browser, _page(Client()) + MACHINE)


@pytest.mark.parametrize(
    ("browser", "sites"),
    [
        pytest.param("chromium", ["gra"], id="chromium-one-address"),
        pytest.param("firefox", ["gra"], id="firefox-one-address"),
        pytest.param("firefox", ["gra", "sbg"], id="firefox-two-addresses"),
    ],
    indirect=["browser"],
)
def test_who_keeps_to_a_dead_address_is_served_within_its_line(
    street: Street, browser: Browser, sites: list[str]
) -> None:
    """The name changes when nameservers have found the loss out; the page is loaded again and again."""
    street.leads_to(*sites)
    assert browser.opens(URL, PATIENCE) == ""
    lost = street.connected()
    street.loses(lost)
    with street.changes(next(site for site in SITES if site != lost)):
        _served(browser, _page(Client(addresses=1)) + MACHINE)


def test_chromium_asks_for_a_name_again_after_a_minute(street: Street, browser: Browser) -> None:
    """Whatever the TTL; what Socket.io would poll is answered then, as each poll in vain was given up."""
    street.leads_to("gra")
    assert browser.opens(URL, PATIENCE) == ""
    street.loses("gra")
    with street.changes("sbg"):
        given = {"each": CLIENT.patience, "ends": TTL + CLIENT.name_kept + CLIENT.patience + MACHINE}
        assert browser.runs(_POLLS, given, 200)
    asked = sorted(ago for ago, kind in street.names.asked(DOMAIN) if kind == "A")
    apart = [later - sooner for sooner, later in pairwise(asked)]
    print(apart)
    assert min(apart) > TTL
    assert max(apart) >= CLIENT.name_kept - 1
