"""The requirements' deployment checklist, each line ticked by asking.

    python -m ops checklist gra sbg witness

Exit status 0 when all lines are ticked. Servers are asked over SSH by those who may log in, and from here.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import ValidationError

from drill.report.store import STORE
from fleet import ssh
from fleet.arguments import HERE, SSH, Authority, Directory, Identity, Ssh, Stacks
from fleet.bounded import NoAnswer, ask
from fleet.cloud import connect
from fleet.environment import name_of
from fleet.finding import Finding
from fleet.fleet import Fleet, known
from fleet.redis import redis_findings
from fleet.stacks import StackError, stacks
from ops.checklist.announced import announced_findings
from ops.checklist.documents import drill_findings, runbook_findings, unmonitored
from ops.checklist.failover import failover_findings
from ops.checklist.line import Line
from ops.checklist.monitored import alert_findings
from ops.checklist.ports import port_findings, reach
from ops.status import certificate_days, edge_findings
from settings.meeting import MeetingServer

# Seconds for everything together, and for one login with its question.
PATIENCE = 55.0
_LOGIN_SECONDS = 40


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
    run = partial(ssh.run, config, timeout=_LOGIN_SECONDS)
    ports = meeting.rtc_ports
    days = certificate_days(facts)

    def whole(question: Callable[[], Sequence[Finding]]) -> Callable[[], Sequence[Finding]]:
        """With the sites that nobody can be asked of: a line is not ticked without them."""
        return lambda: (*question(), *deployed.unknown)

    def failover() -> list[Finding]:
        return [
            *edge_findings(deployed, authority, days=days),
            *failover_findings(deployed, run, meeting.listening_port),
        ]

    lines: list[tuple[str, str, Callable[[], Sequence[Finding]]]] = [
        (
            "Configurer `announcedIp` avec l'IP publique de chaque instance",
            "Each instance announces its own public address",
            whole(partial(announced_findings, deployed, run)),
        ),
        (
            "Configurer Redis partagé (Sentinel ou Cluster)",
            "Redis is shared, by Sentinel or as a cluster, and healthy",
            whole(partial(redis_findings, deployed, config)),
        ),
        ("Configurer Caddy avec failover", "Caddy fails over, at both edges", whole(failover)),
        (
            "Ouvrir les ports WebRTC (40000-49999 UDP/TCP) sur chaque instance",
            f"The WebRTC ports {ports.min}-{ports.max} are open on each instance",
            whole(partial(port_findings, deployed, ports, reach, connect)),
        ),
        (
            "Tester le failover en arrêtant une instance",
            "Failover was tested by stopping an instance",
            partial(drill_findings, environment, store, datetime.now(UTC)),
        ),
        (
            "Configurer les alertes de monitoring",
            "Alerts are set up",
            partial(alert_findings, deployed, run) if facts.get("monitoring") else partial(unmonitored, facts),
        ),
        ("Documenter les procédures de basculement", "What to do about each fault is written down", runbook_findings),
    ]
    # All at the same time: with a server that does not answer each line would take its half minute.
    answers = ask({words: question for words, _, question in lines}, PATIENCE)
    found = {
        words: (Finding("The line", False, answer.why),) if isinstance(answer, NoAnswer) else tuple(answer)
        for words, answer in answers.items()
    }
    return [Line(words, gloss, found[words]) for words, gloss, _ in lines]


def _meeting(environment: str, facts: dict[str, Any]) -> MeetingServer:
    try:
        return MeetingServer.model_validate(facts.get("meeting"))
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        key = ".".join(["environments", environment, "meeting", *map(str, first["loc"])])
        raise StackError(f"{key}: {first['msg']}") from refused


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
    environment, facts = name_of(named), named[0].environment()
    deployed = known(named)
    config = ssh.write(deployed, ssh_, identity)
    lines = checklist(deployed, environment, facts, config=config, authority=authority, store=reports)
    print("\n\n".join(map(str, lines)))
    print(f"\n{sum(line.ticked for line in lines)} of {len(lines)} ticked")
    return 0 if all(line.ticked for line in lines) else 1
