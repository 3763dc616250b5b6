"""An official Pulumi CLI on the PATH: with it nothing is built, and it fetches its plugins itself."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from fleet.progress import say
from lab.cache import cache_home
from lab.engine.gotools import CLI_VERSION


def find(search_path: str | None = None) -> Path | None:
    """The first `pulumi` on the PATH, if it is official and new enough.

    What this package built itself does not count, so that a shell that already has the engine's environment finds the
    same engine again.

    Args:
        search_path: directories as in PATH; by default PATH itself.
    """
    directories = (os.environ.get("PATH", "") if search_path is None else search_path).split(os.pathsep)
    foreign = [entry for entry in directories if entry and not Path(entry).is_relative_to(cache_home())]
    found = shutil.which("pulumi", path=os.pathsep.join(foreign)) if foreign else None
    if found is None:
        return None
    installed = _version(Path(found))
    if installed >= _numbers(CLI_VERSION):
        return Path(found)
    say(f"{found} is {'.'.join(map(str, installed)) or 'of unknown version'}, older than {CLI_VERSION}: not used")
    return None


def _version(binary: Path) -> tuple[int, ...]:
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "1"}
    done = subprocess.run([binary, "version"], capture_output=True, text=True, check=False, env=environment)
    match = re.match(r"v?(\d+(?:\.\d+)+)", done.stdout)
    return _numbers(match[1]) if match and done.returncode == 0 else ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
