"""Monitoring on the witness: packages, units, and the bundles that Prometheus, Alertmanager and blackbox_exporter take.

They listen on loopback: whoever looks comes through SSH.
"""

from boot.document import BootDocument
from boot.file import File
from boot.live import HOME, Bundle
from boot.monitoring.alert_rules import rules_yml
from boot.monitoring.alertmanager_yml import alertmanager_yml
from boot.monitoring.blackbox_yml import DIRECTORY as BLACKBOX
from boot.monitoring.blackbox_yml import blackbox_files
from boot.monitoring.exporters import SERVICE, USER
from boot.monitoring.prometheus_yml import LOOPBACK, RULES, prometheus_yml
from boot.monitoring.redis_exporter_tls import redis_exporter_tls
from boot.monitoring.watched import Watched
from boot.unit import SANDBOX, Directives, daemon, unit
from settings.monitoring import (
    ALERTMANAGER_PORT,
    BLACKBOX_PORT,
    PROMETHEUS_PORT,
    REDIS_EXPORTER_PORT,
    SHORTEST_INTERVAL,
    Monitoring,
)
from settings.secrets import Secrets
from settings.stack import Settings

_STATE = "/var/lib/prometheus"
_AUTH = f"{HOME}/redis-exporter.env"
_PROMETHEUS, _ALERTMANAGER = f"{HOME}/prometheus/prometheus.yml", f"{HOME}/alertmanager/alertmanager.yml"
_BLACKBOX = f"{BLACKBOX}/blackbox.yml"
_REDIS_UNIT = "prometheus-redis-exporter.service"
_REDIS_PATIENCE = "3s"  # less than Prometheus' own: a Redis that says nothing is an answer
_RELOAD = "/usr/bin/kill -HUP $MAINPID"


def monitoring(settings: Settings) -> BootDocument:
    """What the witness' boot document has more; nothing where the environment has no monitoring."""
    chosen = settings.env.monitoring
    if chosen is None:
        return BootDocument(hostname="")
    units = _units(chosen)
    secrets = settings.secrets
    login = f"REDIS_USER={secrets.redis_user}\nREDIS_PASSWORD={secrets.redis_fleet_passwords[0]}\n"
    return BootDocument(
        hostname="",
        packages=(
            "prometheus",
            "prometheus-alertmanager",
            "prometheus-blackbox-exporter",
            "prometheus-redis-exporter",
            "curl",
        ),
        files=(File(_AUTH, login, "0600"), *units.values()),
        units=tuple(units),
        # The others start with their bundles.
        checks=(f"systemctl is-active --quiet {_REDIS_UNIT}",),
    ).adding(redis_exporter_tls(settings))


def monitoring_bundles(watched: Watched) -> tuple[Bundle, ...]:
    """The configuration of the witness' monitoring, in the order in which it is taken."""
    return (
        blackbox_bundle(watched),
        prometheus_bundle(watched),
        alertmanager_bundle(watched.monitoring, watched.settings.secrets),
    )


def prometheus_bundle(watched: Watched) -> Bundle:
    """Whom to ask, and what to make of it; a file that Prometheus cannot load leaves the former one in force."""
    loaded = "grep -q '^prometheus_config_last_reload_successful 1'"
    return Bundle(
        name="prometheus",
        unit="prometheus",
        files={"prometheus.yml": prometheus_yml(watched), RULES: rules_yml(watched)},
        group=USER,
        check='promtool check config "$DIR/prometheus.yml"',
        reload="systemctl reload-or-restart prometheus",
        serving=f"curl --silent --fail http://{LOOPBACK}:{PROMETHEUS_PORT}/metrics | {loaded}",
    )


def alertmanager_bundle(chosen: Monitoring, secrets: Secrets) -> Bundle:
    """Who is told."""
    loaded = "grep -q '^alertmanager_config_last_reload_successful 1'"
    return Bundle(
        name="alertmanager",
        unit="prometheus-alertmanager",
        files={"alertmanager.yml": alertmanager_yml(chosen, secrets)},
        group=USER,
        check='amtool check-config "$DIR/alertmanager.yml"',
        reload="systemctl reload-or-restart prometheus-alertmanager",
        serving=f"curl --silent --fail http://{LOOPBACK}:{ALERTMANAGER_PORT}/metrics | {loaded}",
        secret=True,
    )


