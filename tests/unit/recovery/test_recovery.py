"""The worst cases that are computed from the settings: each option of them, and that they explain themselves."""

from typing import Any

import pytest

from recovery.client import Client, Given, Servers
from recovery.fault import Fault
from recovery.faults import worst_case, worst_cases
from recovery.promise import NONE, Wait, quickest, slowest, wait
from recovery.worst_case import SERVICES, Service, WorstCase
from tests.configuration import settings
from tests.unit.boot.golden import CLUSTER, DNS, NEAREST, TWO_NODES

TWO_SITES = {"env.sites.witness": None}
NO_AFFINITY = {"env.edge.affinity": False}
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "dns": DNS,
    "geographic": DNS | NEAREST,
    "cluster": CLUSTER,
    "two sites": TWO_SITES,
    "proxy": {"env.redis.access": "proxy"},
    "plain": {"env.redis.access": "plain"},
    "no affinity": NO_AFFINITY,
    "two nodes": TWO_NODES,
}
every_variant = pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
MASTER_GONE = (Fault.REDIS_MASTER_OFF, Fault.REDIS_MASTER_PAUSED, Fault.SITE_OFF, Fault.SITE_ISOLATED)
REDIS_ALONE = (Fault.REDIS_MASTER_KILLED, Fault.REDIS_MASTER_OFF, Fault.REDIS_MASTER_PAUSED)


def given(changes: dict[str, Any] | None = None, client: Client = Client(), servers: Servers = Servers()) -> Given:  # noqa: B008 - frozen
    """The shipped environment, changed."""
    return Given(settings("gra", changes).env, client, servers)


def seconds(fault: Fault, service: Service, changes: dict[str, Any] | None = None) -> float | None:
    """One worst case."""
    return worst_case(fault, given(changes)).promises[service].seconds


def test_waits_follow_or_accompany_each_other() -> None:
    """Sums, the later end, the earlier one; what has no end makes everything endless but what does without it."""
    short, long, never = wait("short", 1), wait("long", 2.5), Wait(never="a person must")
    assert (short + long).seconds == 3.5
    assert slowest(short, long, NONE) is long
    assert slowest(short, never).seconds is None
    assert quickest(never, long, short) is short
    assert (short + never + long).never == "a person must"


@every_variant
def test_every_fault_is_explained(changes: dict[str, Any]) -> None:
    """For every service a sum of named terms, or why there is none; times are positive, nothing is left unsaid."""
    cases = worst_cases(given(changes))
    assert list(cases) == list(Fault)
    for case in cases.values():
        for promise in case.promises.values():
            assert str(promise)
            assert all(step.what and step.seconds >= 0 for step in promise.wait.steps)
            if promise.seconds is not None:
                assert promise.seconds == pytest.approx(sum(s.seconds for s in (*promise.wait.steps, promise.own)))
                assert promise.interrupted == (promise.seconds > promise.own.seconds)


