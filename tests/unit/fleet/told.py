"""What monitoring answers when it is asked by `fleet.alerts`: Prometheus' and Alertmanager's API, line by line."""

import json
from collections.abc import Collection

from boot.monitoring.alerts import Alert

SERVERS = (
    "production-gra-edge-1",
    "production-gra-redis-1",
    "production-gra-meeting-1",
    "production-sbg-edge-1",
    "production-sbg-redis-1",
    "production-sbg-meeting-1",
    "production-witness-witness-1",
)


def told(
    *,
    alerts: Collection[str] = tuple(Alert),
    firing: Collection[str] = (Alert.WATCHDOG,),
    servers: Collection[str] = SERVERS,
    down: Collection[str] = (),
    alertmanagers: int = 1,
) -> str:
    """The answer of an environment's monitoring."""
    rules = [
        {
            "name": name,
            "type": "alerting",
            "duration": 30,
            "alerts": [{"state": "firing", "labels": {"alertname": name}}] if name in firing else [],
        }
        for name in alerts
    ]
    targets = [
        {"labels": {"job": "node", "server": server}, "health": "down" if server in down else "up"}
        for server in servers
    ]
    managers = [{"url": "http://127.0.0.1:9093/api/v2/alerts"}] * alertmanagers
    answers = (
        {"status": "success", "data": {"groups": [{"name": "environment", "interval": 15, "rules": rules}]}},
        {"status": "success", "data": {"activeTargets": targets}},
        {"status": "success", "data": {"activeAlertmanagers": managers}},
        [{"name": "operators"}, {"name": "dead-mans-switch"}],
    )
    return "".join(f"{json.dumps(answer)}\n" for answer in answers)
