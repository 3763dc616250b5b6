"""The requirements' deployment checklist, each line ticked by asking.

    python -m ops checklist gra sbg witness

Exit status 0 when all lines are ticked. Servers are asked over SSH by those who may log in, and from here.
"""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import ValidationError

from drill.report.store import STORE
from fleet import ssh
from fleet.arguments import HERE, SSH, Authority, Directory, Identity, Ssh, Stacks
from fleet.cloud import connect
from fleet.fleet import Fleet, fleet
from fleet.redis import redis_findings
from fleet.stacks import Stack, StackError, stacks
from ops.checklist.announced import announced_findings
from ops.checklist.documents import drill_findings, runbook_findings, unmonitored
from ops.checklist.failover import failover_findings
from ops.checklist.line import Line
from ops.checklist.monitored import alert_findings
from ops.checklist.ports import port_findings, reach
from ops.status import certificate_days, edge_findings
from settings.meeting import MeetingServer


def checklist(
    deployed: Fleet, environment: str, facts: dict[str, Any], *, config: Path, authority: Path | None, store: Path
) -> list[Line]:
    """The seven lines, in the requirements' words and order.

    Args:
        deployed: the fleet.
        environment: the environment's name.
        facts: what Pulumi.yaml says of it.
        config: the SSH configuration that reaches the servers.
        authority: the CA of the edges' certificate, if it is a private one.
        store: where reports of drills are kept.

    Raises:
        StackError: what Pulumi.yaml says of the meeting server is not allowed.
    """
    meeting = _meeting(environment, facts)
    run = partial(ssh.run, config)
    edges = [
        *edge_findings(deployed, authority, days=certificate_days(facts)),
        *failover_findings(deployed, run, meeting.listening_port),
    ]
    ports = meeting.rtc_ports
    return [
        Line(
            "Configurer `announcedIp` avec l'IP publique de chaque instance",
            "Each instance announces its own public address",
            tuple(announced_findings(deployed, run)),
        ),
        Line(
            "Configurer Redis partagé (Sentinel ou Cluster)",
            "Redis is shared, by Sentinel or as a cluster, and healthy",
            tuple(redis_findings(deployed, config)),
        ),
        Line("Configurer Caddy avec failover", "Caddy fails over, at both edges", tuple(edges)),
        Line(
            "Ouvrir les ports WebRTC (40000-49999 UDP/TCP) sur chaque instance",
            f"The WebRTC ports {ports.min}-{ports.max} are open on each instance",
            tuple(port_findings(deployed, ports, reach, connect)),
        ),
        Line(
            "Tester le failover en arrêtant une instance",
            "Failover was tested by stopping an instance",
            tuple(drill_findings(environment, store, datetime.now(UTC))),
        ),
        Line(
            "Configurer les alertes de monitoring",
            "Alerts are set up",
            tuple(alert_findings(deployed, run) if facts.get("monitoring") else unmonitored(facts)),
        ),
        Line(
            "Documenter les procédures de basculement",
            "What to do about each fault is written down",
            tuple(runbook_findings()),
        ),
    ]


def _meeting(environment: str, facts: dict[str, Any]) -> MeetingServer:
    try:
        return MeetingServer.model_validate(facts.get("meeting"))
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        key = ".".join(["environments", environment, "meeting", *map(str, first["loc"])])
        raise StackError(f"{key}: {first['msg']}") from refused


def _environment(named: list[Stack]) -> str:
    found = sorted({str(stack.raw().get("environment")) for stack in named})
    if len(found) > 1:
        raise StackError(f"the stacks are of several environments: {', '.join(found)}; name those of one")
    return found[0]


def main(
    stack: Stacks,
    *,
    reports: Annotated[Path, "where reports of drills are kept"] = STORE,
    authority: Authority = None,
    ssh_: Ssh = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command: 0 when all lines are ticked."""
    named = stacks(stack, directory)
    environment, facts = _environment(named), named[0].environment()
    deployed = fleet(named)
    config = ssh.write(deployed, ssh_, identity)
    lines = checklist(deployed, environment, facts, config=config, authority=authority, store=reports)
    print("\n\n".join(map(str, lines)))
    print(f"\n{sum(line.ticked for line in lines)} of {len(lines)} ticked")
    return 0 if all(line.ticked for line in lines) else 1
