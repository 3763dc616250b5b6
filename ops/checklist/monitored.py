"""Whether there are alerts: asked of Prometheus and Alertmanager themselves."""

import shlex

from boot.monitoring.alerts import Alert
from fleet.alerts import ASK, Said, read
from fleet.ask import Run, each
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet

# Those that depend on how the environment is built: of a cluster, without rooms' affinity, a zone, gateways or relays,
# of meeting servers that say nothing of quality.
EVERYWHERE = frozenset(Alert) - {
    Alert.TWO_MASTERS,
    Alert.SENTINEL_MISSING,
    Alert.SENTINEL_QUORUM_LOST,
    Alert.ROOM_TABLES_DISAGREE,
    Alert.DNS_ANSWERS_DIFFER,
    Alert.NETWORK_NEAR_GATEWAY_CAP,
    Alert.CAPACITY_NEARLY_USED,
    Alert.RELAY_DOWN,
    Alert.PACKET_LOSS,
    Alert.POOR_QUALITY,
    Alert.NODE_FULL,
}


def alert_findings(deployed: Fleet, run: Run) -> list[Finding]:
    """Whether monitoring has its alerts, somebody to tell, and everything to ask.

    Args:
        deployed: the fleet.
        run: runs a command on a server.
    """
    witnesses = deployed.of("witness")
    if not witnesses:
        return [Finding("Alerts", False, "monitoring is on the witness, and the stacks named here have none")]
    command = f"sh -c {shlex.quote(ASK)}"
    return each(witnesses, "alerts", run, command, lambda server, said: _judged(server, said, deployed))


def _judged(server: DeployedServer, answer: str, deployed: Fleet) -> Finding:
    said = read(answer)
    problems = [*_incomplete(said), *_unwatched(said, deployed)]
    firing = sorted(set(said.firing) - {Alert.WATCHDOG})
    now = f"now {', '.join(firing)}" if firing else "none but Watchdog fires"
    words = f"{len(said.holds)} alerts, {now}"
    return Finding(f"{server.name} alerts", not problems, "; ".join([words, *problems, *_unsaid(said)]))


def _incomplete(said: Said) -> list[str]:
    lacking = sorted(EVERYWHERE - said.holds.keys())
    problems = [f"lacks {', '.join(lacking)}"] if lacking else []
    if Alert.WATCHDOG not in said.firing:
        problems.append("Watchdog does not fire: no rule is looked at")
    if not said.alertmanagers or not said.receivers:
        problems.append("nobody is told")
    return problems


def _unsaid(said: Said) -> list[str]:
    """The alerts of quality that this kind of meeting server has no figures for: no reason not to tick."""
    lacking = [alert for alert in (Alert.PACKET_LOSS, Alert.POOR_QUALITY) if alert not in said.holds]
    ask = "asks" if len(lacking) == 1 else "ask"
    return [f"meeting servers do not say what {', '.join(lacking)} {ask}"] if lacking else []


def _unwatched(said: Said, deployed: Fleet) -> list[str]:
    """Every server of the fleet is to be asked, and to answer."""
    unknown = sorted(server.name for server in deployed.servers if server.name not in said.watched)
    problems = [f"does not watch {', '.join(unknown)}: name their sites in `deployed`"] if unknown else []
    return [*problems, *([f"no answer from {', '.join(said.missing)}"] if said.missing else [])]
