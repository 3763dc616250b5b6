"""The nameservers' answers, given by gdnsd itself over loopback: near and far, up, down and drained."""

import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from fleet.nameservers import Answer
from settings.stack import Settings
from tests.configuration import settings
from tests.daemons.gdnsd_host import GRA, KNOWN, SBG, Nameserver, edge, free_port
from tests.edge.quiet import Standstill
from tests.unit.boot.golden import COUNTRIES, DNS, NEAREST
from tests.unit.boot.mmdb import database
from tests.unit.waiting import eventually

WEST, EAST = "198.18.3.0/24", "198.19.3.0/24"
GEOGRAPHIC = DNS | NEAREST
CHECK = settings("gra", DNS).env.dns.check  # type: ignore[union-attr] # DNS has it
FAST = {"env.dns.check": {"interval": "2s", "timeout": "1s", "up_thresh": 1, "down_thresh": 1}}
BOTH = frozenset({GRA, SBG})


@contextmanager
def _nameserver(given: Settings, root: Path, http_port: int, dns_port: int = 0) -> Iterator[Nameserver]:
    root.mkdir(parents=True)
    server = Nameserver(given, root, dns_port or free_port(), http_port)
    server.write()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _answers(ask: Callable[[str], Answer], wanted: Mapping[str, Set[str]]) -> None:
    """Wait until each name or network is told these addresses: one late answer of an edge takes it out for a while."""

    def said() -> dict[str, Set[str]]:
        return {asked: ask(asked).addresses for asked in wanted}

    eventually(said, wanted.__eq__, seconds=CHECK.return_seconds + 30, what="the addresses of each")


def _near(server: Nameserver) -> Callable[[str], Answer]:
    """What a network's people are told of the one name."""
    return lambda client: server.ask(client=client)


@pytest.fixture
def http_port() -> int:
    """The port that stands for 80, at both edges."""
    return free_port()


def test_each_name_leads_to_its_edges(tmp_path: Path, http_port: int) -> None:
    """Routing dns: the domain's name has both edges, a site's name its own; the TTL is the configured one."""
    with (
        edge(GRA, http_port),
        edge(SBG, http_port),
        _nameserver(settings("witness", DNS), tmp_path / "w", http_port) as server,
    ):
        _answers(server.ask, {"meeting": BOTH, "meeting-gra": {GRA}, "meeting-sbg": {SBG}})
        assert server.ask().ttl == 30
        glue = {site: server.ask(f"ns-{site}").addresses for site in KNOWN.all}
        assert glue == {site: {str(address)} for site, address in KNOWN.all.items()}
        with pytest.raises(OSError, match="NXDOMAIN"):
            server.ask("nobody")


def test_people_get_the_nearest_edge(tmp_path: Path, http_port: int) -> None:
    """By their network, as their resolver tells it; everybody else, and a resolver that tells nothing, the primary."""
    with (
        edge(GRA, http_port),
        edge(SBG, http_port),
        _nameserver(settings("sbg", GEOGRAPHIC), tmp_path / "sbg", http_port) as server,
    ):
        _answers(_near(server), {WEST: {GRA}, EAST: {SBG}, "198.18.7.0/24": {SBG}, "9.9.9.0/24": {GRA}})
        assert server.ask().addresses == {GRA}
        assert server.ask("meeting-gra", client=EAST).addresses == {GRA}


def test_people_are_told_by_country_and_continent(tmp_path: Path, http_port: int) -> None:
    """With a database: Germany to Strasbourg, the rest of Europe to the primary, Asia to Strasbourg."""
    given = settings("gra", GEOGRAPHIC | COUNTRIES)
    file = tmp_path / "databases" / f"{'ef' * 32}.mmdb"
    file.parent.mkdir()
    file.write_bytes(database({WEST: ("EU", "FR"), EAST: ("EU", "DE"), "198.51.100.0/24": ("AS", "JP")}))
    with (
        edge(GRA, http_port),
        edge(SBG, http_port),
        _nameserver(given, tmp_path / "gra", http_port) as server,
    ):
        _answers(_near(server), {WEST: {GRA}, EAST: {SBG}, "198.51.100.0/24": {SBG}})


