"""`python -m ops checklist`: the whole command, with a Pulumi, an SSH and a cloud of the test's."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from drill.report.store import place, write
from fleet import https
from fleet.stacks import Stack, StackError
from ops.__main__ import main
from ops.checklist import checklist as command
from ops.checklist.ports import Reach
from tests.configuration import ROOT, production
from tests.unit.deployed import PUBLIC, outputs
from tests.unit.drill.drilled import KEPT, REPORT
from tests.unit.fleet.told import told

REQUIRED = [
    "Configurer `announcedIp` avec l'IP publique de chaque instance",
    "Configurer Redis partagé (Sentinel ou Cluster)",
    "Configurer Caddy avec failover",
    "Ouvrir les ports WebRTC (40000-49999 UDP/TCP) sur chaque instance",
    "Tester le failover en arrêtant une instance",
    "Configurer les alertes de monitoring",
    "Documenter les procédures de basculement",
]
STACKS = ("gra", "sbg", "witness")
REDIS = """\
role:{role}
connected_slaves:2
master_host:10.17.0.5
master_link_status:up
OK 3 usable Sentinels. Quorum and failover authorization can be reached
named:10.17.0.5
"""
UPSTREAMS = '[{"address": "10.17.0.64:3443"}, {"address": "10.17.1.64:3443"}]\n'


def program(directory: Path, name: str, text: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose environment ticks every line, its alerts included."""
    for stack in STACKS:
        (tmp_path / f"Pulumi.{stack}.yaml").write_text((ROOT / f"Pulumi.{stack}.yaml").read_text())
        (tmp_path / f"{stack}.json").write_text(json.dumps(outputs(stack)))
    facts = production() | {"monitoring": {"mail": "admin@organisation.fr"}}
    config = {"multiparty-meeting:environments": {"value": {"production": facts}}}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"config": config}))
    programs = tmp_path / "bin"
    programs.mkdir()
    program(programs, "pulumi", f'for stack; do :; done\ncat {tmp_path}/"$stack".json')
    answers = tmp_path / "answers"
    answers.mkdir()
    # ssh -F CONFIG -o BatchMode=yes SERVER COMMAND
    asked = f'case "$6" in *api/v1*) cat {answers}/alerts ;; *) cat {answers}/"$5" ;; esac'
    program(programs, "ssh", asked)
    (answers / "alerts").write_text(told())
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    for site in ("gra", "sbg"):
        listen = [{"ip": "0.0.0.0", "announcedIp": PUBLIC[f"{site}-meeting"]}]
        (answers / f"production-{site}-meeting-1").write_text(json.dumps(listen))
        (answers / f"production-{site}-edge-1").write_text(f"{UPSTREAMS}\n")
    for server, role in (("gra-redis", "master"), ("sbg-redis", "slave"), ("witness-witness", "slave")):
        (answers / f"production-{server}-1").write_text(REDIS.format(role=role))
    write_report(tmp_path, "meeting-server-off")
    _outside(monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_report(directory: Path, name: str) -> Path:
    """A report of today, in which one fault passed."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    report = replace(REPORT, environment="production", begun=now, drilled=(replace(KEPT, name=name),))
    return write(report, place(report, directory / "drill-reports"))


def _outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked beyond SSH: edges, the DNS, ports, the cloud's API."""

    def ask(*_: object, **__: object) -> https.Answer:
        return https.Answer(200, 0.01, datetime(2100, 1, 1, tzinfo=UTC), {}, b"")

    def reach(address: str, _: int) -> Reach:
        assert address in {PUBLIC["gra-meeting"], PUBLIC["sbg-meeting"]}
        return "refused"

    rule = SimpleNamespace(
        protocol=None,
        ether_type="IPv4",
        remote_ip_prefix=None,
        remote_group_id=None,
        port_range_min=None,
        port_range_max=None,
    )
    port = SimpleNamespace(id="port", fixed_ips=[], security_group_ids=["group"])
    network = SimpleNamespace(
        ips=lambda **_: [SimpleNamespace(port_id="port")],
        ports=lambda **_: [port],
        security_group_rules=lambda **_: [rule],
    )
    monkeypatch.setattr(https, "ask", ask)
    monkeypatch.setattr(https, "addresses", lambda _: {PUBLIC["gra-edge"], PUBLIC["sbg-edge"]})
    monkeypatch.setattr(command, "reach", reach)
    monkeypatch.setattr(command, "connect", lambda _: SimpleNamespace(network=network))


Ticks = Callable[[], tuple[int, dict[str, str]]]


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ticks:
    """The command: its exit status, and what it shows of each of the requirements' lines, or the error."""

    def run() -> tuple[int, dict[str, str]]:
        done = main(["checklist", *STACKS])
        shown = capsys.readouterr()
        parts = [part for part in shown.out.split("\n\n") if part.startswith("[")]
        return done, {part.splitlines()[0][4:]: part for part in parts} or {"error": shown.err}

    return run


def facts_of(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what Pulumi.yaml says of the environment."""
    project = yaml.safe_load((directory / "Pulumi.yaml").read_text())
    change(project["config"]["multiparty-meeting:environments"]["value"]["production"])
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))


def unticked(lines: dict[str, str]) -> list[str]:
    return [words for words, shown in lines.items() if not shown.startswith("[x]")]


def test_an_environment_that_has_everything_is_ticked(healthy: Path, ticks: Ticks) -> None:
    """All seven lines of the requirements, in their order, each with what was seen."""
    done, lines = ticks()
    assert list(lines) == REQUIRED
    assert [line.splitlines()[0][:4] for line in lines.values()] == ["[x] "] * 7, "\n".join(lines.values())
    assert done == 0
    assert "203.0.113.20; its public address" in lines[REQUIRED[0]]
    assert "all Sentinels name 10.17.0.5" in lines[REQUIRED[1]]
    assert "production-sbg-edge-1 Caddy: knows production-gra-meeting-1, production-sbg-meeting-1" in lines[REQUIRED[2]]
    assert "production-sbg-meeting-1 UDP rules: 40000-49999 open to everybody" in lines[REQUIRED[3]]
    assert "meeting-server-off passed today" in lines[REQUIRED[4]]
    assert (healthy / ".ssh/config").exists()


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("answers/production-sbg-meeting-1", '[{"announcedIp": "203.0.113.21"}]', 0),
        ("answers/production-sbg-redis-1", REDIS.format(role="slave").replace("link_status:up", "link_status:down"), 1),
        ("answers/production-gra-edge-1", '[{"address": "10.17.0.64:3443"}]\n', 2),
        ("answers/alerts", told(firing=()), 5),
    ],
)
def test_what_is_wrong_unticks_its_line_alone(healthy: Path, ticks: Ticks, file: str, text: str, line: int) -> None:
    (healthy / file).write_text(text)
    done, lines = ticks()
    assert unticked(lines) == [REQUIRED[line]]
    assert done == 1


def test_the_ports_of_the_settings_are_asked(healthy: Path, ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requirements' words stay; a silent port unticks the line."""
    facts_of(healthy, lambda facts: facts["meeting"].update(rtc_ports={"min": 20000, "max": 20999}))
    monkeypatch.setattr(command, "reach", lambda _, port: "filtered" if port == 20999 else "open")
    done, lines = ticks()
    assert done == 1
    assert "no answer from 20999: filtered" in lines[REQUIRED[3]]
    assert "The WebRTC ports 20000-20999 are open" in lines[REQUIRED[3]]


def test_without_drill_and_alerts_two_lines_are_open(healthy: Path, ticks: Ticks) -> None:
    """As every environment begins; each says what to do."""
    (healthy / "drill-reports").rename(healthy / "elsewhere")
    facts_of(healthy, lambda facts: facts.pop("monitoring"))
    done, lines = ticks()
    assert unticked(lines) == [REQUIRED[4], REQUIRED[5]]
    assert "make drill" in lines[REQUIRED[4]] and "not ticked: " in lines[REQUIRED[5]]
    assert done == 1


def test_stacks_of_two_environments_are_refused(healthy: Path, ticks: Ticks) -> None:
    text = (healthy / "Pulumi.sbg.yaml").read_text()
    (healthy / "Pulumi.sbg.yaml").write_text(text.replace("environment: production", "environment: staging"))
    done, lines = ticks()
    assert done == 1
    assert "the stacks are of several environments: production, staging; name those of one" in lines["error"]
    with pytest.raises(StackError, match=r"stack sbg: environment = 'staging': must be one of .*: production"):
        Stack("sbg", healthy / "Pulumi.sbg.yaml").environment()


def test_a_meeting_server_that_the_settings_refuse_is_named(healthy: Path, ticks: Ticks) -> None:
    text = (healthy / "Pulumi.yaml").read_text()
    (healthy / "Pulumi.yaml").write_text(text.replace("type: container", "type: tarball"))
    done, lines = ticks()
    assert done == 1
    assert "environments.production.meeting.delivery" in lines["error"]
