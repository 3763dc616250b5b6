"""A meeting server from an image: podman with the host's network and the least rights.

The bridge of a container engine chokes on 10,000 published ports. On the host's network root in the container is root
there but for what is taken from it: every capability, new ones by setuid programs, writing to the image's files.
"""

import json
from base64 import b64encode

from boot.document import BootDocument, step
from boot.file import File
from boot.meeting.config_js import OWN_FILE
from boot.meeting.service import CERTIFICATE, KEY, RESTART, SEED, SERVICE, UNIT
from boot.meeting.web_config import web_config
from boot.unit import Directives, unit
from settings.delivery import Container
from settings.stack import Settings

_NAME = "multiparty-meeting"
# Of root alone, with files that any user of an image may read: into a container each is mounted by itself.
_FILES = "/etc/multiparty-meeting/container"
_WEB_FILES = "/etc/multiparty-meeting/web"
_REGISTRY_AUTH = f"{SEED}/registry.json"
_ENVIRONMENT = f"{SEED}/container.env"
# Node.js has eleven threads, an SFU worker two, an image's entry point and init a few; one processor, one worker.
_TASKS = 1024
# So that the kernel ends the server, which systemd starts again, and not what the server's machine needs to live.
_MEMORY = "85%"


def container(settings: Settings, delivery: Container) -> BootDocument:
    """What a meeting node has more when its server comes as a container image."""
    service: Directives = {
        "Type": "notify",
        "NotifyAccess": "all",
        # podman makes the container's own groups below the unit's.
        "Delegate": "yes",
        "TasksMax": _TASKS,
        "MemoryMax": _MEMORY,
        **({"Environment": f"REGISTRY_AUTH_FILE={_REGISTRY_AUTH}"} if delivery.registry_user else {}),
        "ExecStart": " ".join(_run(settings, delivery)),
        "ExecStop": f"/usr/bin/podman stop --time 10 --ignore {_NAME}",
        "TimeoutStartSec": 300,
        **RESTART,
    }
    files = [
        unit(SERVICE, unit=UNIT, service=service),
        step("meeting/40-meeting-container-files"),
        File(_ENVIRONMENT, "".join(f"{name}={text}\n" for name, text in _environment(settings, delivery)), "0600"),
    ]
    environment = {
        "CONFIG_PATH": f"{_config_dir(settings, delivery)}/config.js",
        "CONTAINER_FILES": _FILES,
    }
    if delivery.web_files:
        files.append(step("meeting/35-meeting-web-files"))
        environment |= {
            "WEB_FILES_URL": delivery.web_files.url,
            "WEB_FILES_SHA256": delivery.web_files.sha256,
            "WEB_FILES": _WEB_FILES,
            "WEB_DIRECTORIES": " ".join(delivery.web_files.directories),
        }
    # catatonit is podman's `--init`; Debian only recommends it.
    packages = ("podman", "catatonit", *(("curl",) if delivery.web_files else ()))
    own = BootDocument(hostname="", packages=packages, files=tuple(files), environment=environment)
    return own.adding(pulled(settings, delivery))


def pulled(settings: Settings, delivery: Container) -> BootDocument:
    """What pulls the image: for a meeting node, or once for all of them, into the image that they boot."""
    password = settings.secrets.registry_password
    login: tuple[File, ...] = ()
    if delivery.registry_user and password:
        login = (File(_REGISTRY_AUTH, _registry_auth(delivery, password.get_secret_value()), "0600"),)
    return BootDocument(
        hostname="",
        files=(step("meeting/30-meeting-container"), *login),
        environment={"CONTAINER_IMAGE": delivery.image, "REGISTRY_AUTH_FILE": _REGISTRY_AUTH},
    )


def _run(settings: Settings, delivery: Container) -> list[str]:
    """The command line of `podman run`."""
    rights = [
        "--cap-drop all",
        *(f"--cap-add {capability}" for capability in delivery.capabilities),
        "--security-opt no-new-privileges",
        *(["--read-only"] if delivery.read_only else []),
    ]
    return [
        f"/usr/bin/podman run --replace --rm --name {_NAME} --init --network host --cgroups split",
        "--sdnotify conmon --log-driver journald --detach",
        *rights,
        f"--env-file {_ENVIRONMENT}",
        *(f"--volume {source}:{target}:ro" for source, target in _mounts(settings, delivery)),
        delivery.image,
    ]


def _mounts(settings: Settings, delivery: Container) -> list[tuple[str, str]]:
    """What of the host is seen in the container, and where."""
    meeting = settings.env.meeting
    config = _config_dir(settings, delivery)
    public = delivery.public_dir or meeting.kind.public_dir
    mounts = [
        (f"{_FILES}/config.js", f"{config}/config.js"),
        (f"{_FILES}/fleet.pem", CERTIFICATE),
        (f"{_FILES}/fleet.key", KEY),
    ]
    if settings.secrets.meeting_config_file:
        mounts.append((f"{_FILES}/{OWN_FILE}", f"{config}/{OWN_FILE}"))
    if meeting.relay:
        mounts.append((f"{_FILES}/relay.secret", f"{config}/relay.secret"))
    if web_config(settings):
        mounts.append((f"{_FILES}/web-config.js", f"{public}/config/config.js"))
    if delivery.web_files:
        mounts += [(f"{_WEB_FILES}/{name}", f"{public}/{name}") for name in delivery.web_files.directories]
    return mounts


def _config_dir(settings: Settings, delivery: Container) -> str:
    return delivery.config_dir or settings.env.meeting.kind.config_dir


def _environment(settings: Settings, delivery: Container) -> list[tuple[str, str]]:
    """The container's variables: the operator's above ours."""
    given = {"NODE_ENV": "production", **settings.env.meeting.kind.environment, **delivery.environment}
    return sorted(given.items())


def _registry_auth(delivery: Container, password: str) -> str:
    """containers-auth.json(5)."""
    login = b64encode(f"{delivery.registry_user}:{password}".encode()).decode()
    return json.dumps({"auths": {delivery.image.split("/")[0]: {"auth": login}}}, indent=2) + "\n"