@pytest.mark.parametrize(
    ("fault", "page", "join", "write", "media"),
    [
        # Three refused tries, 100 ms apart; checks 1 s and twice 0.5 s, a try again 1 s, Socket.io's delay 1.5 s.
        (Fault.MEETING_PROCESS_KILLED, 1.3, 5.75, None, 6.75),
        # A try of 1.1 s, HAProxy's of 1 s; checks 1 s + 3 x 1 s + 2 x 0.5 s, a try again 0.25 s, Socket.io 1.5 s.
        (Fault.MEETING_SERVER_OFF, 3.1, 7.75, None, 8.75),
        (Fault.MEETING_SERVER_HANGS, 3.1, 7.75, None, 8.75),
        # Ping 1 s, 2.5 s + 1 s, question 1 s, second vote 7 s, promotion 1.5 s, ioredis 0.9 s; HAProxy after 0.6 s.
        (Fault.REDIS_MASTER_OFF, 16.5, 17.5, 15.4, None),
        (Fault.REDIS_MASTER_KILLED, 16.1, 17.1, 15.0, None),
        (Fault.SENTINEL_LOST, None, None, None, None),
        (Fault.WITNESS_LOST, None, None, None, None),
        (Fault.NAMESERVER_LOST, None, None, None, None),
        # Twice 10 s until the open connection is given up, the other address after 2 s; Socket.io's ping 30 s, its
        # delay 1.5 s, the connection of its polls 10 s, two connections.
        (Fault.EDGE_LOST, 23.0, 46.5, None, 17.5),
        # systemd 1 s, HAProxy 0.5 s, Caddy 0.25 s, Socket.io's delay 1.5 s.
        (Fault.HAPROXY_LOST, None, 9.25, None, 10.25),
        (Fault.SITE_OFF, 25.1, 46.5, 15.4, 47.5),
        (Fault.SITE_ISOLATED, 25.1, 46.5, 15.4, 47.5),
        (Fault.BACKBONE_CUT, 3.1, 7.75, None, 8.75),
        (Fault.SERVER_REPLACED, 3.1, 7.75, None, 8.75),
        (Fault.TWO_IN_SEQUENCE, 18.6, 23.25, 15.4, 24.25),
    ],
)
def test_the_seeds_values(
    fault: Fault, page: float | None, join: float | None, write: float | None, media: float | None
) -> None:
    """Worked out by hand; None: not interrupted."""
    promises = worst_case(fault, given()).promises
    found = [promise.seconds if promise.interrupted else None for promise in promises.values()]
    assert found == [page, join, write, media]


def test_a_client_with_one_address_waits_for_the_dns() -> None:
    """Checks 8 s and gdnsd's second, the TTL, a browser's minute, the next nameserver, an attempt that is under way;
    where the nearest edge is named it has but one address. Attempts of Socket.io's are given up after 20 s.
    """
    named = 8 + 1 + 30 + 60 + 1
    assert seconds(Fault.EDGE_LOST, "page", DNS) == 23.0
    assert seconds(Fault.EDGE_LOST, "page", DNS | NEAREST) == named + 135 + 1
    assert seconds(Fault.EDGE_LOST, "media", DNS | NEAREST) == named + 20 + 7.5 + 1 + 1
    alone = Client(addresses=1)
    assert worst_case(Fault.EDGE_LOST, given(DNS, alone)).page.seconds == named + 135 + 1
    assert "until a person changes the records" in str(worst_case(Fault.EDGE_LOST, given({}, alone)).page)
    assert worst_case(Fault.EDGE_LOST, given(DNS)).detect.seconds == 9
    assert worst_case(Fault.NAMESERVER_LOST, given(DNS)).page.interrupted


def test_two_sites_promise_nothing_when_the_master_is_gone() -> None:
    """The Sentinel that is left has no majority; a mere process is voted on by both, and a meeting goes on."""
    for fault in (*MASTER_GONE, Fault.SITE_ROLLED, Fault.TWO_IN_SEQUENCE):
        case = worst_case(fault, given(TWO_SITES))
        assert "a person must promote" in str(case.write)
        assert (case.page.seconds, case.join.seconds, case.write.seconds) == (None, None, None)
    assert worst_case(Fault.SITE_ISOLATED, given(TWO_SITES)).lost_window is None
    assert not worst_case(Fault.REDIS_MASTER_OFF, given(TWO_SITES)).media.interrupted
    killed, voted = (seconds(Fault.REDIS_MASTER_KILLED, "write", changes) for changes in (TWO_SITES, {}))
    assert killed is not None
    assert voted is not None
    assert killed == voted - 1, "nobody waits for the witness"
    assert not worst_case(Fault.WITNESS_LOST, given(TWO_SITES)).write.interrupted


def test_each_way_to_redis_has_its_own_pace() -> None:
    """A silent connection is dropped after 0.4 s, a lost Sentinel is asked for 0.4 s; plain follows nobody."""
    failover = 1 + 2.5 + 1 + 1 + 7 + 1.5 + 0.5
    assert seconds(Fault.REDIS_MASTER_OFF, "write") == failover + 0.4 + 0.1 + 0.4
    assert seconds(Fault.REDIS_MASTER_OFF, "write", {"env.redis.access": "proxy"}) == failover + 0.25 + 1 + 0.1
    plain = worst_case(Fault.REDIS_MASTER_KILLED, given({"env.redis.access": "plain"}))
    assert "follow no failover" in str(plain.write)
    assert (plain.page.seconds, plain.sessions_lost) == (None, None)


