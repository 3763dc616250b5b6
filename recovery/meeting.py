"""A lost meeting server, as the edges find it out: HAProxy's checks for rooms, Caddy's for pages."""

from math import floor
from typing import Literal

from recovery.client import Given
from recovery.promise import NONE, Step, Wait, quickest, slowest, wait
from settings.duration import seconds
from settings.edge import FAST_INTERVAL, PAGE_TRY_DURATION, PAGE_TRY_INTERVAL, ROOMS_TRY_DURATION

# killed: its address refuses connections; off: nothing answers; hangs: it takes connections and says nothing.
Loss = Literal["killed", "off", "hangs"]

# Caddy's lb_try_interval, its default.
TRY_INTERVAL = 0.25
# HAProxy tries a server that refused again after this long, or after `timeout connect` (its manual, `retries`).
TURN_AROUND = 1.0
# People whom each edge sent elsewhere are led together within two looks at the room table (rooms-whole, boot): one may
# have been just before it changed.
REUNITED = 2.0
# RestartSec of every unit (boot).
RESTART = 1.0
_INTERVAL, _TIMEOUT = "edge.room_table.check_interval", "edge.room_table.check_timeout"


def found(given: Given, loss: Loss) -> Wait:
    """Until the edge has taken the lost instance out: for rooms, or without affinity for everything."""
    if not given.env.edge.affinity:
        return pages(given, loss)
    table = given.env.edge.room_table
    checked = wait("until HAProxy's next check", seconds(table.check_interval), _INTERVAL)
    failed, keys = (table.fall - 1) * seconds(FAST_INTERVAL), ["edge.room_table.fall"]
    if loss != "killed":
        failed += table.fall * seconds(table.check_timeout)
        keys.append(_TIMEOUT)
    return checked + wait(f"for {table.fall} failed checks", failed, *keys)


def pages(given: Given, loss: Loss, *, nodes: int = 1) -> Wait:
    """Until a page is answered, through Caddy's block, when the first `nodes` instances of its list are lost.

    Tries that fail take an instance out, or the health check does; with the room table HAProxy is asked before that.
    """
    edge = given.env.edge
    health, lasts = edge.health, seconds(edge.lb_try_duration)
    dial = seconds(edge.dial_timeout), ("edge.dial_timeout",)
    tls = seconds(edge.tls_timeout), ("edge.tls_timeout",)
    fails_after, keys = {"killed": (0.0, ()), "off": dial, "hangs": max(dial, tls)}[loss]
    interval = seconds(PAGE_TRY_INTERVAL) if edge.affinity else TRY_INTERVAL
    failing = fails_after + interval
    tries = nodes * health.max_fails
    in_vain = wait(f"for {tries} failed tries of Caddy's", tries * failing, "edge.health.max_fails", *keys)
    # Failed tries are forgotten: the choice after the last one must come while the first is remembered.
    remembered = seconds(health.fail_duration)
    if edge.affinity:
        once = tries * failing <= seconds(PAGE_TRY_DURATION) and (tries - 1) * failing + interval <= remembered
        if once:
            return in_vain
        given_up = slowest(wait("", seconds(PAGE_TRY_DURATION)), wait("", fails_after, *keys)).steps[0]
        return _asked_haproxy(given, loss, given_up, nodes)
    # A request ends with an error after `lb_try_duration`, however many tries that is; then somebody asks again.
    requests = floor(tries * failing / lasts) if lasts else tries
    if requests > 0:
        in_vain += wait(f"until somebody asks again, {requests} times", requests * given.client.page)
    if (tries - 1) * failing + TRY_INTERVAL + requests * given.client.page > remembered:
        return _health(given)
    return quickest(in_vain, _health(given))


def _asked_haproxy(given: Given, loss: Loss, given_up: Step, nodes: int) -> Wait:
    """When the block has found no instance: from one lost one to the next."""
    connect = seconds(given.env.edge.room_table.check_timeout)
    each, keys = (min(TURN_AROUND, connect), ()) if loss == "killed" else (connect, (_TIMEOUT,))
    asked = wait("until Caddy asks HAProxy", given_up.seconds + seconds(PAGE_TRY_INTERVAL), *given_up.keys)
    return asked + wait("for HAProxy's try at each lost instance", nodes * each, *keys)


def rooms(given: Given, loss: Loss, *, nodes: int = 1) -> Wait:
    """Until the people of a room on the lost instance can join it again, on another one."""
    if given.env.edge.affinity:
        again = found(given, loss) + _retried(given, loss)
        return again + reconnected(given, again, seconds(ROOMS_TRY_DURATION))
    # Nobody closes what hangs on a silent instance: the client's own ping finds out.
    told = NONE if loss == "killed" else pinged(given)
    again = pages(given, loss, nodes=nodes)
    return told + again + reconnected(given, again, seconds(given.env.edge.lb_try_duration))


def pinged(given: Given) -> Wait:
    """Until a client finds that a silent connection is none."""
    client = given.client
    return wait("until Socket.io's next ping goes unanswered", client.ping_interval + client.ping_timeout)


def reconnected(given: Given, before: Wait, limit: float) -> Wait:
    """A client's delay before it connects again.

    Args:
        given: what is known.
        before: until it would succeed.
        limit: seconds after which an attempt is answered with an error; the client's own patience may be shorter.
    """
    client = given.client
    if before.seconds is not None and before.seconds <= min(limit, client.patience):
        return wait("Socket.io's delay", client.reconnect_first)
    return wait("Socket.io's longest delay, after attempts in vain", client.reconnect_longest)


def back(given: Given) -> Wait:
    """Until an instance that runs again is as good as any other."""
    table, health = given.env.edge.room_table, given.env.edge.health
    check = max(seconds(table.check_interval), seconds(FAST_INTERVAL)) + seconds(table.check_timeout)
    risen = table.rise * check
    haproxy = wait(f"for {table.rise} good checks", risen, "edge.room_table.rise", _INTERVAL, _TIMEOUT)
    caddy = slowest(
        wait("until Caddy forgets failed tries", seconds(health.fail_duration), "edge.health.fail_duration"),
        _health(given),
    )
    return slowest(haproxy, caddy) if given.env.edge.affinity else caddy


def _health(given: Given) -> Wait:
    health = given.env.edge.health
    return wait(
        "for Caddy's health check",
        seconds(health.interval) + seconds(health.timeout),
        "edge.health.interval",
        "edge.health.timeout",
    )


def _retried(given: Given, loss: Loss) -> Wait:
    """A request that was waiting when HAProxy decided."""
    pause = min(TURN_AROUND, seconds(given.env.edge.room_table.check_timeout)) if loss == "killed" else 0.0
    return wait("until HAProxy and Caddy try again", pause + TRY_INTERVAL)
