"""Instances and edges that are lost, and how long the recovery model lets that last."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from drill.clients.edge import CONNECT_SECONDS
from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case
from recovery.worst_case import Service
from settings.environment import Environment
from tests.edge.fleet import Fleet

_BROWSERS_OWN = "Socket.io's"


def computed(env: Environment, fault: Fault, service: Service) -> float | None:
    """The promise without what browsers wait by themselves, in seconds; None where there is none."""
    client = Client(next_address=CONNECT_SECONDS, silence=0, sign=0)
    promise = worst_case(fault, Given(env, client)).promises[service]
    if promise.seconds is None:
        return None
    return sum(step.seconds for step in promise.wait.steps if _BROWSERS_OWN not in step.what) + promise.own.seconds


@contextmanager
def silent(fleet: Fleet) -> Iterator[None]:
    """The instance's plug is pulled."""
    fleet.instances["gra-1"].cut(off=True)
    try:
        yield
    finally:
        fleet.instances["gra-1"].cut(off=False)


@contextmanager
def hung(fleet: Fleet) -> Iterator[None]:
    """The instance takes connections and says nothing."""
    fleet.instances["gra-1"].signal("STOP")
    try:
        yield
    finally:
        fleet.instances["gra-1"].signal("CONT")


@contextmanager
def killed(fleet: Fleet) -> Iterator[None]:
    """The instance's process is gone, its host refuses."""
    fleet.instances["gra-1"].kill()
    try:
        yield
    finally:
        fleet.instances["gra-1"].start()


@contextmanager
def edge_lost(fleet: Fleet) -> Iterator[None]:
    """An edge's plug is pulled."""
    fleet.edges["gra"].cut(off=True)
    try:
        yield
    finally:
        fleet.edges["gra"].cut(off=False)


@contextmanager
def haproxy_killed(fleet: Fleet) -> Iterator[None]:
    """An edge's HAProxy is gone, and its supervisor starts it again."""
    fleet.edges["gra"].run("pkill", "-KILL", "haproxy")
    yield


INSTANCE: dict[Fault, Callable[[Fleet], AbstractContextManager[None]]] = {
    Fault.MEETING_PROCESS_KILLED: killed,
    Fault.MEETING_SERVER_OFF: silent,
    Fault.MEETING_SERVER_HANGS: hung,
}
LOSSES = {**INSTANCE, Fault.EDGE_LOST: edge_lost, Fault.HAPROXY_LOST: haproxy_killed}
