"""Ask the whole: servers, both edges, certificates, DNS, Redis and Sentinels.

    python -m ops status gra sbg witness

Exit status 1 when something is not as it should be. Redis is asked through the edges, by those who may log in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fleet import https, nameservers, ssh
from fleet.arguments import HERE, SSH, Authority, Directory, Identity, Ssh, Stacks
from fleet.cloud import connect
from fleet.finding import Finding
from fleet.fleet import Fleet, fleet
from fleet.redis import redis_findings
from fleet.stacks import stacks
from fleet.table import aligned
from settings.monitoring import Thresholds


def table(deployed: Fleet, states: dict[str, str]) -> str:
    """The servers of all sites: name, role, public and backbone address, state."""
    rows = [("server", "region", "role", "public", "backbone", "state")]
    rows += [
        (s.name, s.region, s.role, s.public_address or "-", s.backbone_address, states.get(s.name, "?"))
        for s in deployed.servers
    ]
    return aligned(rows)


def server_states(deployed: Fleet) -> dict[str, str]:
    """What the cloud says of each server, by name; `gone` when it knows it no more."""
    found: dict[str, str] = {}
    for region in sorted({server.region for server in deployed.servers}):
        compute = connect(region).compute
        known = {server.id: server.status for server in compute.servers(details=True)}
        found |= {s.name: str(known.get(s.id, "gone")) for s in deployed.servers if s.region == region}
    return found


def certificate_days(facts: Mapping[str, Any]) -> int:
    """The days that an edge's certificate has to be valid for, by what Pulumi.yaml says of an environment."""
    thresholds = (facts.get("monitoring") or {}).get("thresholds") or {}
    return Thresholds.model_validate(thresholds).certificate_days


def edge_findings(
    deployed: Fleet, authority: Path | None, *, days: int = Thresholds().certificate_days
) -> list[Finding]:
    """Each edge's answer and certificate, and whether the DNS names the edges.

    Args:
        deployed: the fleet.
        authority: of the edges' certificate, when it is a private one.
        days: for which the certificate has to be valid, and more.
    """
    domain = deployed.domain
    if domain is None:
        return []
    findings = []
    for edge in deployed.of("edge"):
        try:
            answer = https.ask(str(edge.public_address), domain, authority=authority)
        except OSError as error:
            findings.append(Finding(f"{edge.name} answers", False, f"{type(error).__name__}: {error}"))
            continue
        said = f"/health {answer.status} in {answer.seconds * 1000:.0f} ms"
        findings.append(Finding(f"{edge.name} answers", answer.status == 200, said))
        left = answer.certificate_days
        findings.append(Finding(f"{edge.name} certificate", left > days, f"{left} days left"))
    named, edges = https.addresses(domain), {str(edge.public_address) for edge in deployed.of("edge")}
    said = f"{domain} is {', '.join(sorted(named)) or 'not in the DNS'}; the edges are {', '.join(sorted(edges))}"
    return [*findings, Finding("DNS", bool(named) and named <= edges, said)]


def zone_findings(deployed: Fleet) -> list[Finding]:
    """What each nameserver says of the zone's names, and whether all say the same; nothing without a zone."""
    findings = []
    said: set[tuple[frozenset[str], ...]] = set()
    for server in deployed.nameservers:
        what = f"{server.name} answers for the zone"
        try:
            answers = [nameservers.ask(str(server.public_address), name).addresses for name in deployed.zone_names]
        except OSError as error:
            findings.append(Finding(what, False, str(error)))
            continue
        said.add(tuple(answers))
        named = ", ".join(sorted(answers[0])) or "nobody"
        findings.append(Finding(what, all(answers), f"{deployed.zone_names[0]} is {named}"))
    agreed = "all say the same" if len(said) == 1 else f"{len(said)} different answers"
    return [*findings, Finding("Nameservers", len(said) == 1, agreed)] if findings else []


def main(
    stack: Stacks,
    *,
    authority: Authority = None,
    ssh_: Ssh = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command: 0 when all is well."""
    named = stacks(stack, directory)
    deployed, days = fleet(named), certificate_days(named[0].environment())
    states = server_states(deployed)
    print(table(deployed, states), end="\n\n")
    findings = edge_findings(deployed, authority, days=days)
    findings += zone_findings(deployed)
    findings += redis_findings(deployed, ssh.write(deployed, ssh_, identity))
    for finding in findings:
        print(f"{'ok  ' if finding.good else 'BAD '} {finding.what}: {finding.said}")
    return 0 if all(f.good for f in findings) and set(states.values()) == {"ACTIVE"} else 1
