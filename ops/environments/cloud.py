"""What the regions have of this program, and how it is taken away where no state knows of it."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network
from typing import Any, TypeVar

from keystoneauth1.exceptions import HttpServerError, RetriableConnectionFailure, TooManyRequests
from openstack.exceptions import NotFoundException, SDKException

from fleet import bounded
from fleet.bounded import AskingError, NoAnswer, reason
from fleet.cloud import Connection, connect, refusal
from fleet.inventory import KINDS, Resource, listed
from fleet.progress import say
from fleet.stacks import StackError

# Neutron answers 409 while a port's server is still going away, and any API may have a bad minute: seconds between.
PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0, 30.0)
# Of these, for what only asks: a person waits for it.
_ASKED = PAUSES[:3]
_REFUSALS = (SDKException, HttpServerError, RetriableConnectionFailure, TooManyRequests)
SERVER_SECONDS = 120
# For a list of what all regions have, to be looked at by a person.
LISTING_SECONDS = 30.0
T = TypeVar("T")
_INTERFACES = "network:router_interface"


def _impatient(region: str) -> Connection:
    """What is asked here is asked again in pauses of its own."""
    return connect(region, patient=False)


@dataclass(frozen=True)
class Cloud:
    """The regions of an environment's sites."""

    regions: Sequence[str]
    sites: Sequence[str]
    connect: Callable[[str], Connection] = _impatient
    sleep: Callable[[float], None] = time.sleep
    _connections: dict[str, Connection] = field(default_factory=dict)

    def resources(self, regions: Iterable[str] | None = None) -> list[Resource]:
        """Everything that this program made in all regions or in some, of whatever stack.

        Raises:
            StackError: an API does not answer, however often it is asked.
        """
        return [
            resource
            for region in dict.fromkeys(regions or self.regions)
            for resource in self.ask(region, partial(listed, region=region, sites=self.sites), PAUSES)
        ]

    def reachable(self) -> tuple[list[Resource], dict[str, str]]:
        """Everything that this program made in those regions that answer soon, and why the others do not."""
        questions = {
            region: partial(self._told, region, partial(listed, region=region, sites=self.sites), _ASKED)
            for region in dict.fromkeys(self.regions)
        }
        answers = bounded.ask(questions, LISTING_SECONDS)
        silent = {region: reason(region, found) for region, found in answers.items() if isinstance(found, NoAnswer)}
        return [r for found in answers.values() if not isinstance(found, NoAnswer) for r in found], silent

    def ask(self, region: str, question: Callable[[Connection], T], pauses: Sequence[float] = _ASKED) -> T:
        """What a region answers, soon if nothing else is said.

        Raises:
            StackError: it does not, after as many attempts as there are pauses, and one.
        """
        try:
            return self._told(region, question, pauses)
        except AskingError as error:
            raise StackError(f"the API of {error}") from error

    def taken(self, but: Iterable[Resource] = ()) -> tuple[list[IPv4Network], list[int]]:
        """The addresses and VLANs of all networks that can be seen, but for those named."""
        mine = {resource.id for resource in but}
        cidrs, vlans = [], []
        for region in dict.fromkeys(self.regions):
            subnets, networks = self.ask(
                region, lambda c: (list(c.network.subnets()), list(c.network.networks())), PAUSES
            )
            cidrs += [IPv4Network(s.cidr) for s in subnets if s.id not in mine and s.ip_version == 4]
            # OVH's users see no VLANs; there the addresses, which go with them, have to do.
            vlans += [int(n.provider_segmentation_id or 0) for n in networks if n.id not in mine]
        return cidrs, vlans

    def remove(self, resources: Iterable[Resource]) -> dict[str, str]:
        """Delete resources in the order that works.

        Returns:
            Why one could not be deleted, by its kind and name.
        """
        refused: dict[str, str] = {}
        for resource in sorted(resources, key=lambda r: KINDS.index(r.kind)):
            if why := self._try(resource):
                refused[f"{resource.kind}: {resource.name} ({resource.region})"] = why
            else:
                say(f"removed from {resource.region}: {resource.kind}: {resource.name}")
        return refused

    def _told(self, region: str, ask: Callable[[Connection], T], pauses: Sequence[float]) -> T:
        try:
            return self._patiently(lambda: ask(self._to(region)), pauses)
        except _REFUSALS as error:
            raise AskingError(f"{region} cannot be asked: {refusal(error)}") from error

    def _to(self, region: str) -> Connection:
        if region not in self._connections:
            self._connections[region] = self.connect(region)
        return self._connections[region]

    def _try(self, resource: Resource) -> str:
        """Delete one; why it could not be."""
        try:
            self._patiently(lambda: _delete(self._to(resource.region), resource))
        except NotFoundException:
            return ""
        except _REFUSALS as error:
            return str(error)
        return ""

    def _patiently(self, ask: Callable[[], T], pauses: Sequence[float] = PAUSES) -> T:
        """Ask again while the API refuses; what is not there will not be the next time either."""
        for pause in pauses:
            try:
                return ask()
            except NotFoundException:
                raise
            except _REFUSALS as error:
                say(f"the API refuses, again in {pause:.0f} s: {refusal(error)}")
                self.sleep(pause)
        return ask()


def _delete(connection: Connection, resource: Resource) -> None:
    compute, network, id_ = connection.compute, connection.network, resource.id
    match resource.kind:
        case "servers":
            server = compute.get_server(id_)
            compute.delete_server(server)
            compute.wait_for_delete(server, wait=SERVER_SECONDS)
        case "routers":
            for port in network.ports(device_id=id_, device_owner=_INTERFACES):
                network.remove_interface_from_router(id_, None, port.id)
            network.delete_router(id_)
        case "router interfaces":
            network.remove_interface_from_router(resource.labels["router"], None, id_)
        case _:
            _DELETE[resource.kind](connection, id_)


_DELETE: dict[str, Callable[[Any, str], object]] = {
    "rules": lambda c, id_: c.network.delete_security_group_rule(id_),
    "server groups": lambda c, id_: c.compute.delete_server_group(id_),
    "floating IPs": lambda c, id_: c.network.delete_ip(id_),
    "ports": lambda c, id_: c.network.delete_port(id_),
    "subnets": lambda c, id_: c.network.delete_subnet(id_),
    "networks": lambda c, id_: c.network.delete_network(id_),
    "security groups": lambda c, id_: c.network.delete_security_group(id_),
}
