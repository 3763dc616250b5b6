"""A Redis server of the fleet on this machine's loopback: its very boot document, with paths and ports of our own."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml

from boot.document import BootDocument, render
from fleet.redis import ASK, RedisState, read
from tests.configuration import ON_LOOPBACK
from tests.daemons.units import Unit, assignments, wanted
from tests.unit.disk import program

T = TypeVar("T")

REDIS_ON_LOOPBACK = {
    **ON_LOOPBACK,
    "env.redis.down_after": "1s",
    "env.redis.failover_timeout": "5s",
}
_DIRECTORIES = ("/etc/multiparty", "/usr/local/sbin", "/var/lib/redis-sentinel", "/var/lib/redis")


def free_ports() -> tuple[int, int]:
    """Two TCP ports that nobody listens on: one for Redis, one for Sentinel."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("", 0))
        second.bind(("", 0))
        return first.getsockname()[1], second.getsockname()[1]


def together(work: Callable[["RedisHost"], T], hosts: Iterable["RedisHost"]) -> list[T]:
    """The same work on several hosts at once: they wait for each other, or for nobody."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, hosts))


def answered(command: list[str], environment: Mapping[str, str]) -> str:
    """What redis-cli prints; what went wrong, where nobody answers within ten seconds: a write may be held."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=10)
    except subprocess.TimeoutExpired as silent:
        return f"no answer in {silent.timeout:.0f} s"
    return (done.stdout or done.stderr).strip()