def blackbox_bundle(watched: Watched) -> Bundle:
    """How to ask. It names its certificates where they will be: they are laid beside it for the check."""
    judged = f'sed "s|{BLACKBOX}/|$DIR/|" "$DIR/blackbox.yml" >"$DIR/.judged.yml"'
    judge = 'prometheus-blackbox-exporter --config.check --config.file="$DIR/.judged.yml"'
    return Bundle(
        name="blackbox",
        unit="prometheus-blackbox-exporter",
        files=blackbox_files(watched),
        group=USER,
        check=f'{judged} && {judge}; judged=$?; rm -f "$DIR/.judged.yml"; exit $judged',
        reload="systemctl reload-or-restart prometheus-blackbox-exporter",
        serving=f"curl --silent --fail http://{LOOPBACK}:{BLACKBOX_PORT}/-/healthy",
    )


def _units(chosen: Monitoring) -> dict[str, File]:
    state: Directives = {"StateDirectory": "prometheus"}
    described: dict[str, tuple[Directives, Directives]] = {
        "prometheus.service": (
            daemon("Prometheus", config=_PROMETHEUS),
            {
                "ExecStart": (
                    f"/usr/bin/prometheus --config.file={_PROMETHEUS} --storage.tsdb.path={_STATE}/metrics2 "
                    f"--storage.tsdb.retention.time={chosen.retention} "
                    # What Alertmanager did not hear, as while either is reloaded, is told with the next evaluation. It
                    # forgets what it is not told for four: what fired before a restart does not wait anew.
                    f"--rules.alert.resend-delay={SHORTEST_INTERVAL} "
                    f"--rules.alert.for-grace-period={SHORTEST_INTERVAL} "
                    f"--web.listen-address={LOOPBACK}:{PROMETHEUS_PORT} "
                    f"--web.external-url=http://localhost:{PROMETHEUS_PORT}/"
                ),
                "ExecReload": _RELOAD,
                "LimitNOFILE": 65536,
                # Beside it is the third voter.
                "MemoryMax": "50%",
                **state,
            },
        ),
        "prometheus-alertmanager.service": (
            daemon("Alertmanager", config=_ALERTMANAGER),
            {
                "ExecStart": (
                    f"/usr/bin/prometheus-alertmanager --config.file={_ALERTMANAGER} "
                    f"--storage.path={_STATE}/alertmanager --web.listen-address={LOOPBACK}:{ALERTMANAGER_PORT} "
                    f"--web.external-url=http://localhost:{ALERTMANAGER_PORT}/ --cluster.listen-address="
                ),
                "ExecReload": _RELOAD,
                **state,
            },
        ),
        "prometheus-blackbox-exporter.service": (
            daemon("Asks as people, browsers and resolvers do", config=_BLACKBOX),
            {
                "ExecStart": (
                    f"/usr/bin/prometheus-blackbox-exporter --config.file={_BLACKBOX} "
                    f"--web.listen-address={LOOPBACK}:{BLACKBOX_PORT}"
                ),
                "ExecReload": _RELOAD,
            },
        ),
        _REDIS_UNIT: (
            daemon("Asks Redis servers and Sentinels"),
            {
                "EnvironmentFile": _AUTH,  # systemd reads it, as root
                "Environment": "REDIS_ADDR=",  # of its own it asks nobody
                "ExecStart": (
                    f"/usr/bin/prometheus-redis-exporter --web.listen-address={LOOPBACK}:{REDIS_EXPORTER_PORT} "
                    f"--connection-timeout={_REDIS_PATIENCE}"
                ),
            },
        ),
    }
    return {
        name: unit(name, unit=head, service={**SERVICE, **SANDBOX, **service})
        for name, (head, service) in described.items()
    }
