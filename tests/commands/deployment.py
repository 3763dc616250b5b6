"""A deployed environment of three sites, as its operator's machine meets it: stacks, the cloud, edges, logins."""

import json
import multiprocessing
import os
import runpy
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from fleet.certificates import authority, issued
from ops.__main__ import COMMANDS
from tests.commands.cloud import Cloud, cloud
from tests.commands.edges import edge, nameserver
from tests.commands.stacks import DOMAIN, PUBLIC, ROLES, SITES, server, write_stacks
from tests.configuration import IMAGE_ID, OPERATOR_KEY, ROOT

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "openstack.connection",
        "openstack.compute.v2._proxy",
        "openstack.image.v2._proxy",
        "openstack.network.v2._proxy",
        *sorted({command.function.partition(":")[0] for command in COMMANDS.values()}),
    ]
)
# A start takes the status of every process that has ended, and who then asks for a status that was taken is told 255.
_STATUS = threading.Lock()


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, what it printed on both ways, and its seconds."""

    status: int | None
    out: str
    seconds: float

    @property
    def last(self) -> str:
        """The last line."""
        return self.out.strip().splitlines()[-1] if self.out.strip() else ""


@dataclass
class Deployment:
    """The environment; `dead` are servers that nobody reaches, by their names."""

    directory: Path
    cloud: Cloud
    dead: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    dns: bool = True
    timeout: float = 0.5

    @property
    def fleet(self) -> Path:
        """What its servers know."""
        return self.directory / "fleet"

    def write(self) -> None:
        """The files, as they are to be now."""
        facts = {
            "dead": self.dead,
            "answers": self.answers,
            "edges": [server(site, "edge") for site in ("gra", "sbg")],
            "timeout": self.timeout,
            "key": OPERATOR_KEY,
        }
        (self.fleet / "servers.json").write_text(json.dumps(facts))

    def table(self, **states: str) -> None:
        """What both edges say of instances, such as gra_1."""
        for site in ("gra", "sbg"):
            said = {"gra-1": "UP", "sbg-1": "UP"} | {name.replace("_", "-"): state for name, state in states.items()}
            (self.fleet / f"{server(site, 'edge')}.table").write_text(json.dumps(said))

    def beside(self, name: str, with_cloud: Cloud | None = None) -> "Deployment":
        """The same environment, from another machine: files of its own, the same servers, another cloud if need be."""
        directory = self.directory.parent / name
        shutil.copytree(self.directory, directory)
        return replace(self, directory=directory, cloud=with_cloud or self.cloud)

    def is_dead(self, name: str) -> bool:
        """Whether nobody reaches a server."""
        return name in self.dead

    def named(self, nameserver: str) -> list[str]:
        """The edges that a nameserver names: those that are not overridden there."""
        file = self.fleet / f"{nameserver}.admin_state"
        out = file.read_text() if file.exists() else ""
        edges = [PUBLIC[f"{site}-edge"] for site in ("gra", "sbg")]
        return [one for one in edges if f"{one}/" not in out and not self.answers.get(f"{nameserver} empty")]

    def run(self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 300) -> Ended:
        """Run a command of this project's, as its operator does: in a process of its own, in the stacks' directory.

        The process is forked off one that has imported what takes seconds to import.
        """
        self.write()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OS_")},
            **self.cloud.environment,
            "PATH": f"{self.directory / 'programs'}:{os.environ['PATH']}",
            **(env or {}),
        }
        output = self.directory / "output"
        begun = time.monotonic()
        process = _FORKS.Process(target=_command, args=(words, environment, str(self.directory), str(output)))
        with _STATUS:
            process.start()
        in_time = wait([process.sentinel], timeout)
        seconds = time.monotonic() - begun
        with _STATUS:
            if not in_time:
                process.kill()
            process.join()
        return Ended(process.exitcode, output.read_text(), seconds)


def _command(words: Sequence[str], environment: Mapping[str, str], directory: str, output: str) -> None:
    """Become the command."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    sys.argv = list(words)
    sys.modules.pop(f"{words[0]}.__main__", None)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


