"""A lost Redis master: until another one takes writes, and until the meeting servers have followed it.

Upstream's session middleware has every request wait for Redis: pages and new connections wait as long as a write does.
Open websockets and media do not.
"""

from typing import Literal

from recovery.client import Given
from recovery.meeting import TRY_INTERVAL
from recovery.promise import NONE, Wait, wait
from settings.duration import seconds
from settings.edge import PAGE_TRY_DURATION, PAGE_TRY_INTERVAL
from settings.redis import (
    RETRY_DELAY,
    RETRY_DELAY_ON_FAILOVER,
    SENTINEL_COMMAND_TIMEOUT,
    SLOTS_REFRESH_INTERVAL,
    SOCKET_TIMEOUT,
    WITNESS_PATIENCE,
    Cluster,
)

# killed: its server and the Sentinel on it live. off: both are gone, without a word.
Loss = Literal["killed", "off"]

# sentinel.c of Redis 7: SENTINEL_PING_PERIOD, SENTINEL_ASK_PERIOD, SENTINEL_MAX_DESYNC; SENTINEL_INFO_PERIOD, and four
# SENTINEL_PUBLISH_PERIODs until a master that should be a replica is made one.
PING = ASK = DESYNC = 1.0
INFO, DEMOTION = 10.0, 8.0
# And SENTINEL_TILT_PERIOD: after a standstill of more than two seconds a Sentinel neither accuses nor votes.
TILT = 30.0
# Redis counts lag in whole seconds, and good replicas once a second.
LAG_ROUNDING = 2.0
COUNT = 1.0
# cluster.c of Redis 7: an election is delayed by 0.5 s and up to as much again; reports of failure travel for a second.
ELECTION = 2.0
# ioredis 5: `disconnectTimeout`; `slotsRefreshTimeout`, for each of the two nodes of a lost server.
IOREDIS_DISCONNECT = 2.0
IOREDIS_SLOTS = 2 * 1.0
# The proxy's `downinter` and `timeout check` (boot/meeting/redis_proxy.py).
PROXY_CHECK, PROXY_TIMEOUT = 0.25, 1.0

_TWO_SITES = "with two sites the Sentinel that is left has no majority: a person must promote (`make promote`)"
_PLAIN = "with redis.access plain the meeting servers know one address and follow no failover"


def found(given: Given, loss: Loss) -> Wait:
    """Until enough voters agree that the master is down."""
    redis = given.env.redis
    if isinstance(redis, Cluster):
        # A node is pinged at least every half `node_timeout`.
        return wait("until a node's silence is noticed", 1.5 * seconds(redis.node_timeout), "redis.node_timeout")
    if loss == "off" and given.env.witness is None:
        return Wait(never=_TWO_SITES)
    agreed = wait("until a Sentinel's next ping", PING)
    agreed += wait("until it takes the master for down", seconds(redis.down_after), "redis.down_after")
    if given.env.witness:
        agreed += wait("longer for the witness' Sentinel", WITNESS_PATIENCE / 1000)
    return agreed + wait("until one asks the other", ASK)


def failover(given: Given, loss: Loss) -> Wait:
    """Until another master takes writes; a process that systemd brings back in time is sooner."""
    redis = given.env.redis
    if isinstance(redis, Cluster):
        return found(given, loss) + wait("for the masters' vote", ELECTION)
    again = 2 * seconds(redis.failover_timeout) + DESYNC
    return (
        found(given, loss)
        + wait("until a second vote, when two Sentinels vote for themselves", again, "redis.failover_timeout")
        + wait("for the promotion", given.servers.promotion)
    )


def writes(given: Given, loss: Loss) -> Wait:
    """Until a meeting server's writes are acknowledged again."""
    redis = given.env.redis
    if isinstance(redis, Cluster):
        return failover(given, loss) + _repeated()
    match redis.access:
        case "plain":
            return Wait(never=_PLAIN)
        case "proxy":
            return failover(given, loss) + _proxied()
        case "sentinel":
            return failover(given, loss) + _followed(loss)


def pages(given: Given, loss: Loss) -> Wait:
    """Until a page is answered after a failover."""
    return answered(given, writes(given, loss))


