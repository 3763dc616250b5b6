"""An environment in memory: three regions, the stacks of a backend, and an engine that destroys what a state holds."""

import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from openstack.connection import Connection

from fleet.outputs import DnsRecord, StackOutputs
from fleet.side_by_side import Outcome
from ops.environments.backend import Backend, StackState
from ops.environments.base import Base
from ops.environments.cloud import Cloud
from ops.environments.tools import Tools
from tests.configuration import ROOT
from tests.unit.ops.clouds import EXPIRES, Region

SITES = {"gra": "GRA11", "sbg": "SBG7", "witness": "DE1"}
NOW = datetime(2026, 11, 24, 1, 59, tzinfo=UTC)
GONE = 2**22 + 1  # above Linux' highest process id


def locked(host: str = "", pid: int = GONE, since: str = "2026-11-24T01:30:00Z") -> str:
    """What the engine says of a lock; of this machine and a process that is gone unless told otherwise."""
    holder = f"created by root@{host or socket.gethostname()} (pid {pid}) at {since}"
    return f"error: the stack is currently locked by 1 lock(s).\n  file:///state/.pulumi/locks/x.json: {holder}"


@dataclass
class Fake(Backend):
    """What `Tools` is made of; `failures` are what the engine says, stack by stack, before it does anything."""

    directory: Path
    regions: dict[str, Region] = field(default_factory=lambda: {region: Region() for region in SITES.values()})
    states: dict[str, StackState] = field(default_factory=dict)
    history: dict[str, str] = field(default_factory=dict)
    failures: dict[str, list[str]] = field(default_factory=dict)
    ran: list[dict[str, Sequence[str]]] = field(default_factory=list)
    unlocked: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    now: datetime = NOW
    records: dict[str, list[DnsRecord]] = field(default_factory=dict)
    resolved: dict[tuple[str, str], frozenset[str] | str] = field(default_factory=dict)

    @classmethod
    def at(cls, directory: Path) -> "Fake":
        """With the shipped files."""
        for file in ROOT.glob("Pulumi*.yaml"):
            shutil.copy(file, directory)
        return cls(directory)

    def deploy(self, name: str, *, expires: str | None = EXPIRES) -> None:
        """All sites of an environment, as its stacks' states have them."""
        for site, region in SITES.items():
            ids = frozenset(self.regions[region].has(name, site, expires=expires))
            self.states[f"{name}-{site}"] = StackState(ids, expires)

    @property
    def tools(self) -> Tools:
        """What the commands work with."""
        cloud = Cloud(list(SITES.values()), list(SITES), self._connect, self.slept.append)
        base = Base.of(list(SITES), self.directory)
        return Tools(
            base, self, cloud, self.engine, self.slept.append, lambda: sum(self.slept), self._resolve, lambda: self.now
        )

    @property
    def remains(self) -> dict[str, list[str]]:
        """What the regions have, by region."""
        return {name: sorted(i for kind in region.held.values() for i in kind) for name, region in self.regions.items()}

    def names(self) -> list[str]:
        return list(self.states)

    def state(self, stack: str) -> StackState:
        return self.states[stack]

    def restore(self, stack: str) -> bool:
        return False

    def expiry_in_history(self, stack: str, environment: str) -> str | None:
        assert stack.startswith(f"{environment}-")
        return self.history.get(stack)

    def unlock(self, stack: str) -> None:
        self.unlocked.append(stack)

    def forget(self, stack: str) -> None:
        assert not self.states.pop(stack).ids, f"{stack} is not empty"

    def outputs(self, stack: str) -> StackOutputs:
        return StackOutputs(dns_records=tuple(self.records.get(stack, ())))

    def _resolve(self, name: str, type_: str) -> frozenset[str] | str:
        return self.resolved.get((name, type_), frozenset())

    def _connect(self, region: str) -> Connection:
        os.environ["OS_REGION_NAME"] = region
        return cast("Connection", cast("Any", self.regions[region]))

    def engine(self, commands: Mapping[str, Sequence[str]], logs: Path) -> dict[str, Outcome]:
        """Destroy what the states of some stacks hold."""
        self.ran.append(dict(commands))
        return {stack: self._destroy(stack, logs / f"{stack}.log") for stack in commands}

    def _destroy(self, stack: str, log: Path) -> Outcome:
        if self.failures.get(stack):
            return Outcome(1, log, self.failures[stack].pop(0))
        state, region = self.states[stack], self.regions[SITES[stack.rsplit("-", 1)[1]]]
        region = Region(region.held, region.deleted)  # the failures are for others
        for port in [p.id for p in region.ports() if p.device_owner and p.device_id in state.ids]:
            region.remove_interface_from_router("", None, port)
        for kind in ("server", "server_group", "ip", "port", "router", "subnet", "network", "security_group"):
            for id_ in [i for i in region.held.get(kind, {}) if i in state.ids]:
                getattr(region, f"delete_{kind}")(id_)
        self.states[stack] = replace(state, ids=frozenset(), expires=None)
        return Outcome(0, log, "")
