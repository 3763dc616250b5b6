"""Edges with what kept rooms apart before: schedules have to find it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

from boot.edge import haproxy
from boot.edge.haproxy_cfg import haproxy_cfg
from settings.stack import Settings

BY_NAME = "balance hash var(txn.room)\n    hash-type consistent"


@contextmanager
def unwatched() -> Iterator[None]:
    """Nobody closes a websocket that is not where the table says."""
    with mock.patch.dict("boot.edge.haproxy._WATCH", ExecStart="/usr/bin/sleep infinity"):
        yield


@contextmanager
def placement() -> Iterator[None]:
    """A new room goes where the fewest connections are; unwatched too, for its people would meet within two looks."""

    def written(settings: Settings) -> str:
        text = haproxy_cfg(settings)
        assert BY_NAME in text, text
        return text.replace(BY_NAME, "balance leastconn")

    with unwatched(), mock.patch.object(haproxy, "haproxy_cfg", written):
        yield


MUTATIONS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {"unwatched": unwatched, "placement": placement}
