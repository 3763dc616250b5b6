"""What a stack exports, as it is read back: the names that `components.outputs` gives its outputs."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Read(BaseModel):
    """A stack that another version deployed may have less, or more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ExportedServer(_Read):
    """A server; without an address in public it is reached through an edge, without a host key by nobody."""

    id: str
    role: str
    public_address: str | None = None
    backbone_address: str
    host_key: str | None = None


class DnsRecord(_Read):
    """A record for the operator to set; `ttl` in seconds."""

    name: str
    type: str
    ttl: int
    value: str | None


class StackOutputs(_Read):
    """The outputs of one stack; all are empty before its first deployment.

    Attributes:
        agreement: what the sites must agree on (`settings.agreement`).
        zone: the delegated zone; None without one.
        zone_names: the domain's name in it, then those of the sites.
        nameserver_address: of the site's nameserver in that zone.
        recovery: the worst cases by fault and service, in seconds; the primary's stack has them.
        public_mbit: what the site's gateway carries; None: as much as its servers.
        holds: how many people the site holds, where it is monitored.
        image_date: when the oldest image that the servers boot was current at the latest.
        announced_ip: the address that each meeting server tells browsers, by host name.
        login: how to log in, by host name.
        secrets: what tells whether a round of a rotation was taken; a secret, which is shown to who asks for it.
    """

    environment: str = ""
    site: str = ""
    region: str = ""
    gateway: str = ""
    agreement: dict[str, str] = {}
    servers: dict[str, ExportedServer] = {}
    zone: str | None = None
    zone_names: tuple[str, ...] = ()
    nameserver_address: str | None = None
    dns_records: tuple[DnsRecord, ...] = ()
    recovery: dict[str, dict[str, float | str]] = {}
    public_mbit: int | None = None
    holds: int | None = None
    image_date: str | None = None
    domain: str | None = None
    url: str | None = None
    edge_address: str | None = None
    announced_ip: dict[str, str | None] = {}
    login: Any = None
    secrets: Any = None
