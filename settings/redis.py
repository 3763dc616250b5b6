"""Redis: how its nodes agree on a master, in Redis' and Sentinel's own words."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from settings.duration import Between, Duration
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.types import Megabytes, Switch, Text

# How a meeting node reaches the master: it asks the Sentinels; it knows one address; it asks a proxy of its own.
Access = Literal["sentinel", "plain", "proxy"]
# What the Sentinels call the master.
MASTER_NAME = "mymaster"
# The ports that Redis' own documents give them; of a cluster, each server has a second node.
PORT, SENTINEL_PORT, GUEST_PORT = 6379, 26379, 6380
# A cluster node's bus is this much above its port (Redis' `cluster-port`).
BUS = 10_000
# How often a Sentinel pings, and asks the others (sentinel.c of Redis 7: SENTINEL_PING_PERIOD, SENTINEL_ASK_PERIOD).
# Milliseconds.
WITNESS_PATIENCE = 1000
# What a meeting node's Redis client is given, in ioredis' words (docs/decisions/0016): how long a connection may take,
# and leave a command unanswered, to a master as to a Sentinel; and the pause before the next try. Whoever has begun to
# ask a lost master when there is another, and next asks a lost Sentinel, follows within a second. Milliseconds.
CONNECT_TIMEOUT = SOCKET_TIMEOUT = SENTINEL_COMMAND_TIMEOUT = 400
RETRY_DELAY = 100
# In a cluster: how long a connection may take, how often it asks for the masters, and how long it waits to repeat a
# command whose node was lost. Milliseconds.
CLUSTER_CONNECT_TIMEOUT = SLOTS_REFRESH_INTERVAL = RETRY_DELAY_ON_FAILOVER = 1000
# Without what redis.conf would take for itself.
KeyPattern = Annotated[
    str, Text(r"[^\s\"'\\]+", "a pattern of keys as Redis has them, without quotes and spaces, such as sess:*")
]
# Not those to administer Redis: who had them would need no others.
Right = Annotated[
    str,
    Text(
        r"\+(?!@(all|admin|dangerous)$)@?[a-z]+(\|[a-z-]+)?|&[^\s\"'\\]+",
        "a right as Redis' ACLs have it, such as +eval, +@pubsub or &channel; not +@all, +@admin, +@dangerous",
    ),
]
VoteTime = Annotated[Duration, Between("100ms", "10m", was="ms")]


class _Rights(Section):
    """What meeting servers may do, once they share no password with the servers (docs/decisions/0034)."""

    keys: tuple[KeyPattern, ...] = Field(
        default=("*",),
        min_length=1,
        description="Keys that meeting servers may use: Redis' patterns.",
        json_schema_extra=ADVANCED,
    )
    rights: tuple[Right, ...] = Field(
        default=(),
        description="What meeting servers may do beside reading and writing keys, as Redis' ACLs have it: `+eval`, "
        "`+@pubsub`, `&channel`.",
        json_schema_extra=ADVANCED,
    )


class Sentinel(_Rights):
    """Redis with Sentinels: one master, replicas, a vote of the majority.

    The times were measured on booted servers (docs/decisions/0012); the defaults of Sentinel are 30 s and 180 s. Two
    Sentinels have to agree that a master is down: the witness' own waits `WITNESS_PATIENCE` longer, so that of the two
    which are left when a site is lost one has made up its mind when the other asks. When they vote for themselves all
    the same, they try again after twice `failover_timeout`.
    """

    mode: Literal["sentinel"] = Field(
        default="sentinel", description="One master with replicas; Sentinels vote for the next one."
    )
    access: Access = Field(
        default="sentinel",
        description="How a meeting server finds the master. `sentinel`: it asks the Sentinels; `proxy`: a proxy of its "
        "own does; `plain`: it knows the primary's address, and follows no failover.",
    )
    down_after: VoteTime = Field(
        default="2.5s",
        description="Silence after which a Sentinel takes the master for down.",
        json_schema_extra=ADVANCED,
    )
    failover_timeout: VoteTime = Field(
        default="3s", description="Half of the time until a failed vote is repeated.", json_schema_extra=ADVANCED
    )
    # A master that is cut off refuses writes 2 s later at the latest: Redis counts whole seconds, once in each.
    min_replicas_max_lag: Annotated[Duration, Between("1s", "1m", whole=True, was="s")] = Field(
        default="2s",
        description="Silence of all replicas after which the master takes no writes.",
        json_schema_extra=ADVANCED,
    )
    max_memory_mb: Megabytes = Field(default=256, description="Memory for sessions.")
    tls: Switch = Field(
        default=False,
        description="Whether Redis and Sentinels are spoken to by TLS alone, with the fleet's certificate: by each "
        "other, by meeting servers (with `access` proxy by the proxy), by monitoring.",
        json_schema_extra=ADVANCED,
    )


class Cluster(_Rights):
    """Redis Cluster: the slots shared by three masters, one a site, each with a replica in another site.

    A master that is not heard of for `node_timeout` is failed over by the majority of the masters; Redis' own default
    is 15 s. Measured on loopback, on a busy machine, with 5000 and ioredis writing 60 keys a second: a killed site cost
    a third of the keys 7 to 8 s, a silent one 7.5 to 9 s.
    """

    mode: Literal["cluster"] = Field(description="Redis Cluster: three masters, one a site, each with a replica.")
    node_timeout: VoteTime = Field(
        default="5s", description="Silence after which a master is failed over.", json_schema_extra=ADVANCED
    )
    max_memory_mb: Megabytes = Field(default=256, description="Memory of each of a server's two processes.")
    tls: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _in_clear(cls, given: object) -> object:
        """Nodes ask each other for a client's certificate on their bus, and the fleet's is a server's."""
        if isinstance(given, dict) and "tls" in given:
            allowed = "is for mode sentinel alone: a cluster's nodes speak in clear; take it out"
            refuse("cluster", [Refusal(("tls",), given["tls"], allowed)])
        return given


def _sentinel_unless_said(given: object) -> object:
    return {"mode": "sentinel", **given} if isinstance(given, dict) else given


Redis = Annotated[Sentinel | Cluster, Field(discriminator="mode"), BeforeValidator(_sentinel_unless_said)]
