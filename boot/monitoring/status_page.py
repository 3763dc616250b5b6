"""The status page's way: the witness makes it and serves it to the edges, which keep a copy each.

Both bundles bring their units, so that the page comes to servers that run, and needs nothing of their boot documents.
"""

import json
from importlib.resources import files
from ipaddress import IPv4Address

from boot.live import HOME, Bundle
from boot.monitoring.prometheus_yml import LOOPBACK
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit_text
from settings.addresses import Role
from settings.monitoring import PROMETHEUS_PORT
from settings.redis import Sentinel
from settings.stack import Settings
from settings.status_page import PORT, StatusPage

# The edge's copy of the status page, which outlives the witness that made it.
STATUS_PAGE = "/var/lib/status-page/index.html"
NAME = "status-page"
PROMETHEUS = f"http://{LOOPBACK}:{PROMETHEUS_PORT}"
_DIRECTORY, _FILE = STATUS_PAGE.rsplit("/", 1)
_PROGRAM = "status_page"
_CONFIG = "settings.json"
# A page that is being made when the edges come for it is fetched the next time.
_OFTEN, _COPIED_AFTER = 30, 10  # seconds
_SECONDS = 25  # for one page: the next one is due
# Far above what the page can be; what is longer is not the page.
_MOST_BYTES = 1_000_000


def maker_bundle(settings: Settings, page: StatusPage) -> Bundle:
    """The bundle of the witness: the program, what it is told, and the units that run it and serve what it makes.

    They run as Prometheus' user, so its package has to be there before.
    """
    source = files("boot.monitoring") / "status_page_program"
    program = {f"{_PROGRAM}/{file.name}": file.read_text() for file in source.iterdir() if file.is_file()}
    address = settings.backbone_address(Role.WITNESS, site=settings.env.witness)
    return _bundle(
        {
            **dict(sorted(program.items())),
            _CONFIG: _config(settings, page),
            "status-page.service": _make(),
            "status-page.timer": _timer("Make the status page", _every(settings, 0)),
            "status-page-server.service": _serve(settings, address),
        },
        group="prometheus",
        started="status-page.timer status-page-server.service",
        check=f'(cd "$DIR" && python3 -B -c "import {_PROGRAM}.__main__")',
        serving=f"curl --fail --silent --output /dev/null --max-time 5 http://{address}:{PORT}/{_FILE}",
    )


def copy_bundle(settings: Settings) -> Bundle:
    """The bundle of an edge: the units that fetch the page."""
    witness = settings.backbone_address(Role.WITNESS, site=settings.env.witness)
    return _bundle(
        {
            "status-page.service": _copy(witness),
            "status-page.timer": _timer("Fetch the status page from the witness", _every(settings, _COPIED_AFTER)),
        },
        group="caddy",
        started="status-page.timer",
        check="true",
        serving="systemctl is-active --quiet status-page.timer",
    )


def _bundle(contents: dict[str, str], *, group: str, started: str, check: str, serving: str) -> Bundle:
    units = " ".join(f"{HOME}/{NAME}/{unit}" for unit in started.split())
    return Bundle(
        name=NAME,
        unit="status-page.service",
        files=contents,
        group=group,
        check=f'{check} && systemd-analyze verify --man=no --recursive-errors=no "$DIR"/*.service "$DIR"/*.timer',
        # The witness may be away when an edge is made: its first page comes with the timer.
        reload=(
            f"systemctl link --quiet {HOME}/{NAME}/status-page.service && systemctl enable --quiet {units} && "
            f"systemctl daemon-reload && systemctl restart {started} && systemctl start --no-block status-page.service"
        ),
        serving=serving,
    )


def _config(settings: Settings, page: StatusPage) -> str:
    """What `status_page.model.Config` reads: nothing that the public may not know."""
    env = settings.env
    told = {
        "title": page.title or env.domain,
        "language": page.language,
        "sites": list(env.service_sites),
        "redis": list(settings.redis_addresses),
        "one_master": isinstance(env.redis, Sentinel),
        "prometheus": PROMETHEUS,
        "file": STATUS_PAGE,
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _make() -> str:
    service: Directives = {
        "Type": "oneshot",
        "User": "prometheus",
        "Group": "prometheus",
        "WorkingDirectory": f"{HOME}/{NAME}",
        "ExecStart": f"/usr/bin/python3 -B -m {_PROGRAM} {_CONFIG}",
        "StateDirectory": NAME,
        "InaccessiblePaths": "-/var/lib/prometheus",
        "IPAddressDeny": "any",
        "IPAddressAllow": "localhost",
        "TimeoutStartSec": _SECONDS,
        **SANDBOX,
    }
    return unit_text(Unit={"Description": "Make the status page", "After": "prometheus.service"}, Service=service)


def _serve(settings: Settings, address: IPv4Address) -> str:
    service: Directives = {
        "User": "prometheus",
        "Group": "prometheus",
        "ExecStart": f"/usr/bin/python3 -m http.server --bind {address} --directory {_DIRECTORY} {PORT}",
        "StateDirectory": NAME,
        "InaccessiblePaths": "-/var/lib/prometheus",
        "IPAddressDeny": "any",
        "IPAddressAllow": " ".join(
            [
                str(address),
                *(str(settings.backbone_address(Role.EDGE, site=site)) for site in settings.env.service_sites),
            ]
        ),
        **RESTARTED,
        **SANDBOX,
    }
    return unit_text(
        Unit=daemon("Serve the status page to the edges"), Service=service, Install={"WantedBy": "multi-user.target"}
    )


def _copy(witness: IPv4Address) -> str:
    curl = f"/usr/bin/curl --fail --silent --show-error --max-time 10 --max-filesize {_MOST_BYTES} --remote-time"
    service: Directives = {
        "Type": "oneshot",
        "User": "caddy",
        "Group": "caddy",
        # The second is run when the first did it: what is served is a whole page, or the one before.
        "ExecStart": (
            f"{curl} --output {STATUS_PAGE}.new http://{witness}:{PORT}/{_FILE}",
            f"/usr/bin/mv {STATUS_PAGE}.new {STATUS_PAGE}",
        ),
        "StateDirectory": NAME,
        "InaccessiblePaths": f"-/var/lib/caddy {HOME}",
        "IPAddressDeny": "any",
        "IPAddressAllow": str(witness),
        "TimeoutStartSec": _SECONDS,
        **SANDBOX,
    }
    return unit_text(Unit={"Description": "Fetch the status page from the witness"}, Service=service)


def _every(settings: Settings, after: int) -> str:
    """Twice a minute, or once where figures come so slowly that a page between would say the same."""
    monitoring = settings.env.monitoring
    seldom = monitoring is not None and monitoring.interval >= _OFTEN
    return f"*:*:{after:02}" if seldom else f"*:*:{after:02}/{_OFTEN}"


def _timer(description: str, when: str) -> str:
    return unit_text(
        Unit={"Description": description},
        Timer={"OnCalendar": when, "AccuracySec": "1s"},
        Install={"WantedBy": "timers.target"},
    )