def rooms(given: Given, loss: Loss) -> Wait:
    """Until somebody who is not in a room can join one after a failover."""
    return let_in(given, pages(given, loss))


def answered(given: Given, written: Wait) -> Wait:
    """Until a page is answered: `/health` waits for Redis too, and Caddy may have taken every instance out.

    Args:
        given: what is known.
        written: until the meeting servers' writes are acknowledged.
    """
    if given.env.edge.affinity:
        late = seconds(PAGE_TRY_DURATION) + seconds(PAGE_TRY_INTERVAL)
        return written + wait("until Caddy asks HAProxy, whose checks do not wait for Redis", late)
    health = given.env.edge.health
    late = max(0.0, seconds(health.interval) - seconds(health.timeout)) + TRY_INTERVAL + given.client.page
    return written + wait("until Caddy's /health was answered again", late, "edge.health.interval")


def let_in(given: Given, page: Wait) -> Wait:
    """Until somebody who is not in a room can join one: the page first, then signalling."""
    if page.seconds is not None and page.seconds <= given.client.patience:
        return page
    return page + wait("Socket.io's longest delay, after attempts in vain", given.client.reconnect_longest)


def rejoined(given: Given) -> Wait:
    """Until a meeting server that was beside a former master, or cut off from the new one, writes to the new one.

    It goes on with the former master until that one is made a replica, which closes its connections.
    """
    redis = given.env.redis
    if isinstance(redis, Cluster):
        told = wait("until a returning node hears who has its slots", seconds(redis.node_timeout), "redis.node_timeout")
        return told + _repeated()
    demoted = wait("until a Sentinel makes a returning master a replica", INFO + DEMOTION)
    match redis.access:
        case "plain":
            return Wait(never=_PLAIN)
        case "proxy":
            return demoted + _proxied()
        case "sentinel":
            return demoted + _followed("off")


def back(given: Given) -> Wait:
    """Until a former master that runs again is a replica of the new one."""
    if isinstance(given.env.redis, Cluster):
        return Wait(never="a cluster is tended step by step (boot/redis/redis-cluster-tend.sh)")
    demoted = wait("until a Sentinel makes a returning master a replica", INFO + DEMOTION)
    return demoted + wait("until it has the data", given.servers.sync)


def stood_still(given: Given) -> Wait:
    """Until a Sentinel that stood still votes again: the next loss, if it comes before, waits that much longer."""
    if isinstance(given.env.redis, Cluster):
        return NONE
    return wait("until the Sentinel that stood still votes again (TILT)", TILT)


def window(given: Given) -> float | None:
    """For how long a master that is cut off acknowledges writes, which are lost; None: as long as it is cut off."""
    redis = given.env.redis
    if isinstance(redis, Cluster):
        return 1.5 * seconds(redis.node_timeout)
    return seconds(redis.min_replicas_max_lag) + LAG_ROUNDING if given.env.witness else None


def two_masters(given: Given) -> float | None:
    """For how long a master that is cut off takes writes beside the new one."""
    redis, lasts = given.env.redis, window(given)
    if lasts is None:
        return None
    if isinstance(redis, Cluster):
        return max(0.0, lasts - seconds(redis.node_timeout))
    return max(0.0, lasts - seconds(redis.down_after) - WITNESS_PATIENCE / 1000)


def _repeated() -> Wait:
    asked = SLOTS_REFRESH_INTERVAL / 1000 + IOREDIS_SLOTS
    repeated = IOREDIS_DISCONNECT + RETRY_DELAY_ON_FAILOVER / 1000
    return wait("until ioredis knows the new master and repeats", asked + repeated)


def _proxied() -> Wait:
    follows = wait("until the proxy finds the new master", PROXY_CHECK + PROXY_TIMEOUT)
    return follows + wait("until the client tries again", RETRY_DELAY / 1000)


def _followed(loss: Loss) -> Wait:
    """It drops a silent connection and pauses; then it asks a Sentinel, maybe the lost one."""
    asked = SENTINEL_COMMAND_TIMEOUT if loss == "off" else 0
    return wait("until ioredis follows", (SOCKET_TIMEOUT + RETRY_DELAY + asked) / 1000)
