"""As much of systemd as a Redis server's units need: order, what runs before and after, when a daemon is up."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from uuid import uuid4

from tests.unit.disk import program

_UNITS = "etc/systemd/system"
_WANTED = "multi-user.target.d/multiparty.conf"


def wanted(
    root: Path, packages: tuple[str, ...] = ("redis-server", "redis-sentinel", "redis-alone", "sentinel-agree")
) -> "dict[str, Unit]":
    """The units that the boot document starts, as far as they are Redis', by name without the suffix."""
    names = _read(root / _UNITS / _WANTED)["Unit"]["Wants"].split()
    return {name: Unit(root, name) for unit in names if (name := unit.removesuffix(".service")) in packages}


class Unit:
    """One service of a server below a directory."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.started = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self._root = root
        self._stopped = False
        self._file = _read(root / _UNITS / f"{name}.service")

    def start(self, others: "Mapping[str, Unit]") -> threading.Thread:
        """Start once what it is ordered after has started; what was said is in its log.

        Returns:
            The thread that waits; it ends when the daemon has said that it is up, or is stopped.
        """
        waiting = threading.Thread(target=self._start, args=(others,), daemon=True)
        waiting.start()
        return waiting

    def stop(self) -> None:
        """As a power cut would: what runs before the daemon too."""
        self._stopped = True
        self.started.set()
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(timeout=10)

    def signal(self, number: int) -> None:
        """Tell whatever runs of it now."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def _start(self, others: "Mapping[str, Unit]") -> None:
        for after in self._file["Unit"]["After"].split():
            if (name := after.removesuffix(".service")) in others:
                others[name].started.wait()
        condition = self._file["Unit"].get("ConditionPathExists")
        if condition is None or Path(condition).exists():
            before = self._file["Service"].get("ExecStartPre", "").removeprefix("+")
            if not before or self._run(["sh", before]).wait() == 0:
                self._daemon()
        self.started.set()

    def _daemon(self) -> None:
        path, *arguments = self._file["Service"]["ExecStart"].split()
        if self._stopped:
            return
        if self._file["Service"]["Type"] != "notify":
            self._run([path, *arguments], **assignments(Path(self._file["Service"]["EnvironmentFile"])))
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
            # An abstract address: a path may have a hundred characters.
            address = uuid4().hex
            listening.bind(f"\0{address}")
            listening.settimeout(0.2)
            daemon = self._run([program(Path(path).name, Path(path).name), *arguments], NOTIFY_SOCKET=f"@{address}")
            while daemon.poll() is None:
                try:
                    if b"READY=1" in listening.recv(4096):
                        break
                except TimeoutError:
                    continue
        then = self._file["Service"].get("ExecStartPost", "").removeprefix("+")
        if then and daemon.poll() is None:
            threading.Thread(target=self._after, args=(daemon, self._begin(["sh", then])), daemon=True).start()

    def _after(self, daemon: "subprocess.Popen[bytes]", then: "subprocess.Popen[bytes]") -> None:
        """Systemd ends it with the daemon."""
        while then.poll() is None:
            if daemon.poll() is not None:
                os.killpg(then.pid, signal.SIGKILL)
            time.sleep(0.02)

    def _run(self, command: list[str], **more: str) -> "subprocess.Popen[bytes]":
        self.process = self._begin(command, **more)
        if self._stopped:
            self.signal(signal.SIGKILL)
        return self.process

    def _begin(self, command: list[str], **more: str) -> "subprocess.Popen[bytes]":
        with (self._root / f"{self.name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self._root,
                env={**os.environ, **more},
                # Both daemons rewrite their files, passwords and all.
                umask=int(self._file["Service"].get("UMask", "0022"), 8),
                start_new_session=True,
            )


def assignments(path: Path) -> dict[str, str]:
    """The variables of an environment file."""
    pairs = (line.split("=", 1) for line in path.read_text().splitlines())
    return {name: value.strip("'") for name, value in pairs}


def _read(path: Path) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    assert parser.read(path), f"{path} is not there"
    return parser