@dataclass
class RedisHost:
    """One host below `root`; its scripts ask for two seconds where they would ask for ten."""

    address: str
    ports: tuple[int, int]
    root: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)

    def write(self, document: BootDocument) -> None:
        """Lay out the boot document's files; every substitution must find something to substitute."""
        self.lay_out(document)
        for name, patience in (("redis-role", "gather_opinions 10\n"), ("sentinel-seed", "patience=10\n")):
            script = self.script(name)
            text = script.read_text()
            assert patience in text
            script.write_text(text.replace(patience, patience.replace("10", "2")))
        script.write_text(script.read_text().replace("patience=12\n", "patience=4\n"))
        assert f"chown {os.getuid()}:{os.getgid()}" in text

    def lay_out(self, document: BootDocument) -> None:
        """The boot document's files below `root`, with this host's paths and ports."""
        for file in yaml.safe_load(render(document))["write_files"]:
            path = self.root / file["path"].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._here(file["content"]))
            path.chmod(int(file["permissions"], 8))

    def script(self, name: str) -> Path:
        """One of the scripts that units call before they start."""
        return self.root / "usr/local/sbin" / name

    @property
    def conf(self) -> Path:
        """The redis.conf that Redis runs with, and rewrites."""
        return self.root / "var/lib/redis/redis.conf"

    @property
    def sentinel_conf(self) -> Path:
        """The sentinel.conf that Sentinel runs with, and rewrites."""
        return self.root / "var/lib/redis-sentinel/sentinel.conf"

    def seed(self) -> None:
        """The boot steps that put redis.conf where Redis has it, and what it reads."""
        (self.root / "var/lib").mkdir(parents=True, exist_ok=True)
        for step in sorted((self.root / "usr/local/lib/multiparty/boot.d").glob("30-redis-[!p]*")):
            self.run(step)

    def take_role(self) -> str:
        """What redis-server's unit runs before every start; what it said."""
        return self.run(self.script("redis-role"))

    def seed_sentinel(self) -> None:
        """What redis-sentinel's unit runs before every start."""
        self.run(self.script("sentinel-seed"))

    def start_redis(self) -> None:
        """Redis with the configuration that is there."""
        self.start("redis-server", [str(self.conf)])

    def start_sentinel(self) -> None:
        """Sentinel with the configuration that is there."""
        self.start("redis-sentinel", [str(self.sentinel_conf), "--sentinel"])

    def boot(self) -> None:
        """The first boot: the seed, then the units; they are on their way when this returns."""
        self.seed()
        self.start_units()

    def start_units(self) -> None:
        """Any later boot: all units at once, in the order that their files ask for."""
        self.units = wanted(self.root)
        for unit in self.units.values():
            unit.start(self.units)

    def restart(self, name: str) -> None:
        """One unit again, after its daemon was stopped."""
        self.units[name] = unit = wanted(self.root)[name]
        unit.start(self.units)

    def promote(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What an operator runs by hand; it ends by itself within a minute. A unit that it starts runs afterwards."""
        told = self.root / "bin/told"
        systemctl = self.root / "bin/systemctl"
        systemctl.parent.mkdir(exist_ok=True)
        systemctl.write_text(f'#!/bin/sh\necho "$2" >>{told}\n')
        systemctl.chmod(0o755)
        environment = {**os.environ, "PATH": f"{systemctl.parent}:{os.environ['PATH']}"}
        command = ["sh", str(self.script("redis-promote")), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90, env=environment)
        if told.exists():
            for name in set(told.read_text().split()):
                self.restart(name.removesuffix(".service"))
            told.unlink()
        return done

    def pause(self, paused: bool) -> None:
        """Stop or continue all daemons: to the others it looks like a cut, and like its end."""
        number = signal.SIGSTOP if paused else signal.SIGCONT
        for process in self.running.values():
            process.send_signal(number)
        for unit in self.units.values():
            unit.signal(number)

    def stop(self, name: str | None = None) -> None:
        """End one daemon, or both, at once: as a power cut would."""
        for daemon in [name] if name else [*self.running, *self.units]:
            if daemon in self.units:
                self.units.pop(daemon).stop()
            else:
                process = self.running.pop(daemon)
                process.kill()
                process.wait(timeout=10)

    def replace(self, document: BootDocument) -> None:
        """Another server in its place."""
        self.stop()
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.write(document)
        self.boot()

    def wipe(self) -> None:
        """What a replaced server begins with: nothing but its boot document."""
        for directory in ("var/lib/redis", "var/lib/redis-sentinel"):
            shutil.rmtree(self.root / directory)

    @property
    def login(self) -> dict[str, str]:
        """What this server's own scripts say: the password and the user, as redis-cli has them."""
        return assignments(self.root / "etc/multiparty/redis/auth.env")

    def ask(self, *words: str, sentinel: bool = False, password: str | None = None) -> str:
        """The answer to one command, lines as they come; what went wrong, where nobody answers.

        With a password as meeting servers ask: as `default`. Else as the server's own scripts do.
        """
        cli = program("redis-cli", "redis-tools")
        login = self.login
        if password is not None:
            login = {"REDISCLI_AUTH": password, "AS": re.sub(r"--user \w+", "", login["AS"])}
        command = [cli, *login["AS"].split(), "-h", self.address, "-p", str(self.ports[sentinel]), "--raw", *words]
        environment = {**os.environ, **login} if login["REDISCLI_AUTH"] else dict(os.environ)
        return answered(command, environment)

    def status(self) -> RedisState:
        """What `make status` reads of this server."""
        return read(self.shell(ASK))

    def shell(self, script: str) -> str:
        """What a script says that runs on this server, whatever becomes of it."""
        command = ["sh", "-c", self._here(script)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout

    def info(self) -> dict[str, str]:
        """INFO replication, by key."""
        lines = self.ask("INFO", "replication").splitlines()
        return dict(line.strip().split(":", 1) for line in lines if ":" in line)

    def log(self, daemon: str = "redis-server") -> str:
        """The end of a daemon's log."""
        file = self.root / f"{daemon}.log"
        return "\n".join(file.read_text().splitlines()[-15:]) if file.exists() else "no log yet"

    def _here(self, text: str) -> str:
        for directory in _DIRECTORIES:
            text = re.sub(rf"(?<![\w./]){directory}(?=[/\s\"]|$)", f"{self.root}{directory}", text, flags=re.MULTILINE)
        text = re.sub(r"\b(26379|6380)\b", str(self.ports[1]), re.sub(r"\b6379\b", str(self.ports[0]), text))
        text = text.replace(f"bind 127.0.0.1 {self.address}\n", f"bind {self.address}\n")
        owner = f"{os.getuid()}:{os.getgid()}"
        return text.replace("chown redis:redis", f"chown {owner}").replace(
            "-o redis -g redis", f"-o {os.getuid()} -g {os.getgid()}"
        )

    def run(self, script: Path) -> str:
        """What a script says that ends well."""
        done = subprocess.run(["sh", str(script)], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, daemon: str, arguments: list[str]) -> None:
        """A daemon of redis-server's program, with its log."""
        server = program("redis-server", "redis-server")
        with (self.root / f"{daemon}.log").open("ab") as log:
            command = [server, *arguments, "--daemonize", "no"]
            # The unit's UMask=0077: both daemons rewrite their files, passwords and all.
            self.running[daemon] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.root, umask=0o077)
