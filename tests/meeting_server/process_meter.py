"""What a meeting server of this machine takes of its processors: itself and its SFU's workers, and no other one's."""

import subprocess
from pathlib import Path

from drill.load.meter import READ, Meter, Reading, read


def process_meter(pid: int) -> Meter:
    """A meter of a server's process and its children."""

    def meter() -> Reading:
        every = read(subprocess.run(["sh", "-c", READ], capture_output=True, text=True, check=True).stdout)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        own = {f"/{one}" for one in (pid, *children)}
        return Reading({name: took for name, took in every.seconds.items() if name in own})

    return meter
