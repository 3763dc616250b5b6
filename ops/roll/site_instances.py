"""A site's instances in the room tables of all edges, asked and told."""

from collections.abc import Sequence
from pathlib import Path

from fleet import nodes
from fleet.edges import Admin
from fleet.fleet import DeployedServer
from fleet.rooms import instance_name, tables
from ops.roll.roll import StoppedError


class SiteInstances:
    """The instances of one site, as edges know them."""

    def __init__(self, site: str, told: Sequence[DeployedServer], config: Path) -> None:
        """`told`: the edges, none where there is no room table; `config`: the SSH configuration that reaches them."""
        self._site, self._edges, self._config = site, told, config

    def states(self) -> dict[str, dict[str, str]]:
        """Each instance's state in HAProxy's words, at every edge that says."""
        return {
            edge: {name: state for name, state in table.states.items() if name.rpartition("-")[0] == self._site}
            for edge, table in tables(self._config, self._edges).items()
        }

    def silent(self) -> list[str]:
        """The edges that do not say, and why."""
        found = tables(self._config, self._edges)
        return [f"{edge} cannot be asked: {table.silent}" for edge, table in found.items() if table.silent]

    def tell(self, admin: Admin, servers: frozenset[str]) -> None:
        """Tell every edge about the instances of servers that it knows, and look at what each says then.

        Raises:
            StoppedError: at least one does not say so; the others were told.
        """
        names = frozenset(instance_name(name, self._site) for name in servers)
        if untold := nodes.tell(self._config, self._edges, names, admin):
            raise StoppedError("; ".join(f"{edge}: {why}" for edge, why in untold.items()))
