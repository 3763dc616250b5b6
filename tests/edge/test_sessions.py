"""One address makes no sessions without end: what may make one is counted, on connections that stay open too.

A page must not need the HAProxy that counts: it comes while that is stopped, gone, or learns.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from boot.edge import haproxy_cfg
from boot.edge.haproxy import haproxy_bundle
from tests.edge.fleet import DOMAIN, OUTSIDE, Fleet
from tests.edge.person import Person
from tests.edge.quiet import Standstill
from tests.unit.waiting import eventually

LIMIT = 100
_MANY_HEADERS = [word for number in range(110) for word in ("--header", f"X-{number}: x")]
STOPPED = 1.0  # seconds that a page may take while HAProxy says nothing


@pytest.fixture(scope="module", autouse=True)
def low_limit() -> Iterator[None]:
    """One that the tests reach."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(haproxy_cfg, "SESSIONS", LIMIT)
        patch.setattr(haproxy_cfg, "SESSIONS_EACH", 0)
        yield


@pytest.fixture
def client(fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[str]:
    """An address of the test's own."""
    tests = [item for item in request.session.items if item.path == request.path]
    address = str(OUTSIDE + 10 + tests.index(request.node))
    fleet.wire.run("ip", "address", "add", f"{address}/22", "dev", "bridge")
    yield address
    fleet.wire.run("ip", "address", "delete", f"{address}/22", "dev", "bridge")


def _ask(fleet: Fleet, client: str, path: str, *words: str) -> Counter[str]:
    """The statuses of what one connection is asked for; `path` may hold a range, as /page[1-9]."""
    edge = fleet.edges["gra"]
    known = ["--cacert", str(fleet.cacert), "--resolve", f"{DOMAIN}:443:{edge.address}", "--interface", client]
    written = ["--output", "/dev/null", "--write-out", "%{http_code} %{num_connects}\n"]
    curl = ["curl", "--silent", "--max-time", "60", *known, *written, *words, f"https://{DOMAIN}{path}"]
    answers = [line.split() for line in fleet.wire.run(*curl).stdout.splitlines()]
    assert sum(int(connects) for _, connects in answers) == 1, answers
    return Counter(status for status, _ in answers)


def _poll(more: str = "") -> str:
    return f"/socket.io/?peerId=p&roomId=one-room&EIO=3&transport=polling&n=[1-{LIMIT + 20}]{more}"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_pages_on_a_connection_that_stays_open_are_limited(fleet: Fleet, client: str, version: str) -> None:
    """Whatever cookie and address the client invents; others go on, and so does the edge's question to itself."""
    forged = ["--header", "Cookie: edumeet.sid=s%3Aforged", "--header", "X-Forwarded-For: 192.0.2.1"]
    assert _ask(fleet, client, f"/page[1-{LIMIT + 20}]", version, *forged) == {"200": LIMIT, "429": 20}
    assert _ask(fleet, str(OUTSIDE), "/page") == {"200": 1}
    health = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}"]
    for _ in range(3):
        asked = fleet.wire.run(*health, "--interface", client, f"http://{fleet.edges['gra'].address}/edge-health")
        assert asked.stdout == "200"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"/page[1-{LIMIT + 20}]", ["--head"]),
        (f"/page[1-{LIMIT + 20}]", _MANY_HEADERS),
        (f"/page[1-{LIMIT + 20}]", ["--data", "a=1"]),
        (f"/auth/login?roomId=one-room&n=[1-{LIMIT + 20}]", []),
        (f"/socket.iox?sid=1&n=[1-{LIMIT + 20}]&EIO=3", []),
        (f"/x/../socket.io/y?sid=1&n=[1-{LIMIT + 20}]", ["--path-as-is"]),
        (_poll(), []),
        (_poll("&sid="), []),
        (_poll(";sid=1"), []),
        (_poll("?sid=1"), []),
        (_poll(f"{'&a' * 1000}&sid=1"), []),
    ],
    ids=[
        "heads",
        "more headers than HAProxy takes",
        "posts",
        "logins",
        "nearly Socket.io's",
        "a way around",
        "handshakes",
        "an empty sid",
        "a semicolon",
        "a question mark",
        "more parameters than Engine.IO reads",
    ],
)
def test_whatever_makes_a_session_counts(fleet: Fleet, client: str, path: str, words: list[str]) -> None:
    """Also what only looks like a request of Socket.io's for a session that it knows."""
    assert _ask(fleet, client, path, *words) == {"200": LIMIT, "429": 20}


