"""What no setting says: what clients do by themselves, and what servers take. A drill passes what it measured."""

from dataclasses import dataclass

from settings.environment import Environment


@dataclass(frozen=True)
class Client:
    """Somebody's browser. Seconds.

    The last four are what it takes without a fault, from the moment at which it could be served until it is: it asks,
    and is answered. The stand-in server on loopback, on two busy cores, took at most 0.1 s for each; a browser far away
    adds some ten round trips of 50 ms, and somebody who watches asks twice a second.

    Attributes:
        reconnect_delay: Socket.io's `reconnectionDelay`; each further attempt waits twice as long.
        reconnect_delay_max: its `reconnectionDelayMax`.
        spread: its `randomizationFactor`: each delay is up to this much longer.
        patience: its `timeout`: an attempt that is not answered is given up.
        ping_interval: Engine.io's; on a silent connection the next ping may be this far.
        ping_timeout: Engine.io's at the time of upstream's releases: how long a ping may go unanswered.
        addresses: how many edges' addresses it has; a name that leads to the nearest edge gives it one.
        next_address: until it tries the next one (Chromium; Firefox mostly does not: docs/decisions/0054).
        silence: a connection that was silent for so long is asked for a sign by the next request (Chromium, HTTP/2).
        sign: until it is given up for want of one.
        name_kept: how long it keeps an answer of the DNS, however short its TTL (Chromium: kMinimumTTLSeconds).
        connecting: until it gives up an attempt to connect that nobody answers: the operating system's time, Linux' the
            longest. Chromium may have a page that is loaded again wait for the attempt that there is.
        resolver_retry: until its resolver asks the next nameserver (BIND: 0.8 s).
        page: a page.
        join: from the page to a place in the room, by signalling.
        media: from there to packets at the SFU.
        write: an acknowledged write; the client here is a meeting server.
    """

    reconnect_delay: float = 1.0
    reconnect_delay_max: float = 5.0
    spread: float = 0.5
    patience: float = 20.0
    ping_interval: float = 25.0
    ping_timeout: float = 5.0
    addresses: int = 2
    next_address: float = 2.0
    silence: float = 10.0
    sign: float = 10.0
    name_kept: float = 60.0
    connecting: float = 135.0
    resolver_retry: float = 1.0
    page: float = 1.0
    join: float = 1.0
    media: float = 1.0
    write: float = 0.5

    @property
    def reconnect_first(self) -> float:
        """The longest delay before the first attempt to reconnect."""
        return self.reconnect_delay * (1 + self.spread)

    @property
    def reconnect_longest(self) -> float:
        """The longest delay between two attempts."""
        return self.reconnect_delay_max * (1 + self.spread)


@dataclass(frozen=True)
class Servers:
    """What servers take for what no setting bounds. Seconds.

    Attributes:
        start: a daemon, from systemd's start to its first answer; HAProxy's was seen to take 0.1-0.3 s.
        meeting_start: the meeting server with the SFU's workers.
        promotion: a replica becomes master, and another one follows it; seen: 0.3-1.2 s (docs/decisions/0012).
        sync: a replica gets what it lacks; the data are sessions.
        boot: from power to running services; None: nobody knows, and nothing is promised that waits for it.
    """

    start: float = 0.5
    meeting_start: float = 10.0
    promotion: float = 1.5
    sync: float = 5.0
    boot: float | None = None


@dataclass(frozen=True)
class Given:
    """Everything that a worst case is computed from; the clients and servers of a preview are the default ones."""

    env: Environment
    client: Client = Client()
    servers: Servers = Servers()
