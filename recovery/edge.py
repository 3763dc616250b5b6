"""A lost edge, a lost daemon on it: what a client does that has another address, or none."""

from recovery.client import Given
from recovery.meeting import RESTART, TRY_INTERVAL, pinged, reconnected
from recovery.promise import NONE, Wait, slowest, wait
from settings.duration import seconds
from settings.edge import ROOMS_TRY_DURATION

# gdnsd puts changes of state together for this long before it answers accordingly.
GDNSD_UPDATE = 1.0
# HAProxy asks its peers for their table as it starts, and gives up after this long (PEER_RESYNC_TIMEOUT, peers.c).
TEACHING = 5.0
# A reconnection polls, then opens a websocket: each tries the addresses anew.
CONNECTIONS = 2


def found(given: Given) -> Wait:
    """Until the nameservers leave a lost edge out of their answers."""
    dns = given.env.dns
    if dns is None:
        return Wait(never="without dns nobody asks whether an edge is there: clients find out")
    check = ("dns.check.interval", "dns.check.down_thresh", "dns.check.timeout")
    missed = wait("until gdnsd has missed the edge", dns.check.detection_seconds, *check)
    return missed + wait("until gdnsd answers accordingly", GDNSD_UPDATE)


def pages(given: Given) -> Wait:
    """Until a page is answered through another edge."""
    if _one_address(given):
        return _named(given) + _connecting(given)
    return wait("until an open connection is silent", given.client.silence) + _dropped(given) + _tried(given, 1)


def rooms(given: Given) -> Wait:
    """Until the people who were connected through the lost edge can join their rooms through another one."""
    if _one_address(given):
        return slowest(pinged(given), _named(given)) + _in_vain(given)
    return pinged(given) + _reconnected(given)


def media(given: Given) -> Wait:
    """The same for their media, which bypass the edge: they go on until the connection is given up."""
    return _named(given) + _in_vain(given) if _one_address(given) else _reconnected(given)


def haproxy(given: Given) -> Wait:
    """Until a room can be joined again through an edge whose HAProxy died."""
    if not given.env.edge.affinity:
        return NONE
    learned = wait("until its peer has taught it the table", TEACHING)
    again = restarted(given, "HAProxy") + learned + wait("until Caddy tries again", TRY_INTERVAL)
    return again + reconnected(given, again, seconds(ROOMS_TRY_DURATION))


def nameserver(given: Given) -> Wait:
    """Until a name is found out by somebody who does not know it, with one nameserver lost."""
    return wait("until a resolver asks the next nameserver", given.client.resolver_retry) if given.env.dns else NONE


def restarted(given: Given, daemon: str) -> Wait:
    """Until systemd has started a daemon again that died."""
    return wait(f"until systemd has started {daemon} again", RESTART + given.servers.start)


def back(given: Given) -> Wait:
    """Until an edge that runs again is in the answers of the nameservers."""
    dns = given.env.dns
    if dns is None:
        return NONE
    return wait(
        "until gdnsd has found the edge again",
        dns.check.return_seconds + GDNSD_UPDATE,
        "dns.check.interval",
        "dns.check.up_thresh",
    )


def served(given: Given) -> Wait:
    """Until an edge that was cut off, or stood still, serves pages again: Caddy missed the answers to its checks."""
    asked = seconds(given.env.edge.health.interval) + TRY_INTERVAL
    return wait("until Caddy's /health is answered again", asked, "edge.health.interval")


def _one_address(given: Given) -> bool:
    return given.client.addresses < 2 or given.env.edge.routing == "geographic"


def _tried(given: Given, connections: int) -> Wait:
    return wait("until the client tries the other edge's address", connections * given.client.next_address)


def _reconnected(given: Given) -> Wait:
    return wait("Socket.io's delay", given.client.reconnect_first) + _dropped(given) + _tried(given, CONNECTIONS)


def _dropped(given: Given) -> Wait:
    """A browser that was at the lost edge asks over the connection that it has, which nobody has closed."""
    return wait("until the browser gives a silent connection up", given.client.sign)


def _named(given: Given) -> Wait:
    """Until the name leads to another edge, also where a resolver has just asked, and a browser after it."""
    dns = given.env.dns
    if dns is None:
        return Wait(never="without dns a client with one address waits until a person changes the records")
    forgotten = wait("until resolvers forget the old answer", seconds(dns.ttl), "dns.ttl")
    forgotten += wait("until a browser forgets it that asked at the end", given.client.name_kept)
    return found(given) + forgotten + nameserver(given)


def _connecting(given: Given) -> Wait:
    """Somebody may just have tried the lost edge; loading the page again begins nothing else."""
    return wait("until the attempt to connect is given up", given.client.connecting)


def _in_vain(given: Given) -> Wait:
    """An attempt at the lost edge may just have begun."""
    client = given.client
    return wait("until the client gives its last attempt up", client.patience) + wait(
        "Socket.io's longest delay", client.reconnect_longest
    )
