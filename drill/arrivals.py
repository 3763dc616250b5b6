"""People who open rooms that nobody was in before, two at the same moment through one edge: they have to meet."""

import time

from drill.clients.edge import Edge
from drill.clients.newcomer import arrived, unheard_of


class Arrivals:
    """Pairs of newcomers at an edge; which of them were led to two instances."""

    def __init__(self, door: Edge, site: str) -> None:
        """`door` with the addresses in the order in which they are tried."""
        self._door, self._site = door, site
        self.splits: list[float] = []

    def ask(self) -> bool:
        """Whether both were let in.

        Raises:
            OSError: one of them was not.
        """
        if len(arrived(unheard_of(self._site), self._door, self._door)) > 1:
            self.splits.append(time.monotonic())
        return True
