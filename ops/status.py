"""Ask the whole: servers, both edges, certificates, DNS, Redis and Sentinels.

    python -m ops.status gra sbg witness

Exit status 1 when something is not as it should be. Redis is asked through the edges, by those who may log in.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ops import nameservers, probes, ssh
from ops.cloud import connect
from ops.fleet import DeployedServer, Fleet, fleet
from ops.stacks import StackError, stacks

# Let's Encrypt's certificates are renewed when a third of their 90 days is left.
CERTIFICATE_DAYS = 14

_ASK_REDIS = (
    'sudo sh -c \'. /etc/multiparty/boot.env; . "$SEED/auth.env"; export REDISCLI_AUTH; '
    "redis-cli INFO replication; redis-cli -p 26379 SENTINEL CKQUORUM $MASTER_NAME; "
    "redis-cli -p 26379 --raw SENTINEL GET-MASTER-ADDR-BY-NAME $MASTER_NAME | head -n 1'"
)


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    good: bool
    said: str


def table(deployed: Fleet, states: dict[str, str]) -> str:
    """The servers of all sites: name, role, public and backbone address, state."""
    rows = [("server", "region", "role", "public", "backbone", "state")]
    rows += [
        (s.name, s.region, s.role, s.public_address or "-", s.backbone_address, states.get(s.name, "?"))
        for s in deployed.servers
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def server_states(deployed: Fleet) -> dict[str, str]:
    """What the cloud says of each server, by name; `gone` when it knows it no more."""
    found: dict[str, str] = {}
    for region in sorted({server.region for server in deployed.servers}):
        compute = connect(region).compute
        known = {server.id: server.status for server in compute.servers(details=True)}
        found |= {s.name: str(known.get(s.id, "gone")) for s in deployed.servers if s.region == region}
    return found


def edge_findings(deployed: Fleet, authority: Path | None) -> list[Finding]:
    """Each edge's answer and certificate, and whether the DNS names the edges."""
    domain = deployed.domain
    if domain is None:
        return []
    findings = []
    for edge in deployed.of("edge"):
        try:
            answer = probes.ask(str(edge.public_address), domain, authority=authority)
        except OSError as error:
            findings.append(Finding(f"{edge.name} answers", False, f"{type(error).__name__}: {error}"))
            continue
        said = f"/health {answer.status} in {answer.seconds * 1000:.0f} ms"
        findings.append(Finding(f"{edge.name} answers", answer.status == 200, said))
        days = answer.certificate_days
        findings.append(Finding(f"{edge.name} certificate", days > CERTIFICATE_DAYS, f"{days} days left"))
    named, edges = probes.addresses(domain), {str(edge.public_address) for edge in deployed.of("edge")}
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


def redis_findings(deployed: Fleet, config: Path) -> list[Finding]:
    """Role, replicas and quorum as each Redis server tells them, and whether all name the same master."""
    servers = [*deployed.of("redis"), *deployed.of("witness")]
    if not all(server.host_key for server in servers):
        return [Finding("Redis", False, "cannot be asked: the stacks know no host keys (ready_deadline: 0)")]
    with ThreadPoolExecutor(len(servers)) as pool:
        answers = list(pool.map(lambda server: _redis(server, config), servers))
    masters = {said.rsplit(" ", 1)[-1] for said in (finding.said for finding in answers if finding.good)}
    agreed = Finding("Redis master", len(masters) == 1, f"all Sentinels name {', '.join(sorted(masters)) or 'nobody'}")
    return [*answers, agreed]


def _redis(server: DeployedServer, config: Path) -> Finding:
    what = f"{server.name} Redis"
    try:
        done = ssh.run(config, server.name, _ASK_REDIS)
    except subprocess.TimeoutExpired as error:
        return Finding(what, False, f"login: no answer in {error.timeout:.0f} s")
    if done.returncode:
        return Finding(what, False, f"login: {done.stderr.strip().splitlines()[-1:]}")
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    info = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
    quorum = next((line for line in lines if "usable Sentinels" in line), "no quorum")
    link = (
        f"{info.get('connected_slaves')} replicas" if info.get("role") == "master" else info.get("master_link_status")
    )
    healthy = quorum.startswith("OK") and (info.get("role") == "master" or info.get("master_link_status") == "up")
    return Finding(what, healthy, f"{info.get('role')}, {link}; {quorum.split('.')[0]}; Sentinel names {lines[-1]}")


def main() -> int:
    """The command: 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m ops.status", description="Ask the whole deployment how it is.")
    parser.add_argument("stack", nargs="+")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    parser.add_argument("--authority", type=Path, help="the CA of the edges' certificate, if it is a private one")
    parser.add_argument("--ssh", type=Path, default=Path(".ssh"), help="where to write the SSH configuration")
    parser.add_argument("--identity", type=Path, help="the private key to log in with")
    args = parser.parse_args()
    try:
        deployed = fleet(stacks(args.stack, args.directory))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    states = server_states(deployed)
    print(table(deployed, states), end="\n\n")
    findings = edge_findings(deployed, args.authority)
    findings += zone_findings(deployed)
    findings += redis_findings(deployed, ssh.write(deployed, args.ssh, args.identity))
    for finding in findings:
        print(f"{'ok  ' if finding.good else 'BAD '} {finding.what}: {finding.said}")
    return 0 if all(f.good for f in findings) and set(states.values()) == {"ACTIVE"} else 1


if __name__ == "__main__":
    sys.exit(main())
