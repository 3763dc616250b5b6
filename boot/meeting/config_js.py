"""config.js of a meeting node: the requirements' keys and values, and the rest of what each kind of server needs."""

import json
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from boot.meeting.redis_proxy import ADDRESS as PROXY_ADDRESS
from boot.meeting.server_blocks import BLOCKS
from boot.meeting.service import CERTIFICATE, KEY
from boot.meeting.turn_servers import turn_servers
from settings.addresses import Role
from settings.meeting import EXPORTER_PORT, REDIRECT_PORT
from settings.redis import (
    CLUSTER_CONNECT_TIMEOUT,
    CONNECT_TIMEOUT,
    GUEST_PORT,
    MASTER_NAME,
    PORT,
    RETRY_DELAY,
    RETRY_DELAY_ON_FAILOVER,
    SENTINEL_COMMAND_TIMEOUT,
    SENTINEL_PORT,
    SLOTS_REFRESH_INTERVAL,
    SOCKET_TIMEOUT,
    Cluster,
)
from settings.secrets import FLEET_NAME
from settings.servers import SERVERS, ServerName
from settings.stack import Settings

# Beside config.js: the operator's own JavaScript, where there is any.
OWN_FILE = "config.own.js"

# Upstream's release is given whole blocks: 3.5 replaces its own by each key of this file, and what the example of 3.4
# says for a TURN server and a tracker are placeholders that reach browsers. The own build's example counts instead.
_TEMPLATE = """\
'use strict';
// Written at boot. Each layer is laid upon the one before, mapping by mapping; the last is the deployment's.
const fs = require('fs');
const os = require('os');
const path = require('path');

const blocks = {blocks};
blocks.mediasoup.numWorkers = os.cpus().length;

const operator = {operator};

const deployment = {deployment};

const isMapping = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const merge = (below, above) => Object.keys(above).reduce((merged, key) => {{
  merged[key] = isMapping(merged[key]) && isMapping(above[key]) ? merge(merged[key], above[key]) : above[key];
  return merged;
}}, {{ ...below }});

const shipped = path.join(__dirname, 'config.example.js');
const example = fs.existsSync(shipped) ? {{ ...require(shipped) }} : {{}};
for (const key of {placeholders}) {{
  if (/example/.test(JSON.stringify(example[key]))) delete example[key];
}}

const ownFile = path.join(__dirname, '{own_file}');
const own = fs.existsSync(ownFile) ? require(ownFile) : {{}};

const config = [{layers}, operator, own, deployment].reduce(merge);
{functions}
module.exports = config;
"""
# A placeholder of TURN makes Firefox relay through a server that does not exist.
_PLACEHOLDERS = ("turnAPIURI", "turnAPIKey", "backupTurnServers")
# Those that Redis servers and Sentinels are to have stand in the file that this server shows the edges.
_TRUSTED = """\
for (const tls of [config.redisOptions.tls, config.redisOptions.sentinelTLS]) {
  if (tls) tls.ca = fs.readFileSync(config.tls.cert);
}
"""
# Without it node_redis ends the process when a connection is lost.
_NODE_REDIS = f"config.redisOptions.retry_strategy = () => {RETRY_DELAY};\n"
# ioredis waits longer after each try, up to two seconds, and its requests fail with the 21st: they would sooner.
_IOREDIS = f"""\
Object.assign(config.redisOptions, {{ maxRetriesPerRequest: null, retryStrategy: () => {RETRY_DELAY} }});
"""


