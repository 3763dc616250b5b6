"""The cloud's data after its first start, kept in the cache: databases, keys and images.

The key is what the data is made from, so that another version of a package or a changed table makes a new one.
"""

import os
import shutil
import signal
from pathlib import Path

from lab.cache import built, cache_home, content_key
from lab.cloud.config import TEMPLATES
from lab.cloud.layout import HOME
from lab.cloud.settings import Settings
from lab.cloud.shell import LabError, run

PACKAGES = ("keystone", "nova", "neutron", "glance", "placement")
SOURCES = ("layout.py", "config.py", "database.py", "provisioning.py", "rest.py")
NAME = "cloud-data"


def key(settings: Settings, image_key: str) -> str:
    """What the data of a lab with these settings is made from."""
    versions = run(["dpkg-query", "-W", "mariadb-server", *(f"python3-{package}" for package in PACKAGES)])
    here = Path(__file__).parent
    made_of = (versions, image_key, settings.hypervisor.disk)
    content = content_key(*made_of, TEMPLATES, *(here / source for source in SOURCES))
    return f"{_kind(settings)}.{content}"


def restore(kept: str) -> bool:
    """Put the kept data into the state directory; false when there is none."""
    source = cache_home() / NAME / kept
    if not source.is_dir():
        return False
    _copy(source, HOME)
    return True


def keep(kept: str, mariadb: int) -> None:
    """Keep the data of the running cloud instead of older data of its kind.

    MariaDB stands still meanwhile; its next start is a recovery from a crash.
    """

    def build(target: Path) -> None:
        os.kill(mariadb, signal.SIGSTOP)
        try:
            _copy(HOME, target)
        finally:
            os.kill(mariadb, signal.SIGCONT)

    built(NAME, kept, build)
    for old in (cache_home() / NAME).glob(f"{kept.partition('.')[0]}.*"):
        if old.name != kept:
            shutil.rmtree(old, ignore_errors=True)


def _kind(settings: Settings) -> str:
    return "-".join([settings.hypervisor.name, *(region.slug for region in settings.regions)])


def _copy(source: Path, target: Path) -> None:
    for name in ("mysql", "keystone"):
        shutil.rmtree(target / name, ignore_errors=True)
        run(["cp", "-a", "--sparse=always", str(source / name), str(target / name)])
    for images in source.glob("glance-*/images"):
        kept = target / images.relative_to(source)
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(exist_ok=True)
        try:
            run(["cp", "-al", str(images), str(kept)])  # image files never change: a second name is enough
        except LabError:  # the cache is on another file system
            shutil.rmtree(kept, ignore_errors=True)
            run(["cp", "-a", str(images), str(kept)])
