"""What one lab is made of: its name, its regions, and what its servers are."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fleet.command_line import CommandError
from lab.cache import state_home
from lab.cloud import hypervisor
from lab.cloud.hypervisor import Hypervisor, ServersKind
from lab.cloud.layout import ALL_REGIONS, HOME, Region, regions


@dataclass(frozen=True)
class Settings:
    """One lab.

    Attributes:
        name: the lab's.
        fake: Nova's fake driver and no agents, the API alone.
        region_names: its regions.
        servers: what its servers are, unless it is fake.
        kvm: whether the processor runs machines itself; found out at the start, nobody asks for it.
    """

    name: str
    fake: bool
    region_names: tuple[str, ...] = tuple(region.name for region in ALL_REGIONS)
    servers: ServersKind = "containers"
    kvm: bool = field(default=False, compare=False)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions of this lab."""
        return regions(self.region_names)

    @property
    def hypervisor(self) -> Hypervisor:
        """What its servers run on."""
        if self.fake:
            return hypervisor.NONE
        if self.servers == "containers":
            return hypervisor.CONTAINERS
        return hypervisor.ACCELERATED if self.kvm else hypervisor.EMULATED

    def write(self, home: Path) -> None:
        """Keep the settings in the state directory, for the commands that come later."""
        (home / "settings.json").write_text(json.dumps(asdict(self)) + "\n")

    @classmethod
    def read(cls, home: Path = HOME) -> "Settings":
        """The settings of a lab that was started."""
        fields = json.loads((home / "settings.json").read_text())
        return cls(**fields | {"region_names": tuple(fields["region_names"])})


def home_of(name: str) -> Path:
    """The state directory of a lab, outside its namespaces.

    Raises:
        CommandError: a name that is no plain file name.
    """
    if not name or name.startswith(".") or os.sep in name:
        raise CommandError(f"{name!r} cannot name a lab: a plain file name is wanted")
    return state_home() / "lab" / name
