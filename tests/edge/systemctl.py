#!/usr/bin/python3
"""As much of systemctl as bundles ask for: it starts what unit files say, as their user, and again when it ended."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

Unit = dict[str, str]


def main() -> int:
    """0 when all units did it."""
    verb, *names = [word for word in sys.argv[1:] if not word.startswith("-")]
    return max(VERBS[verb](name) for name in names)


def unit(name: str) -> Unit:
    """A unit's directives; those that are there several times are not asked for."""
    lines = Path(f"/etc/systemd/system/{name}.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def main_pid(name: str) -> int | None:
    """The process that the unit's supervisor has running."""
    try:
        pid = int(Path(f"/run/{name}.pid").read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid


def is_active(name: str) -> int:
    return 0 if main_pid(name) else 3


def reload_or_restart(name: str) -> int:
    return reload(name) if main_pid(name) else start(name)


def try_reload_or_restart(name: str) -> int:
    return reload(name) if main_pid(name) else 0


def reload(name: str) -> int:
    command = unit(name)["ExecReload"].replace("$MAINPID", str(main_pid(name)))
    environment = {**os.environ, **dict([unit(name).get("Environment", "A=").split("=", 1)])}
    return subprocess.run(["sh", "-c", command], env=environment, check=False).returncode


def start(name: str) -> int:
    """Start the unit's supervisor, which outlives this."""
    directives = unit(name)
    if not Path(directives["ConditionPathExists"]).exists() or main_pid(name):
        return 0
    if os.fork() == 0:
        os.setsid()
        output = os.open(f"/run/{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        supervise(name, directives)
    while not main_pid(name):
        time.sleep(0.02)
    return 0


def before(name: str, environment: dict[str, str]) -> None:
    """What is done before each start: by root ("+"), or by the unit's user; whatever comes of it ("-").

    Raises:
        CalledProcessError: one of them failed, and the daemon is not to start.
    """
    user, group = unit(name)["User"], unit(name)["Group"]
    for line in Path(f"/etc/systemd/system/{name}.service").read_text().splitlines():
        key, _, command = line.partition("=")
        words = shlex.split(command.lstrip("+-")) if key == "ExecStartPre" else []
        if words:
            prefix = command.removesuffix(command.lstrip("+-"))
            who = (None, None) if "+" in prefix else (user, group)
            subprocess.run(words, env=environment, check="-" not in prefix, user=who[0], group=who[1])


def supervise(name: str, directives: Unit) -> None:
    """Restart=always."""
    user, group = directives["User"], directives["Group"]
    environment = {"PATH": os.environ["PATH"], **dict([directives.get("Environment", "A=").split("=", 1)])}
    while True:
        for key, base in (("RuntimeDirectory", "/run"), ("StateDirectory", "/var/lib")):
            if key in directives:
                directory = Path(base, directives[key])
                directory.mkdir(exist_ok=True, parents=True)
                shutil.chown(directory, user, group)
        try:
            before(name, environment)
        except subprocess.CalledProcessError:
            time.sleep(int(directives["RestartSec"]))
            continue
        process, *_ = [
            subprocess.Popen(
                directives[key].split(),
                user=user,
                group=group,
                extra_groups=directives.get("SupplementaryGroups", "").split(),
                env=environment,
            )
            for key in ("ExecStart", "ExecStartPost")
            if key in directives
        ]
        Path(f"/run/{name}.pid").write_text(str(process.pid))
        process.wait()
        Path(f"/run/{name}.pid").unlink()
        if "RuntimeDirectory" in directives:
            shutil.rmtree(Path("/run", directives["RuntimeDirectory"]))
        time.sleep(int(directives["RestartSec"]))


VERBS = {
    "is-active": is_active,
    "reload-or-restart": reload_or_restart,
    "try-reload-or-restart": try_reload_or_restart,
    "start": start,
}

if __name__ == "__main__":
    sys.exit(main())
