"""What servers say on the checklist: what they announce, which instances they know; and how a line is shown."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.finding import Finding
from ops.checklist.announced import announced_findings
from ops.checklist.failover import failover_findings, upstreams
from ops.checklist.line import Line
from tests.unit.boot.golden import ANNOUNCED_IP
from tests.unit.deployed import PUBLIC, deployed
from tests.unit.disk import files, program

FLEET = deployed("gra", "sbg", "witness")
GRA = deployed("gra")
HOSTS = "127.0.0.1 localhost\n10.17.0.64 gra-instance\n10.17.1.64 sbg-instance # the other site\n"
BOTH = '[{"address": "gra-instance:3443", "num_requests": 1, "fails": 0}, {"address": "sbg-instance:3443"}]'
ROOMS = '{"address": "unix//run/haproxy/rooms.sock"}'


class MeetingServerHost:
    """The shell of a meeting server: this machine's, with a boot.env, a configuration and systemd of the test's."""

    def __init__(self, root: Path, case: str) -> None:
        self.root = root
        seed, home = root / "seed", root / "server"
        for directory in (seed, home, root / "bin"):
            directory.mkdir()
        text = files(case)["/etc/multiparty/meeting/config.js"]
        (seed / "config.js").write_text(text)
        (home / "config.js").write_text(text)
        container = "CONTAINER_IMAGE=image\n" if "container" in case else ""
        environment = f"CONFIG_PATH={home}/config.js\nSEED={seed}\n{container}"
        (root / "boot.env").write_text(environment)
        self.systemd(active=True, began="2026-11-23 07:24:00 UTC")
        self._program(
            "podman", f'[ "$1 $2" = "exec multiparty-meeting" ] && shift 2 && touch {root}/inside && exec "$@"'
        )
        for file in (seed / "config.js", home / "config.js"):
            os.utime(file, (1_700_000_000, 1_700_000_000))

    def systemd(self, *, active: bool, began: str) -> None:
        """What systemd says of the service."""
        self._program("systemctl", f'case $1 in is-active) {str(active).lower()};; show) echo "Mon {began}";; esac')

    def run(self, _: str, command: str) -> "subprocess.CompletedProcess[str]":
        """One command of root's."""
        here = command.replace("/etc/multiparty/boot.env", str(self.root / "boot.env")).replace("sudo ", "", 1)
        assert here != command
        environment = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        return subprocess.run(
            ["sh", "-c", here], capture_output=True, text=True, check=False, timeout=30, env=environment
        )

    def _program(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


@pytest.fixture(params=["gra-meeting-archive", "gra-meeting-container"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> MeetingServerHost:
    """A meeting server of either delivery, whose configuration announces the golden files' address."""
    program("node", "nodejs")
    return MeetingServerHost(tmp_path, request.param)


def test_announced_ip_is_what_the_server_was_started_with(host: MeetingServerHost) -> None:
    """Read by Node where the server runs, inside its container where it has one."""
    assert str(ANNOUNCED_IP) == PUBLIC["gra-meeting"]
    assert announced_findings(GRA, host.run) == [
        Finding("production-gra-meeting-1 announcedIp", True, "203.0.113.10; its public address")
    ]
    container = "CONTAINER_IMAGE" in (host.root / "boot.env").read_text()
    assert (host.root / "inside").exists() == container


def test_another_address_than_the_own_is_no_good(host: MeetingServerHost) -> None:
    """The edge's, say: clients would send their media to it."""
    found = announced_findings(replace(GRA, servers=deployed("sbg").servers), host.run)
    assert found == [
        Finding("production-sbg-meeting-1 announcedIp", False, "203.0.113.10; its public address is 203.0.113.20")
    ]


def test_a_configuration_that_nobody_has_read_is_no_good(host: MeetingServerHost) -> None:
    """Changed after the service began, or no service at all."""
    host.systemd(active=True, began="2023-11-14 22:13:00 UTC")
    (found,) = announced_findings(GRA, host.run)
    assert not found.good
    assert found.said == "cannot be asked: config.js was changed after the meeting server began: restart it"
    host.systemd(active=False, began="2026-11-23 07:24:00 UTC")
    (found,) = announced_findings(GRA, host.run)
    assert (found.good, found.said) == (False, "cannot be asked: the meeting server does not run")


def _answering(answers: dict[str, str]) -> Callable[[str, str], "subprocess.CompletedProcess[str]"]:
    return lambda server, _: subprocess.CompletedProcess([], 0, answers[server], "")


def test_what_cannot_be_asked_is_said_and_stops_nobody() -> None:
    """By what the login says, or by the time that was waited; an answer of somebody else's is none."""

    def run(server: str, command: str) -> "subprocess.CompletedProcess[str]":
        if "gra" in server:
            raise subprocess.TimeoutExpired(command, 60)
        return subprocess.CompletedProcess([], 255, "", "banner\nPermission denied (publickey).\n")

    gra, sbg = announced_findings(FLEET, run)
    assert (gra.good, gra.said) == (False, "cannot be asked: no answer in 60 s")
    assert (sbg.good, sbg.said) == (False, "cannot be asked: Permission denied (publickey).")
    (strange,) = announced_findings(GRA, _answering({"production-gra-meeting-1": "Debian GNU/Linux"}))
    assert not strange.good
    assert strange.said.startswith("answers what makes no sense: ")
    (keyless,) = announced_findings(deployed("gra", host_keys=False), _answering({}))
    assert (keyless.good, "no host key" in keyless.said) == (False, True)
    (nobody,) = announced_findings(deployed("witness"), _answering({}))
    assert not nobody.good


def _edges(gra: str, sbg: str) -> list[Finding]:
    answers = {"production-gra-edge-1": f"{gra}\n{HOSTS}", "production-sbg-edge-1": f"{sbg}\n{HOSTS}"}
    return failover_findings(FLEET, _answering(answers), 3443)


def test_each_edge_knows_every_instance() -> None:
    """By the names of /etc/hosts and by bare addresses; what else Caddy passes requests to is no instance."""
    by_address = '[{"address": "10.17.0.64:3443"}, {"address": "10.17.1.64:3443"}]'
    sites, gra, sbg = _edges(BOTH[:-1] + f", {ROOMS}]", by_address)
    assert (sites.good, sites.said) == (True, "edges at gra, sbg, instances at gra, sbg")
    assert (gra.good, gra.said) == (True, "knows production-gra-meeting-1, production-sbg-meeting-1")
    assert sbg == Finding("production-sbg-edge-1 Caddy", True, gra.said)


@pytest.mark.parametrize(
    "known",
    [
        '[{"address": "gra-instance:3443"}]',
        '[{"address": "gra-instance:3443"}, {"address": "sbg-instance:443"}]',
        '[{"address": "gra-instance:3443"}, {"address": "10.17.1.65:3443"}]',
    ],
)
def test_an_edge_that_lacks_an_instance_is_named(known: str) -> None:
    """Also one that knows it at another port, or another one of its site."""
    _, gra, sbg = _edges(BOTH, known)
    assert gra.good
    assert (sbg.good, sbg.said) == (False, "knows production-gra-meeting-1; lacks production-sbg-meeting-1")


def test_one_site_is_no_failover() -> None:
    answer = {"production-gra-edge-1": f'[{{"address": "gra-instance:3443"}}]\n{HOSTS}'}
    sites, gra = failover_findings(GRA, _answering(answer), 3443)
    assert (sites.good, gra.good) == (False, True)
    assert sites.said == "edges at gra, instances at gra"


@pytest.mark.parametrize("answer", ["", "null\n", "502 Bad Gateway\n", '["gra-instance:3443"]\n'])
def test_what_is_not_caddys_is_refused(answer: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        upstreams(answer + HOSTS)


def test_a_line_is_ticked_when_all_of_it_is_good() -> None:
    """And when anything was looked at at all; it shows the requirements' words, what they mean, and what was seen."""
    good, bad = Finding("edge", True, "answers"), Finding("other edge", False, "silent")
    assert str(Line("Configurer Caddy", "Caddy is set up", (good, bad))) == (
        "[ ] Configurer Caddy\n    Caddy is set up\n      ok   edge: answers\n      BAD  other edge: silent"
    )
    assert str(Line("Configurer Caddy", "Caddy is set up", (good,))).startswith("[x] ")
    assert not Line("Configurer Caddy", "Caddy is set up", ()).ticked