@contextmanager
def deployment(directory: Path, *, dns: bool = True) -> Iterator[Deployment]:
    """An environment where all is well."""
    with ExitStack() as entered:
        directory.mkdir(exist_ok=True)
        found = Deployment(directory, entered.enter_context(servers_of_all()), dns=dns)
        shutil.copytree(ROOT / "tests/commands/programs", directory / "programs")
        found.fleet.mkdir()
        write_stacks(directory, dns=dns)
        _servers(found)
        found.table()
        pair = authority("authority of the tests")
        (directory / "authority.pem").write_text(pair.certificate)
        own = issued(pair, DOMAIN)
        (directory / "edge.pem").write_text(own.certificate + own.key)
        for site in ("gra", "sbg"):
            dead = partial(found.is_dead, server(site, "edge"))
            entered.enter_context(edge(PUBLIC[f"{site}-edge"], directory / "edge.pem", dead))
        for site, role in (("gra", "edge"), ("sbg", "edge"), ("witness", "witness")) if dns else ():
            name = server(site, role)
            named = partial(found.named, name)
            entered.enter_context(nameserver(PUBLIC[f"{site}-{role}"], partial(found.is_dead, name), named))
        yield found


def _servers(found: Deployment) -> None:
    master = "10.17.0.5"
    tilt = "OK 3 usable Sentinels. Quorum and failover authorization can be reached\nnamed:10.17.0.5\nsentinel_tilt:0"
    replica = f"role:slave\nmaster_host:{master}\nmaster_link_status:up\n{tilt}"
    listed = "slave0:ip=10.17.1.5,port=6379,state=online,offset=1,lag=0\nslave1:ip=10.17.2.6,port=6379,state=online"
    redis = {
        "gra-redis": f"role:master\nconnected_slaves:2\n{listed},offset=1,lag=1\n{tilt}",
        "sbg-redis": replica,
        "witness-witness": replica,
    }
    upstreams = json.dumps([{"address": f"10.17.{n}.64:3443", "num_requests": 0, "fails": 0} for n in (0, 1)])
    for site, roles in ROLES.items():
        for role in roles:
            found.answers[server(site, role)] = {
                "CKQUORUM": redis.get(f"{site}-{role}", ""),
                "reverse_proxy/upstreams": upstreams,
                "redis-promote": f"{site} is the master",
                "multiparty-room": "a room opens",
                "urllib.request": "edumeet_rooms 0\nedumeet_peers 0",
                "listenIps": json.dumps([{"announcedIp": PUBLIC.get(f"{site}-{role}")}]),
            }


@contextmanager
def servers_of_all() -> Iterator[Cloud]:
    """A cloud of the three regions, which has what the stacks made."""
    with cloud(*SITES.values()) as found:
        for site, region in SITES.items():
            found.regions[region].held |= _held(site)
        yield found


def _held(site: str) -> dict[str, list[dict[str, Any]]]:
    address = PUBLIC.get(f"{site}-meeting")
    floating = [{"id": "f1", "floating_ip_address": address, "port_id": "p1", "description": ""}] if address else []
    rule = {
        "security_group_id": "g1",
        "direction": "ingress",
        "ethertype": "IPv4",
        "port_range_min": 40000,
        "port_range_max": 49999,
        "remote_ip_prefix": None,
        "remote_group_id": None,
    }
    return {
        "servers": [
            {"id": f"id-{site}-{role}", "name": server(site, role), "status": "ACTIVE", "metadata": {}}
            for role in ROLES[site]
        ],
        "images": [{"id": IMAGE_ID, "name": "Debian 12", "status": "active"}],
        "floatingips": floating,
        "ports": [{"id": "p1", "device_id": f"id-{site}-meeting", "fixed_ips": [], "security_groups": ["g1"]}],
        "security-group-rules": [{**rule, "id": f"r-{protocol}", "protocol": protocol} for protocol in ("udp", "tcp")],
    }
