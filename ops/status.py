"""Ask the whole: servers, images, gateways, edges, certificates, DNS, room tables, Redis, Sentinels, clocks, rooms.

    python -m ops status gra sbg witness

Exit status 1 when something is not as it should be. What cannot be asked is said, and the rest is asked all the same;
no answer is waited for longer than `PATIENCE`. Servers are asked over SSH, by those who may log in.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fleet import https, nameservers, ssh
from fleet.arguments import HERE, SSH, Authority, Directory, Identity, Ssh, Stacks
from fleet.at_once import at_once
from fleet.bounded import NoAnswer, ask
from fleet.clocks import clock_findings
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet, known
from fleet.gateways import gateway_findings
from fleet.images import image_findings
from fleet.opening import opening_findings
from fleet.redis import redis_findings
from fleet.relays import relay_findings
from fleet.rooms import table_findings
from fleet.servers import UNKNOWN, server_states
from fleet.stacks import stacks
from fleet.table import aligned
from ops.drain import overridden
from ops.keys import key_findings, wanted
from settings.monitoring import Thresholds

# Seconds for everything together: a login through the second edge where the first one is lost, and the question.
PATIENCE = 50.0
# Of records that a person sets, and takes out before a roll.
DNS_RECORDS = "DNS records"


def table(deployed: Fleet, states: dict[str, str]) -> str:
    """The servers of all sites: name, role, public and backbone address, state."""
    rows = [("server", "region", "role", "public", "backbone", "state")]
    rows += [
        (s.name, s.region, s.role, s.public_address or "-", s.backbone_address, states.get(s.name, UNKNOWN))
        for s in deployed.servers
    ]
    return aligned(rows)


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
    domain, edges = deployed.domain, deployed.of("edge")
    if domain is None:
        return []
    findings = []
    answers = at_once(lambda edge: _answer(edge, domain, authority), edges)
    for edge, answer in answers.items():
        if isinstance(answer, str):
            findings.append(Finding(f"{edge.name} answers", False, answer))
            continue
        said = f"/health {answer.status} in {answer.seconds * 1000:.0f} ms"
        findings.append(Finding(f"{edge.name} answers", answer.status == 200, said))
        left = answer.certificate_days
        findings.append(Finding(f"{edge.name} certificate", left > days, f"{left} days left"))
    serving = {str(e.public_address) for e, a in answers.items() if not isinstance(a, str) and a.status == 200}
    return [*findings, *_named(domain, {str(edge.public_address) for edge in edges}, serving, deployed)]


def _answer(edge: DeployedServer, domain: str, authority: Path | None) -> https.Answer | str:
    """What an edge answers, or why it does not."""
    try:
        return https.ask(str(edge.public_address), domain, authority=authority)
    except OSError as error:
        return f"{type(error).__name__}: {error}"


def _named(domain: str, edges: set[str], serving: set[str], deployed: Fleet) -> list[Finding]:
    """Whether the DNS names edges alone; without a zone, which leaves out whom it likes, all of those that serve."""
    found = https.addresses(domain)
    said = f"{domain} is {', '.join(sorted(found)) or 'not in the DNS'}; the edges are {', '.join(sorted(edges))}"
    missing = set() if deployed.nameservers or deployed.unknown else serving - found
    unknown = found - edges if not deployed.unknown else set()
    findings = [Finding("DNS", bool(found) and not unknown, said)]
    if found and missing:
        findings.append(Finding(DNS_RECORDS, False, f"{domain} lacks {', '.join(sorted(missing))}, which serves"))
    return findings


def zone_findings(deployed: Fleet) -> list[Finding]:
    """What each nameserver says of the zone's names, and whether all say the same; nothing without a zone."""
    findings = []
    said: set[tuple[frozenset[str], ...]] = set()
    for server, answer in at_once(lambda server: _says(server, deployed), deployed.nameservers).items():
        what = f"{server.name} answers for the zone"
        if isinstance(answer, str):
            findings.append(Finding(what, False, answer))
            continue
        said.add(answer)
        empty = [name for name, found in zip(deployed.zone_names, answer, strict=True) if not found]
        named = f"{deployed.zone_names[0]} is {', '.join(sorted(answer[0])) or 'nobody'}"
        lacking = f"; no answer for {', '.join(empty)}" if empty else ""
        findings.append(Finding(what, not empty, f"{named}{lacking}"))
    agreed = "all say the same" if len(said) == 1 else f"{len(said)} different answers"
    return [*findings, Finding("Nameservers", len(said) == 1, agreed)] if findings else []


def _says(server: DeployedServer, deployed: Fleet) -> tuple[frozenset[str], ...] | str:
    """What a nameserver says of each of the zone's names, or why it says nothing."""
    try:
        return tuple(nameservers.ask(str(server.public_address), name).addresses for name in deployed.zone_names)
    except OSError as error:
        return str(error)


def drained_findings(deployed: Fleet, config: Path) -> list[Finding]:
    """The edges that an operator has taken out of the zone; nothing where there is none."""
    out = overridden(deployed, partial(ssh.run, config, timeout=20))
    return [
        Finding(
            f"{edge.name} in the zone",
            False,
            f"is taken out of every answer: make undrain SITE={edge.site} puts it back",
        )
        for edge in deployed.of("edge")
        if str(edge.public_address) in out
    ]


def findings(deployed: Fleet, config: Path, authority: Path | None, facts: Mapping[str, Any]) -> list[Finding]:
    """What all but the cloud say, asked at the same time.

    Args:
        deployed: the fleet.
        config: the SSH configuration that reaches it.
        authority: of the edges' certificate, when it is a private one.
        facts: what Pulumi.yaml says of the environment.
    """
    questions: dict[str, Callable[[], list[Finding]]] = {
        "Edges": partial(edge_findings, deployed, authority, days=certificate_days(facts)),
        "Nameservers": partial(zone_findings, deployed),
        "Gateways": partial(gateway_findings, deployed),
    }
    if deployed.nameservers:
        questions["Drained edges"] = partial(drained_findings, deployed, config)
    if (facts.get("edge") or {}).get("affinity", True):
        questions["Room tables"] = partial(table_findings, deployed, config)
    questions["Redis"] = partial(redis_findings, deployed, config)
    if (facts.get("meeting") or {}).get("relay") is not None:
        questions["Relays"] = partial(relay_findings, deployed, partial(ssh.run, config), certificate_days(facts))
    questions["Clocks"] = partial(clock_findings, deployed, partial(ssh.run, config, timeout=40))
    if keys := wanted(facts):
        questions["Keys"] = partial(key_findings, deployed, partial(ssh.run, config, timeout=40), keys)
    questions["Rooms"] = partial(opening_findings, deployed, partial(ssh.run, config))
    found: list[Finding] = []
    for what, answer in ask(questions, PATIENCE).items():
        found += [Finding(what, False, answer.why)] if isinstance(answer, NoAnswer) else answer
    return found


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
    deployed, facts = known(named), named[0].environment()
    config = ssh.write(deployed, ssh_, identity)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(findings, deployed, config, authority, facts)
        images = pool.submit(image_findings, named, deployed, datetime.now(UTC))
        states, silent = server_states(deployed)
        print(table(deployed, states), end="\n\n")
        found = [*deployed.unknown, *silent, *asked.result(), *images.result()]
    for finding in found:
        print(finding)
    return 0 if all(finding.good for finding in found) and set(states.values()) == {"ACTIVE"} else 1