def test_polls_of_an_open_session_do_not_count(fleet: Fleet, client: str) -> None:
    """A room without websockets asks without end, and makes nothing."""
    assert _ask(fleet, client, _poll("&sid=abc")) == {"200": LIMIT + 20}
    assert _ask(fleet, client, "/page") == {"200": 1}


def test_who_is_over_is_told_when_to_come_again(fleet: Fleet, client: str) -> None:
    """In an answer that says nothing else."""
    edge = fleet.edges["gra"]
    assert "429" in _ask(fleet, client, f"/page[1-{LIMIT + 1}]")
    curl = ["curl", "-sS", "-m", "20", "--cacert", str(fleet.cacert), "--interface", client, "--include"]
    said = fleet.wire.run(*curl, "--resolve", f"{DOMAIN}:443:{edge.address}", f"https://{DOMAIN}/page").stdout
    assert re.match(r"HTTP/2 429\b", said)
    assert re.search(r"^retry-after: \d+\s*$", said, re.MULTILINE)


def _pages(person: Person, most: float, times: int = 20) -> None:
    """So many pages come, each in time."""
    for _ in range(times):
        with Standstill() as standstill:
            page = person.get("/page")
        assert page["status"] == 200
        assert page["seconds"] < most + standstill.longest


def _counts(fleet: Fleet, client: str) -> None:
    """Once the client is limited again."""
    eventually(
        lambda: "429" in _ask(fleet, client, f"/page[1-{LIMIT + 1}]"), bool, seconds=60, what="pages are counted"
    )


def test_pages_come_while_haproxy_says_nothing(fleet: Fleet, client: str) -> None:
    """One waits, those after it do not; and it counts once it goes on."""
    edge, person = fleet.edges["gra"], Person(fleet, "gra")
    edge.run("pkill", "-STOP", "haproxy")
    try:
        _pages(person, STOPPED, 1)
        begun = time.monotonic()
        with Standstill() as standstill:
            assert _ask(fleet, client, f"/page[1-{2 * LIMIT}]") == {"200": 2 * LIMIT}
        assert time.monotonic() - begun < 2 * LIMIT * 0.1 + standstill.longest
    finally:
        edge.run("pkill", "-CONT", "haproxy")
    _counts(fleet, client)


def test_pages_come_while_haproxy_is_gone_and_learns(fleet: Fleet, client: str) -> None:
    """From its end until it is found again."""
    edge, person = fleet.edges["gra"], Person(fleet, "gra")
    edge.run("pkill", "-KILL", "haproxy")
    _pages(person, STOPPED)
    eventually(edge.has_a_peer, bool, seconds=60, what="HAProxy is back")
    _counts(fleet, client)


def test_pages_come_over_a_reload(fleet: Fleet, client: str) -> None:
    """Each of them; and who was refused is counted anew."""
    edge = fleet.edges["gra"]
    _counts(fleet, client)
    for _ in range(3):
        edge.take(haproxy_bundle(edge.settings))
        assert _ask(fleet, client, "/page[1-10]") == {"200": 10}
    _counts(fleet, client)


def test_who_goes_away_has_nobody_uncounted(fleet: Fleet, client: str) -> None:
    """While a page waits for its instance, and that inside of the answer to the question."""
    _counts(fleet, client)
    for _ in range(5):
        edge = ["--cacert", str(fleet.cacert), "--resolve", f"{DOMAIN}:443:{fleet.edges['gra'].address}"]
        gone = fleet.wire.run("curl", "-sS", "-m", "1", *edge, f"https://{DOMAIN}/page?wait=5", check=False)
        assert "timed out" in gone.stderr
    assert _ask(fleet, client, "/page") == {"429": 1}
