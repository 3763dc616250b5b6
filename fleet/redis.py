"""What Redis servers say of themselves, asked over SSH: Redis and its Sentinel, or two nodes of the cluster."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fleet import ssh
from fleet.ask import answer
from fleet.at_once import at_once
from fleet.bounded import AskingError
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
_USABLE = re.compile(r"(\d+) usable Sentinels")
# A login through the second edge, where the first one is lost, and the question.
_ASK_SECONDS = 40


@dataclass(frozen=True)
class RedisState:
    """A server's answer.

    Attributes:
        good: whether it is as it should be, as far as it knows itself.
        said: what it says, in words.
        named: the address that its Sentinel names; None of a cluster's node, or where nobody answers.
        role: Redis' word for it.
        follows: a replica's master.
        replicas: how many a master has.
        sentinels: how many its Sentinel counts as usable.
    """

    good: bool
    said: str
    named: str | None = None
    role: str = ""
    follows: str = ""
    replicas: int = 0
    sentinels: int = 0


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
    return RedisState(
        healthy,
        f"{said} and does not vote yet (TILT)" if tilt else said,
        named,
        role=info.get("role", ""),
        follows=info.get("master_host", ""),
        replicas=int(info.get("connected_slaves") or 0),
        sentinels=int(usable[1]) if (usable := _USABLE.search(quorum)) else 0,
    )


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
    if not servers:
        return [Finding("Redis", False, "the stacks named here have none")]
    if not all(server.host_key for server in servers):
        return [Finding("Redis", False, "cannot be asked: the stacks know no host keys (ready_deadline: 0)")]
    states = at_once(partial(_state, config), servers)
    findings = [Finding(f"{server.name} Redis", state.good, state.said) for server, state in states.items()]
    if any(state.sentinels or state.named for state in states.values()):
        problems = _apart(states)
        named = sorted({state.named for state in states.values() if state.named})
        said = f"all Sentinels name {', '.join(named) or 'nobody'}"
        findings.append(Finding("Redis master", not problems, "; ".join(problems) or said))
    return findings


def _apart(states: Mapping[DeployedServer, RedisState]) -> list[str]:
    """Where the servers are not one master whom all name, and as many replicas of it as there are others."""
    named = sorted({state.named for state in states.values() if state.named})
    if len(named) != 1:
        return [f"the Sentinels name {' and '.join(named) or 'nobody'}"]
    others = len(states) - 1
    problems = []
    masters = {server: state for server, state in states.items() if state.role == "master"}
    if len(masters) > 1:
        problems.append(f"{' and '.join(server.name for server in masters)} both say master")
    elif not any(server.backbone_address == named[0] for server in states):
        problems.append(f"all Sentinels name {named[0]}, which is none of the servers that are known")
    elif not any(server.backbone_address == named[0] for server in masters):
        problems.append(f"all Sentinels name {named[0]}, which does not say that it is master")
    problems += [
        f"{server.name} has {state.replicas} of {others} replicas"
        for server, state in masters.items()
        if state.replicas < others
    ]
    problems += [
        f"{server.name} follows {state.follows or 'nobody'}"
        for server, state in states.items()
        if state.role == "slave" and state.follows != named[0]
    ]
    problems += [
        f"{server.name} counts {state.sentinels} of {len(states)} Sentinels"
        for server, state in states.items()
        if state.named and state.sentinels < len(states)
    ]
    return problems


def master(deployed: Fleet, config: Path) -> str | None:
    """The site whose Redis the Sentinels name; None where they differ, or there is none."""
    servers = [*deployed.of("redis"), *deployed.of("witness")]
    named = {state.named for state in at_once(partial(_state, config), servers).values() if state.named}
    sites = [server.site for server in servers if {server.backbone_address} == named]
    return sites[0] if sites else None


def _state(config: Path, server: DeployedServer) -> RedisState:
    run = partial(ssh.run, config, timeout=_ASK_SECONDS)
    try:
        return read(answer(server, run, f"sudo sh -c {shlex.quote(ASK)}"))
    except AskingError as error:
        return RedisState(False, str(error))
