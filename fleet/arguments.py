"""What commands on a deployed environment have in common: its stacks, and how its servers are reached."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

Stacks = Annotated[Sequence[str], "the stacks of the environment's sites"]
Directory = Annotated[Path, "where the stacks' files are; here by default"]
Ssh = Annotated[Path, "where to write the SSH configuration; .ssh by default"]
Identity = Annotated[Path | None, "the private key to log in with; else the agent's"]
Authority = Annotated[Path | None, "the CA of the edges' certificate, if it is a private one"]

HERE, SSH = Path(), Path(".ssh")
