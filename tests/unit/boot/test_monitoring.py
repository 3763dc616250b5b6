"""What monitoring's daemons read, judged by each of them, and what is open to whom."""

import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml

from boot.monitoring.watched import Watched
from boot.monitoring.witness import monitoring_bundles
from fleet.certificates import self_signed
from settings.addresses import Role
from settings.monitoring import CADDY_PORT, HAPROXY_PORT, NODE_PORT
from settings.rules import rules
from settings.secrets import FLEET_NAME
from tests.configuration import settings
from tests.unit.boot.golden import CASES, MONITORED, NAMESERVERS, OWN_CARD
from tests.unit.disk import files, program

MONITORED_CASES = [name for name in CASES if "monitored" in name]
ON_WITNESS = [name for name in MONITORED_CASES if name.startswith("witness")]
JUDGES = {
    "prometheus": ("promtool", "prometheus"),
    "alertmanager": ("amtool", "prometheus-alertmanager"),
    "blackbox": ("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
}
WITNESS = IPv4Network("10.17.2.6/32")


@pytest.mark.parametrize("name", ON_WITNESS)
@pytest.mark.parametrize("bundle", JUDGES)
def test_each_daemon_accepts_its_files(name: str, bundle: str, tmp_path: Path) -> None:
    """By the very command of the bundle, which takes the certificates beside it for those that will be there."""
    program(*JUDGES[bundle])
    (given,) = [one for one in CASES[name].bundles() if one.name == bundle]
    for file, text in given.files.items():
        pair = self_signed(FLEET_NAME).certificate if file.endswith(".pem") else text
        (tmp_path / file).write_text(pair)
    command = ["sh", "-c", given.check]
    environment = {"DIR": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == set(given.files)


def test_a_file_that_is_wrong_is_refused(tmp_path: Path) -> None:
    """The judges judge: each finds the same mistake in its own file."""
    for bundle in CASES["witness-monitored"].bundles():
        (main,) = [file for file in bundle.files if file == f"{bundle.name}.yml"]
        for file, text in bundle.files.items():
            (tmp_path / file).write_text(text + ("mistake: 1\n" if file == main else ""))
        environment = {"DIR": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(
            ["sh", "-c", bundle.check], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode and "mistake" in done.stdout + done.stderr, bundle.name


def _starts(name: str) -> Iterator[str]:
    for path, text in files(name).items():
        if path.startswith("/etc/systemd/system/prometheus"):
            yield from (line for line in text.splitlines() if line.startswith("ExecStart="))


@pytest.mark.parametrize("name", MONITORED_CASES)
def test_nothing_listens_where_the_world_is(name: str) -> None:
    """Exporters on the server's backbone address, everything else on the witness' loopback."""
    starts = list(_starts(name))
    assert len(starts) == (5 if name in ON_WITNESS else 1)
    for start in starts:
        (listen,) = [word for word in start.split() if word.startswith("--web.listen-address=")]
        address = listen.partition("=")[2].partition(":")[0]
        assert address.startswith("10.17.") if "node-exporter" in start else address == "127.0.0.1"
    password = settings().secrets.redis_password.get_secret_value()
    assert not [start for start in starts if password in start]


def test_the_edges_figures_are_on_the_backbone_too() -> None:
    texts = {bundle.name: "\n".join(bundle.files.values()) for bundle in CASES["gra-edge-monitored"].bundles()}
    assert f"bind 10.17.0.4:{HAPROXY_PORT}\n" in texts["haproxy"]
    assert f"http://:{CADDY_PORT} {{\n\tbind 10.17.0.4\n\tmetrics /metrics\n}}" in texts["caddy"]
    plain = {bundle.name: "\n".join(bundle.files.values()) for bundle in CASES["gra-edge-operators"].bundles()}
    assert "metrics" not in plain["haproxy"] + plain["caddy"]


def test_what_exporters_say_is_open_to_the_witness_alone() -> None:
    """One source for each of their ports, and none without monitoring."""
    asked = {NODE_PORT, HAPROXY_PORT, CADDY_PORT, 8889}
    for stack in ("gra", "sbg"):
        opened = [rule for rule in rules(settings(stack, MONITORED)) if rule.first in asked]
        assert {rule.source for rule in opened} == {WITNESS}
        assert {rule.nic for rule in opened} == {"backbone"}
        assert {rule.first for rule in opened if rule.role is Role.EDGE} == asked - {8889}
        assert {rule.first for rule in opened if rule.role is Role.MEETING} == {NODE_PORT, 8889}
        assert {rule.first for rule in opened if rule.role is Role.REDIS} == {NODE_PORT}
        assert not [rule for rule in rules(settings(stack)) if rule.first in asked]


def test_secrets_of_receivers_are_in_one_file() -> None:
    """Which the preview does not show, and which root and Prometheus' group alone may read."""
    bundles = {bundle.name: bundle for bundle in CASES["witness-monitored"].bundles()}
    telltales = [
        str(MONITORED[key]) for key in ("smtp_password", "alert_webhook_url", "alert_slack_url", "dead_mans_switch_url")
    ]
    assert all(text in bundles["alertmanager"].text() for text in telltales)
    assert bundles["alertmanager"].secret
    others = [bundles[name].text() for name in ("prometheus", "blackbox")] + [CASES["witness-monitored"].text()]
    assert not [text for text in telltales for other in others if text in other]


def test_who_is_told_follows_the_settings() -> None:
    """Each alone; without a dead man's switch nobody is told every five minutes that all is well."""
    for monitoring, kinds in (
        ({"webhook": True}, {"webhook_configs"}),
        ({"slack": True}, {"slack_configs"}),
        ({"mail": {"smarthost": "smtp.a.fr:25", "sender": "a@a.fr", "to": ["b@a.fr"]}}, {"email_configs"}),
    ):
        given = settings("witness", MONITORED | {"env.monitoring": monitoring})
        assert given.env.monitoring
        watched = Watched(given, given.env.monitoring, NAMESERVERS.edges, OWN_CARD)
        (alertmanager,) = [one for one in monitoring_bundles(watched) if one.name == "alertmanager"]
        body = yaml.safe_load(alertmanager.files["alertmanager.yml"])
        operators, switch = body["receivers"]
        assert operators.keys() - {"name"} == kinds
        assert switch.keys() == {"name"}
