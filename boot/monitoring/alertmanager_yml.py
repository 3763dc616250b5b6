"""alertmanager.yml: who is told, how often, and what is not told because something larger is."""

from typing import Any

import yaml

from boot.document import BlockDumper
from boot.monitoring.alerts import Alert
from settings.monitoring import GROUP_WAIT, Monitoring
from settings.secrets import Secrets

_OPERATORS, _SWITCH = "operators", "dead-mans-switch"
# Without the link to Alertmanager, which nobody reaches but through a tunnel.
_SLACK_MESSAGE = {
    "title": "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }}{{ with .CommonLabels.site }} at {{ . }}{{ end }}",
    "title_link": "",
    "text": "{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Annotations.runbook }})\n{{ end }}",
}
_URL = "the settings refuse monitoring without the secrets that it needs"


def alertmanager_yml(monitoring: Monitoring, secrets: Secrets) -> str:
    """The text of alertmanager.yml, which holds secrets."""
    body = {
        "route": {
            "receiver": _OPERATORS,
            "group_by": ["alertname", "site"],
            # What joins a group that was told, or fires again in it, is told as soon.
            "group_wait": f"{GROUP_WAIT}s",
            "group_interval": f"{GROUP_WAIT}s",
            "repeat_interval": monitoring.repeat_interval,
            "routes": [
                {
                    "receiver": _SWITCH,
                    "matchers": [f"alertname = {Alert.WATCHDOG.value}"],
                    "group_wait": "0s",
                    "repeat_interval": monitoring.dead_mans_switch_interval,
                }
            ],
        },
        "inhibit_rules": [
            # A site that cannot be reached: what is at it is not told one by one.
            _inhibit(
                Alert.BACKBONE_UNREACHABLE,
                (Alert.INSTANCE_DOWN, Alert.SENTINEL_MISSING, Alert.MONITORING_TARGET_MISSING),
                "site",
            ),
            _inhibit(Alert.INSTANCE_DOWN, (Alert.MONITORING_TARGET_MISSING,), "server"),
        ],
        "receivers": [_operators(monitoring, secrets), _switch(monitoring, secrets)],
    }
    return yaml.dump(body, Dumper=BlockDumper, sort_keys=False, width=4096)


def _inhibit(source: Alert, targets: tuple[Alert, ...], equal: str) -> dict[str, Any]:
    names = "|".join(target.value for target in targets)
    return {
        "source_matchers": [f"alertname = {source.value}"],
        "target_matchers": [f"alertname =~ {names}"],
        "equal": [equal],
    }


def _operators(monitoring: Monitoring, secrets: Secrets) -> dict[str, Any]:
    receiver: dict[str, Any] = {"name": _OPERATORS}
    if mail := monitoring.mail:
        login = {"auth_username": mail.user, "auth_password": _secret(secrets, "smtp_password")} if mail.user else {}
        receiver["email_configs"] = [
            {
                "to": ", ".join(mail.to),
                "from": mail.sender,
                "smarthost": mail.smarthost,
                "require_tls": mail.require_tls,
                "send_resolved": True,
                **login,
            }
        ]
    if monitoring.webhook:
        receiver["webhook_configs"] = [{"url": _secret(secrets, "alert_webhook_url"), "send_resolved": True}]
    if monitoring.slack:
        receiver["slack_configs"] = [
            {"api_url": _secret(secrets, "alert_slack_url"), "send_resolved": True, **_SLACK_MESSAGE}
        ]
    return receiver


def _switch(monitoring: Monitoring, secrets: Secrets) -> dict[str, Any]:
    """Without an address nobody is told, and operators are not told every few minutes that all is well."""
    if not monitoring.dead_mans_switch:
        return {"name": _SWITCH}
    url = _secret(secrets, "dead_mans_switch_url")
    return {"name": _SWITCH, "webhook_configs": [{"url": url, "send_resolved": False}]}


def _secret(secrets: Secrets, key: str) -> str:
    value = getattr(secrets, key)
    assert value is not None, _URL  # noqa: S101 - checked with the settings
    text: str = value.get_secret_value()
    return text