def test_a_cluster_loses_a_third_for_its_node_timeout() -> None:
    """1.5 x node_timeout, the vote, ioredis; the witness holds a third too; a cut backbone moves no master."""
    assert seconds(Fault.REDIS_MASTER_OFF, "write", CLUSTER) == 7.5 + 2 + 6 + 0.5
    assert seconds(Fault.WITNESS_LOST, "write", CLUSTER) == seconds(Fault.REDIS_MASTER_OFF, "write", CLUSTER)
    assert "two thirds of the sessions" in str(worst_case(Fault.BACKBONE_CUT, given(CLUSTER)).write)
    isolated = worst_case(Fault.SITE_ISOLATED, given(CLUSTER))
    assert (isolated.lost_window, isolated.two_masters) == (7.5, 2.5)


def test_without_affinity_a_silent_instance_is_found_by_the_ping() -> None:
    """Nobody closes its websockets; those of a dead process end at once; HAProxy is in nobody's way."""
    assert seconds(Fault.MEETING_SERVER_OFF, "join", NO_AFFINITY) == 30 + 3.75 + 1.5 + 1
    assert seconds(Fault.MEETING_PROCESS_KILLED, "join", NO_AFFINITY) == 0.75 + 1.5 + 1
    assert not worst_case(Fault.HAPROXY_LOST, given(NO_AFFINITY)).join.interrupted
    assert {case.rooms_split for case in worst_cases(given(NO_AFFINITY)).values()} == {None}


def test_a_site_of_several_nodes_is_given_up_one_by_one() -> None:
    """By Caddy three tries for each; a request ends with an error before, and the health check after 15 s ends it all.
    With the room table HAProxy has one for each, once Caddy has had its one.
    """
    one, two = seconds(Fault.SITE_OFF, "page", TWO_NODES), worst_case(Fault.BACKBONE_CUT, given(TWO_NODES)).page
    assert one == 20 + 2 + 1.1 + 2 * 1 + 1, "the edge first"
    assert two.seconds == 1.1 + 2 * 1 + 1
    assert worst_case(Fault.BACKBONE_CUT, given(TWO_NODES | NO_AFFINITY)).page.seconds == 2 * 3.75 + 1 + 1
    many = worst_case(Fault.BACKBONE_CUT, given({"env.sites.gra.meeting_nodes": 9} | NO_AFFINITY)).page
    assert many.seconds == 10 + 5 + 1
    slow = worst_case(Fault.MEETING_SERVER_HANGS, given({"env.edge.health.fail_duration": "1s"} | NO_AFFINITY)).page
    assert slow.seconds == 10 + 5 + 1, "tries are forgotten before there are three"


def test_an_attempt_that_is_given_up_costs_another_delay() -> None:
    """Checks that take longer than Caddy repeats a request, or than the client waits."""
    slow = {"env.edge.room_table.fall": 12}
    found = 1 + 12 * 1 + 11 * 0.5 + 0.25
    assert seconds(Fault.MEETING_SERVER_OFF, "join", slow) == found + 7.5 + 1
    hasty = worst_case(Fault.MEETING_SERVER_OFF, given({}, Client(patience=5)))
    assert hasty.join.seconds == 5.25 + 7.5 + 1


def test_somebody_new_needs_the_page_first() -> None:
    """Pages that come later than the room's checks keep newcomers waiting."""
    late = {"env.edge.tls_timeout": "5s"}
    case = worst_case(Fault.MEETING_SERVER_HANGS, given(late))
    assert case.page.seconds is not None
    assert case.join.seconds == case.page.seconds + 1


