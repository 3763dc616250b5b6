"""The boot document of a meeting node."""

from ipaddress import IPv4Address

from boot.common import common
from boot.document import BootDocument
from boot.file import File
from boot.fleet_tls import certificates
from boot.meeting.archive import archive
from boot.meeting.config_js import OWN_FILE, config_js
from boot.meeting.container import container
from boot.meeting.load import load
from boot.meeting.redis_proxy import redis_proxy
from boot.meeting.relay.relay import relay_node
from boot.meeting.room import room
from boot.meeting.service import SEED, SERVICE
from boot.meeting.web_config import web_config
from settings.addresses import Role
from settings.delivery import Archive
from settings.redis import Sentinel
from settings.secrets import FLEET_NAME
from settings.stack import Settings


def meeting_node(settings: Settings, ordinal: int, announced_ip: IPv4Address) -> BootDocument:
    """The boot document of meeting node `ordinal`, whose public address is `announced_ip`."""
    meeting = settings.env.meeting
    secrets = settings.secrets
    web = web_config(settings)
    own = BootDocument(
        hostname="",
        files=(
            File(f"{SEED}/config.js", config_js(settings, ordinal, announced_ip), "0600"),
            *(
                [File(f"{SEED}/{OWN_FILE}", secrets.meeting_config_file.get_secret_value(), "0600")]
                if secrets.meeting_config_file
                else []
            ),
            *([File(f"{SEED}/web-config.js", web)] if web else []),
            File(f"{SEED}/fleet.pem", _certificates(settings), "0644"),
            File(f"{SEED}/fleet.key", secrets.fleet_key.get_secret_value(), "0600"),
        ),
        units=(SERVICE,),
        # A TLS handshake that the fleet's certificate verifies; that a room opens is asked by `room`.
        checks=(
            f"systemctl is-active --quiet {SERVICE}",
            f"openssl s_client -connect 127.0.0.1:{meeting.listening_port} -servername {FLEET_NAME} "
            f"-CAfile {SEED}/fleet.pem -verify_return_error </dev/null",
        ),
        environment={"SEED": SEED},
    )
    delivery = meeting.delivery
    delivered = archive(settings, delivery) if isinstance(delivery, Archive) else container(settings, delivery)
    document = common(settings, Role.MEETING, ordinal).adding(own).adding(delivered).adding(room(settings))
    document = document.adding(load(settings, ordinal))
    if meeting.relay:
        document = document.adding(relay_node(settings, meeting.relay, ordinal, announced_ip))
    redis = settings.env.redis
    behind_proxy = isinstance(redis, Sentinel) and redis.access == "proxy"
    return document.adding(redis_proxy(settings)) if behind_proxy else document


def _certificates(settings: Settings) -> str:
    """What the server shows the edges; and, where Redis speaks TLS, what it takes of Redis."""
    return certificates(settings) if settings.env.redis.tls else settings.secrets.fleet_certificate.get_secret_value()