def test_a_lost_edge_leaves_the_answers_in_time(tmp_path: Path, http_port: int) -> None:
    """Within the detection time with the shipped thresholds; a second loss leaves both in, as a check may be wrong."""
    with ExitStack() as stack:
        stack.enter_context(edge(SBG, http_port))
        nearest = stack.enter_context(_nameserver(settings("sbg", GEOGRAPHIC), tmp_path / "sbg", http_port))
        eventually(nearest.states, lambda found: found[f"{GRA}/edge"] == "DOWN", seconds=30, what="GRA is down")
        with edge(GRA, http_port):
            eventually(nearest.ask, lambda found: found.addresses == {GRA}, seconds=60, what="GRA is back")
        with Standstill() as standstill:
            lost = time.monotonic()
            eventually(
                lambda: nearest.ask(client=WEST),
                lambda found: found.addresses == {SBG},
                seconds=60,
                what="people near GRA get SBG",
            )
            took = time.monotonic() - lost
        assert took - standstill.longest <= CHECK.detection_seconds <= 10
        assert nearest.ask("meeting-gra").addresses == {SBG}
        assert nearest.ask().ttl == 30


def test_with_both_edges_down_the_answers_are_as_with_both_up(tmp_path: Path, http_port: int) -> None:
    """An answer without an address would be worse than one that may not work."""
    with _nameserver(settings("gra", DNS), tmp_path / "dns", http_port) as server:
        assert {server.states()[f"{address}/edge"] for address in BOTH} == {"DOWN"}
        assert server.ask().addresses == BOTH
        assert server.ask("meeting-sbg").addresses == {SBG}
    with _nameserver(settings("gra", GEOGRAPHIC), tmp_path / "nearest", http_port) as server:
        assert server.ask(client=EAST).addresses == {SBG}
        assert server.ask(client=WEST).addresses == {GRA}


def test_a_drained_site_is_in_no_answer(tmp_path: Path, http_port: int) -> None:
    """Though its edge is up; over a restart; and as before when the override is gone."""
    with (
        edge(GRA, http_port),
        edge(SBG, http_port),
        _nameserver(settings("gra", DNS), tmp_path / "gra", http_port) as server,
    ):
        server.drain(f"{GRA}/edge => DOWN")
        eventually(server.ask, lambda found: found.addresses == {SBG}, seconds=30, what="GRA is drained")
        assert server.ask("meeting-gra").addresses == {SBG}
        server.stop()
        server.start()
        _answers(server.ask, {"meeting": {SBG}})
        server.drain()
        eventually(server.ask, lambda found: found.addresses == BOTH, seconds=30, what="GRA is back")


def test_a_changed_zone_is_taken_without_a_lost_query(tmp_path: Path, http_port: int) -> None:
    """`gdnsdctl replace`, as the unit's reload does it, while somebody asks all the time."""
    changed = settings("gra", DNS | {"env.dns.ttl": "40s"})
    with (
        edge(GRA, http_port),
        edge(SBG, http_port),
        _nameserver(settings("gra", DNS), tmp_path / "gra", http_port) as server,
    ):
        # Whether an edge is up is another test's: their answers come late beside somebody who asks all the time.
        server.drain(f"{GRA}/edge => UP", f"{SBG}/edge => UP")
        _answers(server.ask, {"meeting": BOTH})
        over = Event()
        seen: list[Answer] = []
        lost: list[OSError] = []

        def keep_asking() -> None:
            while not over.is_set():
                try:
                    seen.append(server.ask())
                except OSError as error:
                    lost.append(error)

        asking = Thread(target=keep_asking, daemon=True)
        asking.start()
        eventually(lambda: len(seen), lambda count: count > 10, seconds=30, what="somebody asks")
        server.settings = changed
        server.write()
        replaced = server.control("replace")
        after = server.ask().ttl
        eventually(lambda: seen[-1].ttl, lambda ttl: ttl == 40, seconds=30, what="the new zone answers")
        over.set()
        asking.join(timeout=30)
        assert (replaced.returncode, after, lost) == (0, 40, []), server.log.read_text()
        assert {answer.ttl for answer in seen} == {30, 40}
        assert {answer.addresses for answer in seen} == {BOTH}


def test_three_nameservers_agree(tmp_path: Path, http_port: int) -> None:
    """Each by its own checks: on all names with everything up, and again soon after an edge is lost."""
    port = free_port()
    labels = ("meeting", "meeting-gra", "meeting-sbg")
    with ExitStack() as stack:
        stack.enter_context(edge(SBG, http_port))
        with edge(GRA, http_port):
            servers = [
                stack.enter_context(_nameserver(settings(site, DNS | FAST), tmp_path / site, http_port, port))
                for site in ("gra", "sbg", "witness")
            ]

            def said() -> list[list[frozenset[str]]]:
                return [[server.ask(label).addresses for label in labels] for server in servers]

            # One late answer of an edge takes it out until the next.
            agreed = [[BOTH, {GRA}, {SBG}]] * 3
            eventually(said, lambda found: found == agreed, seconds=60, what="all three name both")
        eventually(said, lambda found: found == [[{SBG}] * 3] * 3, seconds=60, what="all three name SBG alone")
