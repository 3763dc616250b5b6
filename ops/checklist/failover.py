"""Caddy with failover: whether there is another edge to go to, and whether each edge knows all instances."""

import json
import shlex

from boot.edge.caddyfile import ADMIN_SOCKET
from fleet.ask import Run, each
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet

# Caddy names upstreams as its configuration does; /etc/hosts has the addresses of those that have a name.
ASK = f"""\
set -eu
curl --silent --show-error --fail --max-time 10 --unix-socket {ADMIN_SOCKET} http://localhost/reverse_proxy/upstreams
echo
cat /etc/hosts
"""


def failover_findings(deployed: Fleet, run: Run, port: int) -> list[Finding]:
    """What Caddy's failover needs.

    Args:
        deployed: the fleet.
        run: runs a command on a server.
        port: of the meeting servers.
    """
    edges = deployed.of("edge")
    sites = {role: sorted({server.site for server in deployed.of(role)}) for role in ("edge", "meeting")}
    enough = all(len(found) > 1 for found in sites.values())
    said = f"edges at {', '.join(sites['edge']) or 'no site'}, instances at {', '.join(sites['meeting']) or 'no site'}"
    instances = {f"{server.backbone_address}:{port}": server.name for server in deployed.of("meeting")}

    def judged(edge: DeployedServer, answer: str) -> Finding:
        known = upstreams(answer)
        there = [name for address, name in instances.items() if address in known]
        missing = [name for address, name in instances.items() if address not in known]
        words = f"knows {', '.join(there) or 'no instance'}" + (f"; lacks {', '.join(missing)}" if missing else "")
        return Finding(f"{edge.name} Caddy", bool(there) and not missing, words)

    asked = each(edges, "Caddy", run, f"sudo sh -c {shlex.quote(ASK)}", judged)
    return [Finding("Two sites", enough, said), *asked]


def upstreams(answer: str) -> set[str]:
    """The addresses and ports of the upstreams in an answer to `ASK`.

    Raises:
        ValueError: it is not what Caddy answers.
    """
    first, _, rest = answer.lstrip().partition("\n")
    found = json.loads(first)
    if not isinstance(found, list) or not all(isinstance(upstream, dict) for upstream in found):
        raise ValueError(f"Caddy's upstreams are {first[:80]!r}")
    lines = [line.split("#")[0].split() for line in rest.splitlines()]
    addresses = {name: line[0] for line in lines for name in line[1:]}
    dialled = [str(upstream.get("address", "")).rpartition(":") for upstream in found]
    return {f"{addresses.get(host, host)}:{port}" for host, _, port in dialled}