def deployment(settings: Settings, ordinal: int, announced_ip: IPv4Address) -> dict[str, Any]:
    """The keys that this program sets, in the requirements' words; nobody's go above them.

    Args:
        settings: the stack's settings.
        ordinal: the node's number on its site.
        announced_ip: the node's own public address, which clients send media to.
    """
    env = settings.env
    meeting = env.meeting
    cookies = settings.secrets.cookie_secrets
    own: dict[str, Any] = {
        "trustProxy": [str(settings.backbone_address(Role.EDGE, site=site)) for site in env.service_sites],
        "httpOnly": False,
        "listeningHost": "0.0.0.0",  # noqa: S104
        "listeningPort": meeting.listening_port,
        "listeningRedirectPort": REDIRECT_PORT,
        "tls": {"cert": CERTIFICATE, "key": KEY},
        # express-session takes one secret, or a list whose first one signs.
        "cookieSecret": cookies[0] if len(cookies) == 1 else list(cookies),
        "cookieName": meeting.cookie_name,
        "redisOptions": redis_options(settings),
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
    match meeting.server:
        case "multiparty-meeting":
            own["behindReverseProxy"] = True
        case "edumeet-3.5":
            own["prometheus"] |= {"enabled": True, "period": 15, "secret": ""}
            own["backupTurnServers"] = None  # asked for truth; its default is a placeholder
    if meeting.turn and settings.secrets.turn_credential:
        credential = settings.secrets.turn_credential.get_secret_value()
        own["backupTurnServers"] = [
            {"urls": list(one.urls), "username": one.username, "credential": credential} for one in meeting.turn
        ]
    return own


def config_js(settings: Settings, ordinal: int, announced_ip: IPv4Address) -> str:
    """The text of config.js."""
    own = deployment(settings, ordinal, announced_ip)
    more = _TRUSTED if "tls" in own["redisOptions"] else ""
    if settings.env.meeting.relay:
        name = settings.env.relay_names(settings.site)[ordinal - 1]
        more += turn_servers(name, own.pop("backupTurnServers", None) or [])
    return render(settings.env.meeting.server, settings.meeting_config, own, more)


def render(server: ServerName, operator: Mapping[str, Any], own: Mapping[str, Any], more: str = "") -> str:
    """The text of config.js with these keys of the operator's, and those that nobody's go above; `more` comes last."""
    release = not SERVERS[server].sentinel
    clustered = "cluster" in own.get("redisOptions", {})
    return _TEMPLATE.format(
        blocks=_javascript(BLOCKS[server]),
        operator=_javascript(operator),
        own_file=OWN_FILE,
        deployment=_javascript(own),
        placeholders=_javascript(_PLACEHOLDERS),
        layers="example, blocks" if release else "blocks, example",
        functions=(_NODE_REDIS if release else "" if clustered else _IOREDIS) + more,
    )


def _javascript(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def redis_options(settings: Settings) -> dict[str, Any]:
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
            "redisOptions": {"password": password, "connectTimeout": CLUSTER_CONNECT_TIMEOUT},
            "slotsRefreshInterval": SLOTS_REFRESH_INTERVAL,
            "retryDelayOnFailover": RETRY_DELAY_ON_FAILOVER,
        }
    tls = {"tls": {"servername": FLEET_NAME}} if redis.tls else {}
    match redis.access:
        case "plain":
            return {"host": f"redis-{settings.env.primary}", "port": PORT, "password": password, **tls}
        case "proxy":
            return {"host": PROXY_ADDRESS, "port": PORT, "password": password}
        case "sentinel":
            # The timeouts make it follow a failover within a second instead of minutes, or, where a Sentinel takes the
            # connection and says nothing, never. Not `failoverDetector`: told of a new master while it connects,
            # ioredis ends for good (docs/decisions/0016). Asking for other Sentinels would add each a second time.
            return {
                "sentinels": [
                    {"host": f"redis-sentinel-{site}", "port": SENTINEL_PORT} for site in settings.redis_addresses
                ],
                "name": MASTER_NAME,
                "password": password,
                "sentinelPassword": password,
                "updateSentinels": False,
                "connectTimeout": CONNECT_TIMEOUT,
                "sentinelCommandTimeout": SENTINEL_COMMAND_TIMEOUT,
                "socketTimeout": SOCKET_TIMEOUT,
                **tls,
                **({"enableTLSForSentinelMode": True, "sentinelTLS": tls["tls"]} if tls else {}),
            }
