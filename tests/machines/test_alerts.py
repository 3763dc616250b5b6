"""Alerts of what only a machine of its own has: memory that runs out, a full disk, up to who is told."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from boot.monitoring.alerts import Alert
from boot.monitoring.patience import fires_within, patience
from drill.rehearsals import FILL_DISK, FREE_DISK
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
FILL_MEMORY = f"sudo systemd-run --quiet --unit=filler --property=OOMScoreAdjust=1000 python3 -c {shlex.quote(FILLER)}"
# What has each fire, and what undoes that.
DONE = {
    Alert.MEMORY_LOW: (FILL_MEMORY, "systemctl is-active filler && sudo systemctl stop filler"),
    Alert.DISK_FULL: (FILL_DISK, FREE_DISK),
}


@contextmanager
def _done(site: Site, server: DeployedServer, alert: Alert) -> Iterator[None]:
    do, undo = DONE[alert]
    site.shell(server, do)
    try:
        yield
    finally:
        site.shell(server, undo)


@pytest.mark.parametrize("alert", DONE)
def test_what_runs_out_is_told(site: Site, caught: Caught, alert: Alert) -> None:
    """Nothing but that is taken: the alert names that server, and ends with the cause."""
    (server, *_) = site.fleet.of("redis")
    env = servers.configured("witness", OPERATOR_KEY).env
    assert env.monitoring
    interval = env.monitoring.interval
    waits = patience(env, interval)
    promised = fires_within({Alert.MEMORY_LOW: waits.restart, Alert.DISK_FULL: waits.looks}[alert], interval)

    def told(status: str) -> str:
        names = [
            one["labels"]["server"]
            for _, path, body in list(caught.told)
            for one in body["alerts"]
            if path == "/alerts" and one["labels"]["alertname"] == alert and one["status"] == status
        ]
        return " ".join(dict.fromkeys(names)) or f"nothing of it, {len(caught.told)} others"

    with _done(site, server, alert):
        took = eventually(lambda: told("firing"), server.name, deadline=promised + SLOW_SECONDS, what=f"{alert} fires")
    print(f"{alert}: told after {took:.0f} s, promised {promised} s")
    eventually(lambda: told("resolved"), server.name, deadline=ENDS_SECONDS, what=f"{alert} ends")
    assert told("firing") == server.name
