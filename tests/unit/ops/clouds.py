"""Regions that answer as OpenStack does, in memory: what openstacksdk gives back, and which deletions are refused."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from openstack.exceptions import ConflictException, NotFoundException

INTERFACE = "network:router_interface"
EXPIRES = "2026-11-24T02:00Z"


def description(environment: str, site: str, expires: str | None = EXPIRES) -> str:
    """The labels of a network resource, as the program writes them."""
    text = f"project=multiparty-meeting stack={environment}-{site} environment={environment} site={site}"
    return text + (f" expires={expires}" if expires else "")


def metadata(environment: str, site: str, expires: str | None = EXPIRES) -> dict[str, str]:
    """The same of a server."""
    return dict(word.split("=") for word in description(environment, site, expires).split())


@dataclass
class Region:
    """One region: its resources by kind, and what was deleted, in that order.

    As in Neutron, a network or subnet with ports cannot be deleted, nor a router with interfaces, nor a group that is
    on a port.
    """

    held: dict[str, dict[str, SimpleNamespace]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)  # the next calls meet these

    @property
    def compute(self) -> "Region":
        """The service for servers."""
        return self

    network = compute

    def add(self, kind: str, id_: str, **attributes: Any) -> None:  # noqa: ANN401 - whatever the SDK has
        """A resource."""
        defaults: dict[str, Any] = {
            "description": "",
            "metadata": {},
            "provider_segmentation_id": None,
            "ip_version": 4,
        }
        self.held.setdefault(kind, {})[id_] = SimpleNamespace(**{**defaults, "id": id_, "name": id_, **attributes})

    def has(self, environment: str, site: str, *, expires: str | None = EXPIRES) -> list[str]:
        """What a site has, by hand; the ids."""
        text = description(environment, site, expires)
        before = self._ids()
        name = f"{environment}-{site}"
        self.add("server", f"{name}-server", metadata=metadata(environment, site, expires))
        self.add("server_group", f"{name}-group", name=f"{name}-meeting")
        self.add("ip", f"{name}-ip", description=text, floating_ip_address="203.0.113.7")
        self.add("security_group", f"{name}-secgroup", description=text)
        for kind in ("network", "subnet"):
            self.add(kind, f"{name}-{kind}", description=text, cidr="10.128.0.0/22")
        self.add("router", f"{name}-router", description=text)
        self.add("port", f"{name}-interface", device_id=f"{name}-router", device_owner=INTERFACE, on=name)
        self.add("port", f"{name}-port", description=text, device_id="", device_owner="", on=name)
        return sorted(self._ids() - before - {f"{name}-interface"})

    def _ids(self) -> set[str]:
        return {id_ for kind in self.held.values() for id_ in kind}

    def _all(self, kind: str, **_query: object) -> Iterator[SimpleNamespace]:
        if self.failures:
            raise self.failures.pop(0)
        yield from list(self.held.get(kind, {}).values())

    def _delete(self, kind: str, id_: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        name = id_.rsplit("-", 1)[0]
        if kind in ("network", "subnet", "security_group", "router"):
            ports = [p.id for p in self.held.get("port", {}).values() if p.on == name]
            if ports and (kind != "router" or f"{name}-interface" in ports):
                raise ConflictException(f"{kind} {id_} is in use by {ports}")
        if self.held.get(kind, {}).pop(id_, None):
            self.deleted.append(id_)

    def ports(self, device_id: str | None = None, device_owner: str | None = None) -> Iterator[SimpleNamespace]:
        """Ports, all or a device's."""
        return (
            p for p in self._all("port") if device_id in (None, p.device_id) and device_owner in (None, p.device_owner)
        )

    def remove_interface_from_router(self, _router: str, _subnet: None, port: str) -> None:
        """Takes the port away too."""
        self._delete("port", port)

    def get_server(self, id_: str) -> SimpleNamespace:
        """One that is there."""
        if id_ not in self.held.get("server", {}):
            raise NotFoundException(f"no server {id_}")
        return self.held["server"][id_]

    def delete_server(self, server: SimpleNamespace | str) -> None:
        """By its id or as it was given."""
        self._delete("server", server if isinstance(server, str) else server.id)

    def wait_for_delete(self, server: SimpleNamespace, wait: int) -> None:
        """It is gone at once."""
        assert wait > 0
        assert server.id not in self.held["server"]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        kinds = {"servers", "server_groups", "ips", "routers", "subnets", "networks", "security_groups"}
        if name in kinds:
            return lambda **query: self._all(name.removesuffix("s"), **query)
        if name.startswith("delete_"):
            return lambda id_: self._delete(name.removeprefix("delete_"), id_)
        raise AttributeError(name)
