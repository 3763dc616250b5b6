"""What Redis servers say of themselves, asked over SSH: Redis and its Sentinel, or two nodes of the cluster."""

import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fleet import ssh
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet
from settings.redis import GUEST_PORT, PORT, SENTINEL_PORT

# boot.env says whether the server is one of a cluster: then it has a guest node, and no Sentinel.
ASK = (
    f"HOME_PORT={PORT} GUEST_PORT={GUEST_PORT} SENTINEL_PORT={SENTINEL_PORT}"
    + """
. /etc/multiparty/boot.env; . "$SEED/auth.env"; export REDISCLI_AUTH
ask() { redis-cli ${AS:-} -h "$SELF" -p "$@"; }
if [ -n "${GUEST_NODE:-}" ]; then
    ask "$HOME_PORT" CLUSTER INFO
    echo "failed:$(ask "$HOME_PORT" CLUSTER NODES | grep -c fail)"
    echo "home_role:$(ask "$HOME_PORT" --raw ROLE | head -n 1)"
    ask "$GUEST_PORT" INFO replication
else
    ask "$HOME_PORT" INFO replication
    ask "$SENTINEL_PORT" SENTINEL CKQUORUM "$MASTER_NAME"
    echo "named:$(ask "$SENTINEL_PORT" --raw SENTINEL GET-MASTER-ADDR-BY-NAME "$MASTER_NAME" | head -n 1)"
    ask "$SENTINEL_PORT" INFO sentinel | grep '^sentinel_tilt:'
fi
"""
)
_SLOTS = "16384"
_NODES = "6 nodes, 0 failed"


@dataclass(frozen=True)
class RedisState:
    """A server's answer: whether it is as it should be, in words, and whom its Sentinel names."""

    good: bool
    said: str
    named: str | None = None


def read(answer: str) -> RedisState:
    """What the answer to `ASK` says."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    info = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
    if "cluster_state" in info:
        return _of_cluster(info)
    quorum = next((line for line in lines if "usable Sentinels" in line), "no quorum")
    link = (
        f"{info.get('connected_slaves')} replicas" if info.get("role") == "master" else info.get("master_link_status")
    )
    tilt = info.get("sentinel_tilt") == "1"
    votes = quorum.startswith("OK") and not tilt
    healthy = votes and (info.get("role") == "master" or info.get("master_link_status") == "up")
    named = info.get("named", "")
    said = f"{info.get('role')}, {link}; {quorum.split('.')[0]}; Sentinel names {named or 'nobody'}"
    # After a standstill of more than two seconds a Sentinel answers for 30 s, and neither accuses nor votes.
    return RedisState(healthy, f"{said} and does not vote yet (TILT)" if tilt else said, named)


def _of_cluster(info: Mapping[str, str]) -> RedisState:
    """As planned: all slots served, six nodes and no dead one, home a master, guest a replica that keeps up."""
    guest = f"{info.get('role')}, {info.get('master_link_status', 'no link')}"
    slots, nodes = info.get("cluster_slots_ok"), f"{info.get('cluster_known_nodes')} nodes, {info.get('failed')} failed"
    said = (
        f"cluster {info['cluster_state']}, {slots} of {_SLOTS} slots, {nodes}; "
        f"home {info.get('home_role')}; guest {guest}"
    )
    seen = (info["cluster_state"], slots, nodes, info.get("home_role"), guest)
    return RedisState(seen == ("ok", _SLOTS, _NODES, "master", "slave, up"), said)


def redis_findings(deployed: Fleet, config: Path) -> list[Finding]:
    """What each Redis server says; and, where there are Sentinels, whether all name the same master."""
    servers = [*deployed.of("redis"), *deployed.of("witness")]
    if not all(server.host_key for server in servers):
        return [Finding("Redis", False, "cannot be asked: the stacks know no host keys (ready_deadline: 0)")]
    with ThreadPoolExecutor(len(servers)) as pool:
        states = list(pool.map(lambda server: _state(server, config), servers))
    findings = [
        Finding(f"{server.name} Redis", state.good, state.said) for server, state in zip(servers, states, strict=True)
    ]
    if all(state.named is None for state in states):
        return findings
    masters = {state.named for state in states if state.good and state.named}
    said = f"all Sentinels name {', '.join(sorted(masters)) or 'nobody'}"
    return [*findings, Finding("Redis master", len(masters) == 1, said)]


def master(deployed: Fleet, config: Path) -> str | None:
    """The site whose Redis the Sentinels name; None where they differ, or there is none."""
    servers = [*deployed.of("redis"), *deployed.of("witness")]
    with ThreadPoolExecutor(len(servers)) as pool:
        named = {state.named for state in pool.map(lambda server: _state(server, config), servers) if state.named}
    sites = [server.site for server in servers if {server.backbone_address} == named]
    return sites[0] if sites else None


def _state(server: DeployedServer, config: Path) -> RedisState:
    try:
        done = ssh.run(config, server.name, f"sudo sh -c {shlex.quote(ASK)}")
    except subprocess.TimeoutExpired as error:
        return RedisState(False, f"login: no answer in {error.timeout:.0f} s")
    if done.returncode:
        return RedisState(False, f"login: {done.stderr.strip().splitlines()[-1:]}")
    return read(done.stdout)
