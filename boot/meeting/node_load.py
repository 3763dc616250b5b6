#!/usr/bin/python3
"""Tells the edges whether this meeting node takes new rooms: `100%`, or `0%` while its processors are full.

One decision, and one moment at which everybody hears it: who asks waits for the next tick. HAProxy asks again half a
tick later (`agent-check`), so that each edge waits at each tick. Nobody is answered before the window is full: what an
edge was told before holds until then.
"""

import os
import signal
import socket
import sys
import time
from collections import deque
from pathlib import Path

TICK = 1.0  # seconds
WINDOW = 30  # ticks; a peak of some seconds is no load
FULL, FREE = 2 / 3, 1 / 2  # of all processors: above and below
ASKING = 64  # who may wait for a tick
LAST_WORDS = 3  # ticks for which the last word is said: an edge may miss one
# What the machine's cgroups count (version 2), which is a container's own in a container; or what the kernel counts.
STATS = (Path("/sys/fs/cgroup/cpu.stat"), Path("/proc/stat"))
# Of the latter's figures (proc(5)) the first eight are all time there was; idle and iowait were left. What the host
# took (steal) is not there for rooms: both count it as used.
ALL, LEFT = 8, (3, 4)


class Load:
    """The processors' load over a window, and what follows from it."""

    def __init__(self, window: int) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=window + 1)
        self._window = window
        self._full = False

    def look(self, stat: str) -> str | None:
        """What the edges are told at this tick; nothing while it is not known.

        Args:
            stat: what one of `STATS` says now.
        """
        self._seen.append(times(stat))
        if len(self._seen) <= self._window:
            return None
        (before, left_before), (now, left_now) = self._seen[0], self._seen[-1]
        if now > before:
            busy = 1 - (left_now - left_before) / (now - before)
            self._full = busy > (FREE if self._full else FULL)
        return "0%" if self._full else "100%"


def times(stat: str) -> tuple[float, float]:
    """All time that the processors had, and how much of it was left; in whatever unit."""
    what, *said = stat.split("\n", 1)[0].split()
    figures = [int(figure) for figure in said]
    if what == "usage_usec":
        had = time.monotonic() * 1e6 * (os.cpu_count() or 1)
        return had, had - figures[0]
    return sum(figures[:ALL]), sum(figures[n] for n in LEFT)


def answer(asking: list[socket.socket], word: str) -> None:
    """Tell everybody who waits."""
    for one in asking:
        with one:
            try:
                one.sendall(f"{word}\n".encode())
            except OSError:
                continue
    asking.clear()


def wait(listening: socket.socket, asking: list[socket.socket], tick: float) -> None:
    """Take in who asks until the tick."""
    while (left := tick - time.monotonic()) > 0:
        listening.settimeout(left)
        try:
            one, _ = listening.accept()
        except OSError:
            continue
        one.settimeout(0)
        asking.append(one)
        if len(asking) > ASKING:
            asking.pop(0).close()


def main() -> None:
    """`node-load ADDRESS PORT [STAT [WINDOW]]`: where edges ask, what is looked at, for how many ticks.

    Whoever stops it wants rooms by their names again: its last word is `100%`.
    """
    address, port, *rest = sys.argv[1:]
    stat = Path(rest[0]) if rest else next(stat for stat in STATS if stat.exists())
    window = int(rest[1]) if len(rest) > 1 else WINDOW
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    load, asking = Load(window), list[socket.socket]()
    listening: socket.socket | None = None
    tick, last_words = time.monotonic(), LAST_WORDS
    while last_words:
        tick = max(tick + TICK, time.monotonic())
        if listening:
            wait(listening, asking, tick)
        else:
            time.sleep(max(0.0, tick - time.monotonic()))
        if word := load.look(stat.read_text()):
            listening = listening or socket.create_server((address, int(port)))
            answer(asking, "100%" if stopped else word)
        last_words -= bool(stopped)


if __name__ == "__main__":
    main()
