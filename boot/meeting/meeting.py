"""The boot document of a meeting node."""

import json
from base64 import b64encode
from ipaddress import IPv4Address

from boot.common import common
from boot.document import BootDocument, step
from boot.file import File
from boot.meeting.config_js import CERTIFICATE, KEY, SERVER_HOME, config_js, config_path
from boot.meeting.redis_proxy import redis_proxy
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.addresses import Role
from settings.meeting import Archive, Container
from settings.redis import Sentinel
from settings.secrets import FLEET_NAME
from settings.stack import Settings

_SERVICE = "multiparty-meeting.service"
_USER = "multiparty-meeting"
_SEED = "/etc/multiparty/meeting"  # root's copies; a step installs the server's
_REGISTRY_AUTH = "/etc/multiparty/meeting/registry.json"


def meeting_node(settings: Settings, ordinal: int, announced_ip: IPv4Address) -> BootDocument:
    """The boot document of meeting node `ordinal`, whose public address is `announced_ip`."""
    meeting = settings.env.meeting
    secrets = settings.secrets
    own = BootDocument(
        hostname="",
        files=(
            File(f"{_SEED}/config.js", config_js(settings, ordinal, announced_ip), "0600"),
            File(f"{_SEED}/fleet.pem", secrets.fleet_certificate.get_secret_value(), "0644"),
            File(f"{_SEED}/fleet.key", secrets.fleet_key.get_secret_value(), "0600"),
            File("/etc/sysusers.d/multiparty-meeting.conf", f'u {_USER} - "Meeting server" {SERVER_HOME}\n'),
        ),
        units=(_SERVICE,),
        # A TLS handshake that the fleet's certificate verifies; /health would wait for Redis, which other sites hold.
        checks=(
            f"systemctl is-active --quiet {_SERVICE}",
            f"openssl s_client -connect 127.0.0.1:{meeting.listening_port} -servername {FLEET_NAME} "
            f"-CAfile {_SEED}/fleet.pem -verify_return_error </dev/null",
        ),
        environment={"CONFIG_PATH": config_path(settings), "SERVICE_USER": _USER, "SEED": _SEED},
    )
    delivered = _archive(meeting.delivery) if isinstance(meeting.delivery, Archive) else _container(settings)
    document = common(settings, Role.MEETING, ordinal).adding(own).adding(delivered)
    redis = settings.env.redis
    behind_proxy = isinstance(redis, Sentinel) and redis.access == "proxy"
    return document.adding(redis_proxy(settings)) if behind_proxy else document


def _archive(delivery: Archive) -> BootDocument:
    service: Directives = {
        "User": _USER,
        "WorkingDirectory": f"{SERVER_HOME}/server",
        "Environment": "NODE_ENV=production",
        "ExecStart": "/usr/bin/node server.js",
        **_SERVED,
        **SANDBOX,
    }
    return BootDocument(
        hostname="",
        packages=("nodejs", "curl"),
        files=(
            unit(_SERVICE, unit=_UNIT, service=service),
            step("meeting/30-meeting-archive"),
            step("meeting/40-meeting-config"),
        ),
        environment={"ARCHIVE_URL": delivery.url, "ARCHIVE_SHA256": delivery.sha256, "SERVER_HOME": SERVER_HOME},
    )


def _container(settings: Settings) -> BootDocument:
    """Podman with the host's network: the bridge of a container engine chokes on 10,000 published ports."""
    delivery = settings.env.meeting.delivery
    assert isinstance(delivery, Container)  # noqa: S101 - the caller's branch
    mounts = " ".join(
        f"--volume {path}:{path}:ro" if isinstance(path, str) else f"--volume {path[0]}:{path[1]}:ro"
        for path in ((f"{_SEED}/config.js", config_path(settings)), CERTIFICATE, KEY)
    )
    service: Directives = {
        "Type": "notify",
        "NotifyAccess": "all",
        "ExecStart": (
            "/usr/bin/podman run --replace --rm --name multiparty-meeting --init --network host --cgroups split "
            f"--sdnotify conmon --log-driver journald --detach {mounts} {delivery.image}"
        ),
        "ExecStop": "/usr/bin/podman stop --time 10 --ignore multiparty-meeting",
        "TimeoutStartSec": 300,
        **_SERVED,
    }
    files = [
        unit(_SERVICE, unit=_UNIT, service=service),
        step("meeting/30-meeting-container"),
        step("meeting/40-meeting-tls"),
    ]
    password = settings.secrets.registry_password
    if delivery.registry_user and password:
        files.append(File(_REGISTRY_AUTH, _registry_auth(delivery, password.get_secret_value()), "0600"))
    return BootDocument(
        hostname="",
        packages=("podman",),
        files=tuple(files),
        environment={"CONTAINER_IMAGE": delivery.image, "REGISTRY_AUTH_FILE": _REGISTRY_AUTH},
    )


def _registry_auth(delivery: Container, password: str) -> str:
    """containers-auth.json(5)."""
    login = b64encode(f"{delivery.registry_user}:{password}".encode()).decode()
    return json.dumps({"auths": {delivery.image.split("/")[0]: {"auth": login}}}, indent=2) + "\n"


_UNIT = daemon("multiparty-meeting")
# A dead mediasoup worker ends the process after 2 s: it must come back by itself, every time.
_SERVED: Directives = {**RESTARTED, "LimitNOFILE": 65536}
