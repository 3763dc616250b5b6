"""The model next to what was measured, and to the files whose behaviour it describes."""

import re
from dataclasses import fields

import pytest

from boot.meeting.redis_proxy import haproxy_cfg as proxy_cfg
from drill.clients import participant
from lab.bench.failover import CONNECT_SECONDS
from lab.cloud.hypervisor import EMULATED as MACHINES
from recovery import meeting, redis
from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case
from recovery.worst_case import Service, WorstCase
from tests.configuration import ROOT, settings
from tests.unit.boot.golden import CASES

BENCHMARKS = (ROOT / "docs/benchmarks.md").read_text()
LOSSES = BENCHMARKS.split("## Losses")[1].split("\n## ")[0]
# An emulated server takes a second and more for a handshake (lab/cloud/hypervisor.py); pages: twice a second.
EMULATED = Client(page=2.0, join=5.0, media=5.0, next_address=CONNECT_SECONDS)
MEASURED: dict[str, tuple[Fault, Service]] = {
    "instance lost, a page through either edge": (Fault.MEETING_SERVER_OFF, "page"),
    "an edge lost, a client with both addresses": (Fault.EDGE_LOST, "page"),
    "Redis master lost, an acknowledged write": (Fault.REDIS_MASTER_PAUSED, "write"),
    "the master's site cut off, an acknowledged write": (Fault.SITE_ISOLATED, "write"),
}


def in_the_lab(fault: Fault) -> WorstCase:
    """The worst case with the values that the lab was measured with."""
    slow = {f"env.edge.{key}": value for key, value in MACHINES.edge.items()}
    return worst_case(fault, Given(settings("gra", slow).env, EMULATED))


def runs() -> dict[str, list[float]]:
    """The table's rows that have runs: what was lost, and the seconds of each run."""
    rows = re.findall(r"^\| ([^|]+) \| [\d.]+ s \| ([\d., ]+) \| \d+ s \|$", LOSSES, re.MULTILINE)
    return {what: [float(run) for run in seconds.split(",")] for what, seconds in rows}


def told(pattern: str) -> float:
    """A figure of the text."""
    (found,) = re.findall(pattern, LOSSES)
    return float(found)


def test_every_measured_loss_has_its_worst_case() -> None:
    """A row that is added to the table needs a line above."""
    assert runs().keys() == MEASURED.keys()


@pytest.mark.parametrize("what", MEASURED)
def test_no_run_took_longer_than_computed(what: str) -> None:
    """Measured above computed is a failure of the model."""
    fault, service = MEASURED[what]
    computed = in_the_lab(fault).promises[service].seconds
    assert computed is not None
    assert max(runs()[what]) < computed


def test_what_was_measured_once_is_within_the_model() -> None:
    """The rows and sentences beside the table."""
    cut = in_the_lab(Fault.SITE_ISOLATED)
    assert told(r"a cut-off master takes writes for \| ([\d.]+) s") < (cut.lost_window or 0)
    witness = in_the_lab(Fault.WITNESS_LOST).write
    assert not witness.interrupted
    assert told(r"no write refused \(longest gap ([\d.]+) s\)") < (witness.seconds or 0)
    replaced = in_the_lab(Fault.SERVER_REPLACED).page
    assert told(r"a page through either edge \| ([\d.]+) s at the longest") < (replaced.seconds or 0)
    whole = in_the_lab(Fault.MEETING_SERVER_OFF).media
    assert told(r"a room is whole again after 7-([\d.]+) s") < (whole.seconds or 0)


@pytest.mark.parametrize(
    ("fault", "service", "seen"),
    [
        (Fault.MEETING_PROCESS_KILLED, "join", 3.3),
        (Fault.MEETING_SERVER_OFF, "join", 5.3),
        (Fault.MEETING_SERVER_OFF, "page", 3.8),
        (Fault.HAPROXY_LOST, "join", 1.3),
    ],
)
def test_the_edges_tests_are_within_the_model(fault: Fault, service: Service, seen: float) -> None:
    """Decision 9: two edges in namespaces with the shipped values, from a request to its answer."""
    computed = worst_case(fault, Given(settings("gra").env)).promises[service].seconds
    assert computed is not None
    assert seen < computed


def test_the_synthetic_participant_is_the_client() -> None:
    """Its delays are Socket.io's; it is less patient."""
    client = Client()
    delays = client.reconnect_delay, client.reconnect_delay_max, client.spread
    assert delays == (participant.DELAY, participant.DELAY_MAX, participant.SPREAD)
    assert client.patience >= participant.REQUEST_TIMEOUT
    assert client.next_address >= CONNECT_SECONDS
    assert all(getattr(client, field.name) > 0 for field in fields(client))


def test_systemd_starts_every_daemon_again_after_the_same_time() -> None:
    """What the model counts for a killed process is what the units say."""
    texts = [case.text() for case in CASES.values()]
    found = {value for text in texts for value in re.findall(r"^ *RestartSec=(\S+)$", text, re.MULTILINE)}
    assert {float(value) for value in found} == {meeting.RESTART}


def test_the_proxy_checks_as_the_model_has_it() -> None:
    """`inter` and `timeout check`; one good check is enough."""
    text = proxy_cfg(settings("gra", {"env.redis.access": "proxy"}))
    assert f"check inter {redis.PROXY_CHECK:g}s fall 2 rise 1 on-marked-down shutdown-sessions" in text
    assert f"timeout check {redis.PROXY_TIMEOUT:g}s" in text