def test_what_must_not_happen() -> None:
    """Redis' faults close no websocket; sessions stay; a cut-off master's last seconds may be lost, and a cut backbone
    splits rooms: both are said.
    """
    cases = worst_cases(given())
    assert {f for f, case in cases.items() if case.websockets_dropped == 0} == {
        *REDIS_ALONE,
        Fault.SENTINEL_LOST,
        Fault.WITNESS_LOST,
        Fault.NAMESERVER_LOST,
    }
    assert not [f for f, case in cases.items() if case.websockets_dropped == 0 and case.media.interrupted]
    assert {case.sessions_lost for case in cases.values()} == {0}
    assert [f for f, case in cases.items() if case.rooms_split is None] == [Fault.BACKBONE_CUT]
    assert {f: case.lost_window for f, case in cases.items() if case.lost_window} == {Fault.SITE_ISOLATED: 4}
    assert {f: case.two_masters for f, case in cases.items() if case.two_masters} == {
        Fault.SITE_ISOLATED: 0.5,
        Fault.REDIS_MASTER_PAUSED: 1,
        Fault.TWO_IN_SEQUENCE: 1,
    }


def test_a_drill_gets_its_budgets_by_the_names_of_its_measures() -> None:
    """Numbers, and None where nothing is promised; a lost write is no miss where a window is allowed for it."""
    assert worst_case(Fault.SITE_ISOLATED, given()).budgets == {
        "page": 25.1,
        "join": 46.5,
        "write": 15.4,
        "media": 47.5,
        "page on the return": 20.5,
        "join on the return": 21.5,
        "write on the return": 19.4,
        "media on the return": 21.5,
        "detect": 5.5,
        "full redundancy": 30,
        "writes lost": None,
        "window of lost writes": 4,
        "two masters": 0.5,
        "sessions lost": 0,
        "rooms split": 0,
        "websockets dropped": None,
    }
    killed = worst_case(Fault.HAPROXY_LOST, given()).budgets
    assert (killed["detect"], killed["writes lost"], killed["page"]) == (None, 0, 1)
    off = worst_case(Fault.SITE_OFF, given(TWO_SITES)).budgets
    assert (off["page"], off["full redundancy"], off["sessions lost"]) == (None, None, None)


def test_after_a_standstill_the_next_loss_has_to_wait_for_the_vote() -> None:
    """Sentinel's TILT is longer than the demotion of a returning master; a cluster's nodes have no such thing."""
    case = worst_case(Fault.REDIS_MASTER_PAUSED, given())
    assert case.redundant.seconds == 30
    assert "TILT" in str(case.redundant.steps[0])
    assert worst_case(Fault.SITE_ISOLATED, given()).redundant.seconds == 30
    clustered = worst_case(Fault.REDIS_MASTER_PAUSED, given({"env.redis": {"mode": "cluster"}}))
    assert clustered.redundant.seconds is None


def test_redundancy_waits_for_a_server_only_where_one_boots() -> None:
    """How long that takes is nobody's promise, until somebody has measured it."""

    def unknown(servers: Servers) -> list[Fault]:
        cases: dict[Fault, WorstCase] = worst_cases(given({}, Client(), servers))
        return [fault for fault, case in cases.items() if case.redundant.seconds is None]

    assert unknown(Servers()) == [
        Fault.MEETING_SERVER_OFF,
        Fault.REDIS_MASTER_OFF,
        Fault.SITE_OFF,
        Fault.EDGE_LOST,
        Fault.SERVER_REPLACED,
        Fault.SITE_ROLLED,
        Fault.SITE_REBUILT,
    ]
    assert unknown(Servers(boot=60)) == []


@every_variant
def test_a_slower_client_waits_longer(changes: dict[str, Any]) -> None:
    """What a drill measures without a fault is a part of every budget."""
    slow = Client(page=3, join=4, media=5, write=2)
    for fault, case in worst_cases(given(changes)).items():
        slower = worst_case(fault, given(changes, slow))
        for service in SERVICES:
            before, after = case.promises[service].seconds, slower.promises[service].seconds
            assert (before is None) == (after is None)
            assert (
                before is None or after is None or after >= before + getattr(slow, service) - getattr(Client(), service)
            )
