"""The memory alert: a machine whose memory runs out, figures of its own kernel, up to who is told."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from boot.monitoring.alerts import Alert
from boot.monitoring.patience import fires_within, patience
from fleet.fleet import DeployedServer
from tests.configuration import OPERATOR_KEY
from tests.daemons.monitoring_host import Caught
from tests.lab.waiting import eventually
from tests.machines import servers
from tests.machines.conftest import Site

pytestmark = [pytest.mark.machines, pytest.mark.timeout(2400)]

# Emulated servers answer slowly.
SLOW_SECONDS = 60
ENDS_SECONDS = 300
# Takes all but 6 % of the server's memory; when it gets too little it is this that the kernel ends.
FILLER = """
import time
def left():
    told = dict(line.split(":") for line in open("/proc/meminfo"))
    return int(told["MemAvailable"].split()[0]) / int(told["MemTotal"].split()[0])
held = []
while True:
    if left() > 0.06:
        held.append(bytearray(b"x" * 2**21))
    else:
        time.sleep(1)
"""


@contextmanager
def _filled(site: Site, server: DeployedServer) -> Iterator[None]:
    run = "sudo systemd-run --quiet --unit=filler --property=OOMScoreAdjust=1000 python3 -c"
    site.shell(server, f"{run} {shlex.quote(FILLER)}")
    try:
        yield
        assert site.shell(server, "systemctl is-active filler").strip() == "active"
    finally:
        site.shell(server, "sudo systemctl stop filler")


def test_memory_that_runs_out_is_told(site: Site, caught: Caught) -> None:
    """Nothing but memory is taken: the alert names that server, and ends with the cause."""
    (server, *_) = site.fleet.of("redis")
    env = servers.configured("witness", OPERATOR_KEY).env
    assert env.monitoring
    interval = env.monitoring.interval
    promised = fires_within(patience(env, interval).restart, interval)

    def told(status: str) -> str:
        names = [
            one["labels"]["server"]
            for _, path, body in list(caught.told)
            for one in body["alerts"]
            if path == "/alerts" and one["labels"]["alertname"] == Alert.MEMORY_LOW and one["status"] == status
        ]
        return " ".join(dict.fromkeys(names)) or f"nothing of it, {len(caught.told)} others"

    with _filled(site, server):
        took = eventually(
            lambda: told("firing"), server.name, deadline=promised + SLOW_SECONDS, what=f"{Alert.MEMORY_LOW} fires"
        )
    print(f"{Alert.MEMORY_LOW}: told after {took:.0f} s, promised {promised} s")
    eventually(lambda: told("resolved"), server.name, deadline=ENDS_SECONDS, what=f"{Alert.MEMORY_LOW} ends")
    assert told("firing") == server.name
