"""config.js of a meeting node: the requirements' keys and values, laid upon the server's own example configuration."""

import json
from ipaddress import IPv4Address
from typing import Any

from boot.meeting.redis_proxy import ADDRESS as PROXY_ADDRESS
from settings.addresses import Role
from settings.meeting import EXPORTER_PORT, REDIRECT_PORT, Container, merge
from settings.redis import (
    CONNECT_TIMEOUT,
    GUEST_PORT,
    MASTER_NAME,
    PORT,
    RETRY_DELAY_ON_FAILOVER,
    SENTINEL_PORT,
    SLOTS_REFRESH_INTERVAL,
    SOCKET_TIMEOUT,
    Cluster,
)
from settings.stack import Settings

SERVER_HOME = "/opt/multiparty-meeting"
CERTIFICATE = "/etc/multiparty-meeting/tls/fleet.pem"
KEY = "/etc/multiparty-meeting/tls/fleet.key"

_TEMPLATE = """\
'use strict';
// Written at boot. The keys below are laid upon the example configuration that the server ships, mapping by mapping.
const fs = require('fs');
const path = require('path');

const deployment = {deployment};

const example = path.join(__dirname, 'config.example.js');
const base = fs.existsSync(example) ? require(example) : {{}};
const isMapping = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const merge = (below, above) => Object.keys(above).reduce((merged, key) => {{
  merged[key] = isMapping(merged[key]) && isMapping(above[key]) ? merge(merged[key], above[key]) : above[key];
  return merged;
}}, {{ ...below }});

module.exports = merge(base, deployment);
"""


def config_path(settings: Settings) -> str:
    """Where the server looks for its configuration, on the server or inside its container."""
    delivery = settings.env.meeting.delivery
    directory = delivery.config_dir if isinstance(delivery, Container) else f"{SERVER_HOME}/server/config"
    return f"{directory}/config.js"


def deployment(settings: Settings, ordinal: int, announced_ip: IPv4Address) -> dict[str, Any]:
    """The keys that this program sets, in the requirements' words.

    Args:
        settings: the stack's settings.
        ordinal: the node's number on its site.
        announced_ip: the node's own public address, which clients send media to.
    """
    env = settings.env
    meeting = env.meeting
    cookies = settings.secrets.cookie_secrets
    own: dict[str, Any] = {
        "behindReverseProxy": True,
        # What upstream reads in its place.
        "trustProxy": [str(settings.backbone_address(Role.EDGE, site=site)) for site in env.service_sites],
        "httpOnly": False,
        "listeningPort": meeting.listening_port,
        "listeningRedirectPort": REDIRECT_PORT,
        "tls": {"cert": CERTIFICATE, "key": KEY},
        # express-session takes one secret, or a list whose first one signs.
        "cookieSecret": cookies[0] if len(cookies) == 1 else list(cookies),
        "cookieName": meeting.cookie_name,
        "redisOptions": _redis_options(settings),
        "mediasoup": {
            "worker": {"rtcMinPort": meeting.rtc_ports.min, "rtcMaxPort": meeting.rtc_ports.max},
            "webRtcTransport": {"listenIps": [{"ip": "0.0.0.0", "announcedIp": str(announced_ip)}]},  # noqa: S104
        },
        # Room and people's counts without names; on the backbone only, since `/` of the exporter shows addresses.
        "prometheus": {
            "deidentify": True,
            "numeric": True,
            "quiet": True,
            "listen": str(settings.backbone_address(Role.MEETING, ordinal)),
            "port": EXPORTER_PORT,
        },
    }
    if meeting.turn and settings.secrets.turn_credential:
        credential = settings.secrets.turn_credential.get_secret_value()
        own["turn"] = [{"urls": list(s.urls), "username": s.username, "credential": credential} for s in meeting.turn]
    return merge(dict(meeting.config), own)


def config_js(settings: Settings, ordinal: int, announced_ip: IPv4Address) -> str:
    """The text of config.js."""
    text = json.dumps(deployment(settings, ordinal, announced_ip), indent=2, ensure_ascii=False)
    return _TEMPLATE.format(deployment=text)


def _redis_options(settings: Settings) -> dict[str, Any]:
    """What the server's Redis client is given, in ioredis' words; node_redis knows host, port and password too."""
    redis = settings.env.redis
    password = settings.secrets.redis_password.get_secret_value()
    if isinstance(redis, Cluster):
        # For `new Redis.Cluster(cluster, the other keys)`. The last two have ioredis look for new masters by itself,
        # and repeat a command (16 times) for as long as a failover takes.
        return {
            "cluster": [
                {"host": f"redis-{site}", "port": port}
                for port in (PORT, GUEST_PORT)
                for site in settings.redis_addresses
            ],
            "redisOptions": {"password": password, "connectTimeout": CONNECT_TIMEOUT},
            "slotsRefreshInterval": SLOTS_REFRESH_INTERVAL,
            "retryDelayOnFailover": RETRY_DELAY_ON_FAILOVER,
        }
    match redis.access:
        case "plain":
            return {"host": f"redis-{settings.env.primary}", "port": PORT, "password": password}
        case "proxy":
            return {"host": PROXY_ADDRESS, "port": PORT, "password": password}
        case "sentinel":
            # The last two keys make it follow a failover in seconds instead of minutes. Not `failoverDetector`: told
            # of a new master while it connects, ioredis ends for good (docs/decisions/0016).
            return {
                "sentinels": [
                    {"host": f"redis-sentinel-{site}", "port": SENTINEL_PORT} for site in settings.redis_addresses
                ],
                "name": MASTER_NAME,
                "password": password,
                "sentinelPassword": password,
                "connectTimeout": CONNECT_TIMEOUT,
                "socketTimeout": SOCKET_TIMEOUT,
            }
