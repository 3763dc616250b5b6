"""A site's instances in the room tables of all edges, asked and told."""

from collections.abc import Sequence
from pathlib import Path

from fleet import edges
from fleet.at_once import at_once
from fleet.edges import Admin, EdgeError
from fleet.fleet import DeployedServer
from fleet.rooms import instance_name, tables
from ops.roll.roll import StoppedError

# What HAProxy calls an instance after it was told.
WORDS: dict[Admin, str] = {"maint": "MAINT", "drain": "DRAIN", "ready": "UP"}


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
        wanted = {instance_name(name, self._site) for name in servers}
        answers = at_once(lambda edge: self._told(edge, admin, wanted), self._edges)
        if failures := [answer for answer in answers.values() if answer]:
            raise StoppedError("; ".join(failures))

    def _told(self, edge: DeployedServer, admin: Admin, wanted: set[str]) -> str:
        """Tell one edge; why it is not as told, if it is not."""
        try:
            known = sorted(wanted & edges.instances(self._config, edge).keys())
            edges.tell(self._config, edge, dict.fromkeys(known, admin))
            states = {name: state for name, state in edges.instances(self._config, edge).items() if name in known}
        except EdgeError as error:
            return f"{edge.name}: {error}"
        if known and all(state.startswith(WORDS[admin]) or admin == "ready" for state in states.values()):
            return ""
        return f"{edge.name} was told {admin} and says {states or 'nothing'}"
