"""How an alert is made to fire that no fault of the drill makes fire long enough, or safely; each undoes itself."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from boot.monitoring.alerts import Alert
from drill.clients import Edge, Participant
from drill.clients.attendance import Attendance
from drill.faults import REDIS, SENTINEL
from drill.strikes import stopped
from drill.target import Target, TargetError
from fleet.fleet import DeployedServer

NODE_EXPORTER = "prometheus-node-exporter"
RELAY = "coturn"
_RULES = "/etc/multiparty/prometheus/rules.yml"
_FILLER = "/var/rehearsal-of-a-full-disk"
# A twentieth of the disk is left. Debian's awk writes what is above 2^31 with an exponent, unless it is told not to.
_LENGTH = "df --block-size=1 --output=size,avail / | awk 'END { printf \"%.0f\", $2 - $1 / 20 }'"
FILL_DISK, FREE_DISK = f"sudo fallocate --length $({_LENGTH}) {_FILLER}", f"sudo rm --force {_FILLER}"
# Limits that peace breaks, and of however few people.
QUALITY = {
    Alert.PACKET_LOSS: "s/> [0-9.]+ and (.*)>= [0-9]+/> -1 and \\1>= 1/",
    Alert.POOR_QUALITY: "s/< [0-9]+ and (.*)>= [0-9]+/< 11 and \\1>= 1/",
}
_REDIS_CLI = "sudo sh -c '. /etc/multiparty/redis/auth.env; export REDISCLI_AUTH; redis-cli $AS {}'"


@contextmanager
def _undone(target: Target, server: DeployedServer, done: str, undone: str) -> Iterator[None]:
    target.shell(server, done)
    try:
        yield
    finally:
        target.shell(server, undone)


@contextmanager
def _two_masters(target: Target) -> Iterator[None]:
    """Without a Sentinel that would mend it; the second master has no replica, and takes no writes."""
    other = next(server for site, server in target.redis_servers.items() if site != target.master())
    with stopped(target, SENTINEL, *target.redis_servers.values()):
        target.shell(other, _REDIS_CLI.format("REPLICAOF NO ONE"))
        yield


@contextmanager
def _refused(target: Target) -> Iterator[None]:
    """By a user of the rehearsal's own, who may do nothing; at the witness, whose Redis no other rehearsal stops."""
    (server,) = target.fleet.of("witness")
    target.shell(server, _REDIS_CLI.format("ACL SETUSER rehearsal on nopass"))
    with _undone(
        target, server, "redis-cli --user rehearsal --pass none PING", _REDIS_CLI.format("ACL DELUSER rehearsal")
    ):
        yield


def _moved(expression: str, alert: Alert, target: Target) -> AbstractContextManager[None]:
    """A limit that peace breaks, on the witness alone: from the figure to the receiver all is as it will be."""
    reload = "sudo systemctl reload prometheus"
    edit = f"/alert: {alert.value}$/,/annotations:/{expression}"
    kept = f".before-{alert.value}"
    done = f"sudo sed --regexp-extended --in-place={kept} {shlex.quote(edit)} {_RULES} && {reload}"
    (witness,) = target.fleet.of("witness")
    return _undone(target, witness, done, f"sudo mv {_RULES}{kept} {_RULES} && {reload}")


@contextmanager
def _moved_in_a_meeting(expression: str, alert: Alert, target: Target) -> Iterator[None]:
    """The same while two people meet: of nobody there is no figure."""
    (door, *_) = target.fleet.of("edge")
    edge = Edge(str(target.fleet.domain), str(door.public_address), cacert=target.authority)
    room = f"rehearsal-{time.time_ns()}"
    with Attendance() as house, _moved(expression, alert, target):
        try:
            house.join_at_once(*(Participant(edge, room, f"{alert.value}-{number}") for number in (1, 2)))
        except (TimeoutError, OSError) as error:
            raise TargetError(f"two people do not come together for {alert}: {error}") from error
        yield


def _sfu_paused(target: Target) -> AbstractContextManager[None]:
    """Pages are served, and no room opens; a process' name has 15 letters."""
    workers = "sudo pkill --signal {} --exact mediasoup-worke"
    return _undone(target, target.server("meeting", target.secondary), workers.format("STOP"), workers.format("CONT"))


def _services(target: Target) -> list[DeployedServer]:
    return [target.server("redis", site) for site in (target.primary, target.secondary)]


REHEARSALS: dict[Alert, Callable[[Target], AbstractContextManager[object]]] = {
    Alert.REDIS_MASTER_MISSING: lambda target: stopped(target, REDIS, *_services(target)),
    Alert.ROOMS_DO_NOT_OPEN: _sfu_paused,
    Alert.RELAY_DOWN: lambda target: stopped(target, RELAY, target.server("meeting", target.secondary)),
    Alert.TWO_MASTERS: _two_masters,
    Alert.REDIS_COMMAND_REFUSED: _refused,
    Alert.SENTINEL_QUORUM_LOST: lambda target: stopped(target, SENTINEL, *_services(target)),
    Alert.MONITORING_TARGET_MISSING: lambda target: stopped(target, NODE_EXPORTER, _services(target)[1]),
    Alert.DISK_FULL: lambda target: _undone(target, _services(target)[1], FILL_DISK, FREE_DISK),
    Alert.HEALTH_SLOW: partial(_moved, "s/> [0-9.]+ and/> 0 and/", Alert.HEALTH_SLOW),
    Alert.CERTIFICATE_EXPIRES: partial(_moved, "s/< [0-9]+/< 100000/g", Alert.CERTIFICATE_EXPIRES),
    Alert.NETWORK_NEAR_GATEWAY_CAP: partial(
        _moved, r"s/> on \(site\) [0-9]+/> on (site) 0/", Alert.NETWORK_NEAR_GATEWAY_CAP
    ),
    Alert.CAPACITY_NEARLY_USED: partial(_moved, r"s/> on \(site\) [0-9]+/> on (site) -1/", Alert.CAPACITY_NEARLY_USED),
    Alert.CPU_SATURATED: partial(_moved, "s/< [0-9]+/< 101/", Alert.CPU_SATURATED),
    Alert.PACKET_LOSS: partial(_moved_in_a_meeting, QUALITY[Alert.PACKET_LOSS], Alert.PACKET_LOSS),
    Alert.POOR_QUALITY: partial(_moved_in_a_meeting, QUALITY[Alert.POOR_QUALITY], Alert.POOR_QUALITY),
    Alert.CLOCK_SKEWED: partial(_moved, r"s/\) > [0-9.]+/) > -1/", Alert.CLOCK_SKEWED),
    Alert.IMAGE_OLD: partial(_moved, "s/> [0-9]+/> -1/", Alert.IMAGE_OLD),
    Alert.MEMORY_LOW: partial(_moved, "s/< [0-9]+/< 101/", Alert.MEMORY_LOW),
    Alert.NODE_FULL: partial(_moved, "s/ == 0/ >= 0/g", Alert.NODE_FULL),
}
