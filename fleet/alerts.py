"""What monitoring on the witness says, asked over SSH: which alerts fire, and who is told of them."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from fleet.ask import Run
from settings.monitoring import ALERTMANAGER_PORT, PROMETHEUS_PORT

_CURL = "curl --silent --show-error --fail --max-time 10 http://127.0.0.1"
# One answer a line: Prometheus' rules, targets and Alertmanagers, and what Alertmanager goes by.
_URLS = (
    f":{PROMETHEUS_PORT}/api/v1/rules?type=alert",
    f":{PROMETHEUS_PORT}/api/v1/targets?state=active",
    f":{PROMETHEUS_PORT}/api/v1/alertmanagers",
    f":{ALERTMANAGER_PORT}/api/v2/receivers",
)
ASK = "set -eu\n" + "".join(f"{_CURL}{shlex.quote(url)}\necho\n" for url in _URLS)


@dataclass(frozen=True)
class Said:
    """What monitoring says.

    Attributes:
        holds: its alerts, each with the seconds for which it waits.
        interval: seconds between two evaluations of its rules.
        firing: those that fire, each once for each thing that it fires for.
        watched: the servers that are asked.
        missing: what is to be asked and does not answer, as "job server".
        alertmanagers: how many Prometheus tells.
        receivers: whom Alertmanager knows.
    """

    holds: dict[str, float]
    interval: float
    firing: tuple[str, ...]
    watched: frozenset[str]
    missing: tuple[str, ...]
    alertmanagers: int
    receivers: tuple[str, ...]


def read(answer: str) -> Said:
    """What the answer to `ASK` says.

    Raises:
        ValueError: it is not what Prometheus and Alertmanager answer.
    """
    lines = [json.loads(line) for line in answer.splitlines() if line.strip()]
    try:
        rules, targets, managers, receivers = lines
        alerts: list[dict[str, Any]] = [rule for group in rules["data"]["groups"] for rule in group["rules"]]
        return Said(
            holds={str(rule["name"]): float(rule["duration"]) for rule in alerts},
            interval=max((float(group["interval"]) for group in rules["data"]["groups"]), default=0.0),
            firing=tuple(rule["name"] for rule in alerts for one in rule["alerts"] if one["state"] == "firing"),
            watched=frozenset(target["labels"]["server"] for target in targets["data"]["activeTargets"]),
            missing=tuple(
                f"{target['labels']['job']} {target['labels']['server']}"
                for target in targets["data"]["activeTargets"]
                if target["health"] == "down"
            ),
            alertmanagers=len(managers["data"]["activeAlertmanagers"]),
            receivers=tuple(receiver["name"] for receiver in receivers),
        )
    except (KeyError, TypeError) as broken:
        raise ValueError(f"{broken!r} in what monitoring answers") from broken


def asked(run: Run, witness: str) -> Said:
    """What monitoring on a witness says.

    Raises:
        ValueError: it does not answer, or not with what is expected.
    """
    done = run(witness, ASK)
    if done.returncode:
        raise ValueError(f"monitoring does not answer: {done.stderr.strip()[-200:]}")
    return read(done.stdout)
