"""Users of their own for each server: 65536 numbers that no other server of this machine has, of whichever lab.

Who has which is kept in a directory that all labs of the machine share and that goes with its memory.
"""

import contextlib
import os
from pathlib import Path

SIZE = 1 << 16
# From here on to 2^31 nobody hands out numbers (systemd's doc/UIDS-GIDS.md): neither adduser nor subuid nor nspawn.
FIRST, COUNT = 0x70000000, 4096
REGISTER = Path("/run/multiparty-meeting-lab/users")


def take(owner: str, register: Path = REGISTER) -> int:
    """The first number of a free range, from now on the owner's.

    Raises:
        RuntimeError: all are taken.
    """
    register.mkdir(parents=True, exist_ok=True)
    for index in range(COUNT):
        with contextlib.suppress(FileExistsError):
            entry = os.open(register / str(index), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            os.write(entry, owner.encode())
            os.close(entry)
            return FIRST + index * SIZE
    raise RuntimeError(f"all {COUNT} ranges of users are taken; see {register}")


def give_back(base: int, register: Path = REGISTER) -> None:
    """Let others have a range."""
    (register / str((base - FIRST) // SIZE)).unlink(missing_ok=True)
