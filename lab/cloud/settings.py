"""What one lab is made of: its name, its regions, and whether servers are real."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.cache import state_home
from lab.cloud.layout import ALL_REGIONS, HOME, Region, regions


@dataclass(frozen=True)
class Settings:
    """One lab. `fake` is Nova's fake driver and no agents: the API alone."""

    name: str
    fake: bool
    region_names: tuple[str, ...] = tuple(region.name for region in ALL_REGIONS)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions of this lab."""
        return regions(self.region_names)

    def write(self, home: Path) -> None:
        """Keep the settings in the state directory, for the commands that come later."""
        (home / "settings.json").write_text(json.dumps(asdict(self)) + "\n")

    @classmethod
    def read(cls, home: Path = HOME) -> "Settings":
        """The settings of a lab that was started."""
        fields = json.loads((home / "settings.json").read_text())
        return cls(name=fields["name"], fake=fields["fake"], region_names=tuple(fields["region_names"]))


def home_of(name: str) -> Path:
    """The state directory of a lab, outside its namespaces.

    Raises:
        ValueError: a name that is no plain file name.
    """
    if not name or name.startswith(".") or os.sep in name:
        raise ValueError(f"{name!r} cannot name a lab: a plain file name is wanted")
    return state_home() / "lab" / name
