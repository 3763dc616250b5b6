"""A site is drained by the very command that nameservers are told, and gdnsd believes it."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from fleet import nameservers
from fleet.fleet import Fleet, described
from fleet.nameservers import Answer, ask
from fleet.outputs import StackOutputs
from fleet.ssh import write
from ops import drain, status
from settings.dns import STATE
from tests.configuration import settings
from tests.daemons.gdnsd_host import GRA, KNOWN, SBG, Nameserver, edge, free_port
from tests.unit.boot.golden import DNS
from tests.unit.waiting import eventually

NAMES = ["meeting.ha.organisation.fr", "meeting-gra.ha.organisation.fr", "meeting-sbg.ha.organisation.fr"]
FAST = DNS | {"env.dns.check": {"interval": "2s", "timeout": "1s"}}


def _outputs(site: str, role: str) -> StackOutputs:
    server = {"id": "1", "role": role, "public_address": str(KNOWN.all[site]), "backbone_address": "10.17.0.4"}
    inner = {"id": "2", "role": "redis", "public_address": None, "backbone_address": "10.17.0.5"}
    servers = {f"production-{site}-{role}-1": {**server, "host_key": "ssh-ed25519 KEY"}}
    found = {
        "site": site,
        "region": site.upper(),
        "servers": servers | ({f"production-{site}-redis-1": inner} if role == "edge" else {}),
        "zone": "ha.organisation.fr",
        "zone_names": NAMES,
    }
    return StackOutputs.model_validate(found)


FLEET = described([_outputs("gra", "edge"), _outputs("sbg", "edge"), _outputs("witness", "witness")])


class Servers:
    """Three nameservers, and a shell on each: that of this machine, without sudo and with the test's directories."""

    def __init__(self, running: dict[str, Nameserver]) -> None:
        self.running = running

    def run(self, name: str, command: str) -> "subprocess.CompletedProcess[str]":
        """One command, as the server's login shell would have it."""
        state = self.running[name].root / "state"
        here = command.replace(STATE, str(state)).replace("sudo ", "", 1)
        assert here != command
        return subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=False, timeout=60)

    def state(self, name: str) -> str:
        """The overrides of one nameserver."""
        return (self.running[name].root / "state/admin_state").read_text()


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """All three, both edges up; what asks port 53 asks the test's."""
    http_port, dns_port = free_port(), free_port()

    def ask_here(nameserver: str, name: str) -> Answer:
        return ask(nameserver, name, port=dns_port)

    monkeypatch.setattr(drain, "ask", ask_here)
    monkeypatch.setattr(nameservers, "ask", ask_here)
    with ExitStack() as stack:
        for address in (GRA, SBG):
            stack.enter_context(edge(address, http_port))
        running = {}
        for server in FLEET.nameservers:
            root = tmp_path / server.site
            root.mkdir()
            found = Nameserver(settings(server.site, FAST), root, dns_port, http_port)
            found.write()
            found.start()
            stack.callback(found.stop)
            running[server.name] = found
        yield Servers(running)


def test_a_site_is_drained_and_comes_back(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    """On all nameservers, told twice or once; a line of somebody else's stays."""
    address = IPv4Address(GRA)
    other = "198.51.100.9/edge => DOWN"
    (servers.running["production-sbg-edge-1"].root / "state/admin_state").write_text(f"{other}\n")
    for _ in range(2):
        assert drain.tell(FLEET, servers.run, address, drained=True) == {}
    assert servers.state("production-gra-edge-1") == f"{GRA}/edge => DOWN\n"
    assert servers.state("production-sbg-edge-1") == f"{other}\n{GRA}/edge => DOWN\n"
    assert drain.report(FLEET, address, drained=True)
    said = capsys.readouterr().out
    assert said.count("ok  ") == 3
    assert f"production-witness-witness-1: {NAMES[0]} {SBG}, {NAMES[1]} {SBG}, {NAMES[2]} {SBG}\n" in said

    for _ in range(2):
        assert drain.tell(FLEET, servers.run, address, drained=False) == {}
    assert servers.state("production-gra-edge-1") == ""
    assert servers.state("production-sbg-edge-1") == f"{other}\n"
    assert drain.report(FLEET, address, drained=False)
    assert f"{NAMES[1]} {GRA}" in capsys.readouterr().out


def test_both_sites_drained_is_no_drain(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    """With nobody left gdnsd names everybody, and that is said."""
    for address in (GRA, SBG):
        assert drain.tell(FLEET, servers.run, IPv4Address(address), drained=True) == {}
    assert not drain.report(FLEET, IPv4Address(SBG), drained=True, seconds=4)
    assert capsys.readouterr().out.count("BAD ") == 3


def test_a_nameserver_that_cannot_be_told_is_named(servers: Servers) -> None:
    """By what its shell says, or by the time that was waited for it; the others are told all the same."""

    def run(name: str, command: str) -> "subprocess.CompletedProcess[str]":
        if "witness" in name:
            raise subprocess.TimeoutExpired(command, 60)
        if "sbg" in name:
            return subprocess.CompletedProcess([], 255, "", "Permission denied\n")
        return servers.run(name, command)

    assert drain.tell(FLEET, run, IPv4Address(GRA), drained=True) == {
        "production-sbg-edge-1": "Permission denied",
        "production-witness-witness-1": "no answer in 60 s",
    }
    assert GRA in servers.state("production-gra-edge-1")


def test_status_says_whether_all_agree(servers: Servers) -> None:
    """Three lines and one more; a nameserver that was told something else is a disagreement."""
    all_agree = [
        (True, "production-gra-edge-1 answers for the zone"),
        (True, "production-sbg-edge-1 answers for the zone"),
        (True, "production-witness-witness-1 answers for the zone"),
        (True, "Nameservers"),
    ]
    eventually(
        lambda: [(finding.good, finding.what) for finding in status.zone_findings(FLEET)],
        all_agree.__eq__,
        seconds=60,
        what="all agree",
    )
    servers.running["production-sbg-edge-1"].stop()
    findings = eventually(
        lambda: status.zone_findings(FLEET),
        lambda seen: [finding.good for finding in seen] == [True, False, True, True],
        seconds=60,
        what="one says nothing, the others agree",
    )
    assert findings[1].said == f"{SBG} says nothing about {NAMES[0]}"


def test_nameservers_that_disagree_are_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their addresses are looked at name by name."""
    said = {GRA: frozenset({GRA, SBG}), SBG: frozenset({SBG})}
    monkeypatch.setattr(nameservers, "ask", lambda nameserver, _: Answer(said.get(nameserver, said[GRA]), 30))
    *_, last = status.zone_findings(FLEET)
    assert (last.good, last.said) == (False, "2 different answers")


def test_without_a_zone_nobody_is_asked() -> None:
    """No line in the report, and nobody to drain."""
    without = Fleet((), "meeting.organisation.fr")
    assert (status.zone_findings(without), without.nameservers) == ([], [])


def test_a_nameserver_is_logged_in_to_directly(tmp_path: Path) -> None:
    """The witness has an address of its own then: it can be told while an edge is lost."""
    config = write(FLEET, tmp_path).read_text()
    blocks = {block.split()[0]: block for block in config.split("Host ")[1:]}
    assert f"HostName {KNOWN.witness['witness']}" in blocks["production-witness-witness-1"]
    assert "ProxyCommand" not in blocks["production-witness-witness-1"]
    first, second = blocks["production-gra-redis-1"].partition("ProxyCommand")[2].split(" || ")
    assert first.endswith(" production-gra-edge-1")
    assert " production-sbg-edge-1" in second
