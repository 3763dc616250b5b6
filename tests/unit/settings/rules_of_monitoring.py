"""The rules of monitoring's settings."""

from tests.configuration import OPERATOR_KEY
from tests.unit.settings.rule_table import Row

_E = "environments.production"
_HOOK = {"env.monitoring": {"webhook": True}}
_OPERATED = {"env.operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY}}
_ON = _HOOK | _OPERATED
_MAIL = {"smarthost": "smtp.organisation.fr:587", "sender": "a@organisation.fr", "to": ["b@organisation.fr"]}

ROWS = [
    Row(
        "monitoring tells somebody",
        {**_OPERATED, "env.monitoring": {"mail": _MAIL}},
        {**_OPERATED, "env.monitoring": {"dead_mans_switch": True}},
        (f"{_E}.monitoring", "tells nobody: set mail, slack: true (secret alert_slack_url) or webhook: true"),
    ),
    Row(
        "two looks are neither too close nor too far apart",
        {**_OPERATED, "env.monitoring": {"webhook": True, "scrape_interval": "2m"}},
        {**_OPERATED, "env.monitoring": {"webhook": True, "scrape_interval": "5s"}},
        (f"{_E}.monitoring.scrape_interval = '5s'", "must be from 10s to 2m"),
    ),
    Row(
        "monitoring has operators",
        _ON,
        _HOOK,
        (f"{_E}.operators.cidrs", "is needed with monitoring"),
    ),
    Row(
        "monitoring has a witness",
        _ON,
        {**_ON, "env.sites.witness": None},
        (f"{_E}.monitoring", "needs a site with role witness"),
    ),
    Row(
        "a mail server has a port",
        {**_OPERATED, "env.monitoring": {"mail": _MAIL}},
        {**_OPERATED, "env.monitoring": {"mail": {**_MAIL, "smarthost": "smtp.organisation.fr"}}},
        (f"{_E}.monitoring.mail.smarthost = 'smtp.organisation.fr'", "must be a host and a port"),
    ),
    Row(
        "a webhook has an address",
        {**_ON, "alert_webhook_url": "https://alerts:p%40ss@chat.organisation.fr/hook"},
        _ON,
        ("alert_webhook_url: is needed: monitoring.webhook is on", "pulumi config set --secret alert_webhook_url"),
        stack="witness",
    ),
    Row(
        "a chat has an address",
        {**_OPERATED, "env.monitoring": {"slack": True}, "alert_slack_url": "https://chat.organisation.fr/hooks/x"},
        {**_OPERATED, "env.monitoring": {"slack": True}},
        ("alert_slack_url: is needed: monitoring.slack is on", "pulumi config set --secret alert_slack_url"),
        stack="witness",
    ),
    Row(
        "a mail server's user has a password",
        {**_OPERATED, "env.monitoring": {"mail": {**_MAIL, "user": "a"}}, "smtp_password": "p"},
        {**_OPERATED, "env.monitoring": {"mail": {**_MAIL, "user": "a"}}},
        ("smtp_password: is needed: monitoring.mail has a user",),
        stack="witness",
    ),
    Row(
        "monitoring needs a login",
        {**_ON, "ready_deadline": "15m"},
        {**_ON, "ready_deadline": "0s"},
        ("ready_deadline", "must be above 0 with monitoring: its configuration is pushed"),
    ),
    Row(
        "node_exporter's port is not media's",
        {**_ON, "env.meeting.rtc_ports": {"min": 9101, "max": 20_000}},
        {**_ON, "env.meeting.rtc_ports": {"min": 9100, "max": 20_000}},
        (f"{_E}.meeting.rtc_ports = '9100-20000'", "must not hold 9100 with monitoring"),
    ),
    Row(
        "an instance does not listen where node_exporter does",
        {**_ON, "env.meeting.listening_port": 9101},
        {**_ON, "env.meeting.listening_port": 9100},
        (f"{_E}.meeting.listening_port = 9100", "must differ with monitoring"),
    ),
]
