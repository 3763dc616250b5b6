"""A lab from the outside: up, down, commands inside it, faults, calls."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from fleet.progress import phase
from lab.cloud import faults, kvm, layout, leftovers, namespaces
from lab.cloud.faults import ApiFault
from lab.cloud.hypervisor import Hypervisor, ServersKind
from lab.cloud.settings import Settings, home_of
from lab.cloud.shell import LabError
from lab.image import build
from lab.install import install
from lab.network_namespace import entered

ROOT = Path(__file__).parents[1]
DEFAULT_NAME, DEFAULT_FAKE_NAME = "lab", "fake"
_SAID_SECONDS = 30


class Lab:
    """One lab by its name; it need not be up."""

    def __init__(self, name: str = DEFAULT_NAME) -> None:
        self.name = name
        self.home = home_of(name)
        self.log = self.home / "log"

    @property
    def is_up(self) -> bool:
        """Whether its namespaces are held and its cloud was brought up."""
        return bool(namespaces.holder(self.home)) and (self.home / "up").exists()

    @property
    def hypervisor(self) -> Hypervisor:
        """What its servers run on, as it was brought up."""
        return Settings.read(self.home).hypervisor

    @staticmethod
    def install() -> None:
        """Install the distribution's packages that the lab needs, those that are missing."""
        install()

    @staticmethod
    def image() -> Path:
        """The directory of the guest images, built unless the cache has them."""
        return build.images()

    def up(
        self,
        *,
        fake: bool = False,
        region_names: Sequence[str] | None = None,
        servers: ServersKind = "containers",
    ) -> None:
        """Start the lab, unless it is up; what an interrupted start left is ended first.

        Args:
            fake: without servers that boot: the API alone.
            region_names: the regions; None: all of them.
            servers: what its servers are.

        Raises:
            LabError: it does not come up, or is up as something else than asked for.
        """
        regions = layout.regions(tuple(region_names) if region_names else None)
        settings = Settings(self.name, fake, tuple(region.name for region in regions), servers)
        if self.is_up:
            if Settings.read(self.home) != settings:
                raise LabError(f"the lab {self.name} is up with other settings: python -m lab down --name {self.name}")
            return
        self.down()
        images = None if fake else build.images()
        if images and servers == "machines":
            settings = replace(settings, kvm=kvm.works(images / "baked"))
        usually = "about 40 s; 2 min the first time" if fake else "about 1 min; 3 min the first time"
        self.log.mkdir(parents=True, exist_ok=True)
        settings.write(self.home)
        with phase(f"lab {self.name}", usually=usually, log=self.log):
            namespaces.hold(self.home)
            argv = [sys.executable, "-m", "lab.cloud.bring_up", *([str(images)] if images else [])]
            env = {"PYTHONPATH": str(ROOT)}
            if self.run(argv, env=env).returncode:
                raise LabError(f"the lab {self.name} did not come up; its logs are in {self.log}")
            # Last: until its name server runs, a service that looks a name up would wait for it.
            (self.home / "resolv.conf").write_text(f"nameserver {layout.SERVICES_HOST}\n")
            (self.home / "up").touch()

    def down(self) -> None:
        """End everything inside and remove the state; the logs stay until the next start."""
        namespaces.end(self.home)
        if not self.home.exists():
            return
        leftovers.remove(self.home)
        for entry in self.home.iterdir():
            if entry.is_dir() and entry != self.log:
                shutil.rmtree(entry)
            elif entry.is_file() or entry.is_symlink():
                entry.unlink()

    def enter(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs a command inside the lab."""
        return namespaces.enter(self.home, argv)

    def network(self) -> AbstractContextManager[None]:
        """Have this thread be a client on the outside of the deployment: in the lab's own network."""
        return entered(namespaces.inner(self.home))

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        quiet: bool = False,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command inside the lab: same directory, same environment plus `env`, same terminal unless `quiet`."""
        environment = {**os.environ, **(env or {})}
        command = self.enter(argv)
        return subprocess.run(command, env=environment, timeout=timeout, check=False, capture_output=quiet)

    def said(self, argv: Sequence[str]) -> str:
        """Run a short command inside the lab; what it printed.

        Raises:
            LabError: it failed; with its words.
            subprocess.TimeoutExpired: it took longer than half a minute.
        """
        done = subprocess.run(self.enter(argv), capture_output=True, text=True, check=False, timeout=_SAID_SECONDS)
        if done.returncode:
            raise LabError(f"{' '.join(argv)}: {done.stderr.strip()}")
        return done.stdout

    def processes(self) -> dict[int, int]:
        """Every process inside: its id there, and outside."""
        return namespaces.processes(self.home)

    def services(self) -> dict[str, int]:
        """Each service that was started: its process id inside."""
        known: dict[str, int] = json.loads((self.home / "services.json").read_text())
        return known

    def start_compute(self, region: str) -> None:
        """Start nova-compute of a region's node again, after it ended or was killed."""
        if self.run(
            [sys.executable, "-m", "lab.cloud.start_compute", region], env={"PYTHONPATH": str(ROOT)}
        ).returncode:
            raise LabError(f"nova-compute of {region} did not start; its logs are in {self.log}")

    def openrc(self, region: str, user: str = "demo") -> dict[str, str]:
        """The `OS_*` variables of a user in a region."""
        return layout.openrc(region, user)

    def publish(self, path: Path) -> str:
        """Put a file under the lab's web root; the URL at which guests and commands inside find it."""
        target = self.home / "www" / path.name
        shutil.copyfile(path, target)
        return f"http://{layout.SERVICES_HOST}/{path.name}"

    def set_faults(self, *wanted: ApiFault) -> None:
        """Have the API answer errors: these faults instead of any others; none clears them."""
        self._must_exist()
        faults.write(self.home, list(wanted))

    def add_fault(self, fault: ApiFault) -> None:
        """One fault more; those before it count anew."""
        self._must_exist()
        faults.write(self.home, [*faults.read(self.home), fault])

    def calls(self) -> Counter[tuple[str, str, str, str]]:
        """How often each (service, region, method, path) was called through the public endpoints."""
        return faults.counts(self.home)

    def reset_calls(self) -> None:
        """Count calls anew."""
        self._must_exist()
        faults.reset(self.home)

    def _must_exist(self) -> None:
        if not self.is_up:
            raise LabError(f"the lab {self.name} is not up: python -m lab up --name {self.name}")


def openrc(name: str, region: str, user: str = "demo") -> dict[str, str]:
    """The `OS_*` variables of a user in a region of a lab."""
    return Lab(name).openrc(region, user)
