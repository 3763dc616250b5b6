"""Which processes make the cloud, in what order they start, and when they are ready."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.cloud.layout import AUTH_URL, CONF, HOME, KEYSTONE_PORT, LOG, MANAGEMENT, SERVICES, Region
from lab.cloud.settings import Settings
from lab.cloud.shell import ENVIRONMENT, PYTHON, RUNTIME, LabError, answers, run, start, wait_for

REGISTER = HOME / "services.json"  # name -> process id inside the lab, for `status`


class Batch:
    """Services of one OpenStack project: their code is being imported while other things start, then each is forked."""

    def __init__(self, name: str, modules: Sequence[str]) -> None:
        self._name = name
        with (LOG / f"{name}.out").open("ab") as errors:
            self._process = subprocess.Popen(
                [PYTHON, str(RUNTIME / "launch.py"), "fork", *modules],
                env=ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=HOME,
            )
        self._services: list[dict[str, object]] = []

    def add(self, name: str, program: str, arguments: Sequence[str], *, node: int = 0) -> None:
        """Have a service started, in a compute node's namespaces when `node` is a process of it."""
        self._services.append(
            {
                "name": name,
                "program": program,
                "arguments": list(arguments),
                "output": str(LOG / f"{name}.out"),
                "node": node,
            }
        )

    def go(self) -> dict[str, int]:
        """Fork them all; their process ids by name."""
        out, _ = self._process.communicate(json.dumps(self._services), timeout=120)
        if self._process.returncode or not out:
            raise LabError(f"{self._name}: its code could not be loaded; see {LOG / self._name}.out")
        pids: dict[str, int] = json.loads(out)
        return pids


def register(pids: dict[str, int]) -> None:
    """Remember process ids for `status`."""
    known = json.loads(REGISTER.read_text()) if REGISTER.exists() else {}
    REGISTER.write_text(json.dumps(known | pids))


def start_rabbitmq() -> int:
    """The message bus of all regions, and its port mapper, on loopback but for the bus itself."""
    start("epmd", ["epmd", "-address", "127.0.0.1"])
    return start(
        "rabbitmq",
        ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
        {
            "RABBITMQ_NODENAME": "lab@localhost",
            "RABBITMQ_CONFIG_FILE": f"{CONF}/rabbitmq.conf",
            "RABBITMQ_MNESIA_BASE": f"{HOME}/rabbit",
            "RABBITMQ_LOG_BASE": str(LOG),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{CONF}/no-plugins",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",
            "RABBITMQ_IO_THREAD_POOL_SIZE": "16",
        },
    )


def start_wsgi(name: str, script: str, port: int, env: dict[str, str]) -> int:
    """Keystone or Placement under uWSGI, one process with threads."""
    argv = ["uwsgi", "--plugin", "python3", "--http-socket", f"{MANAGEMENT}:{port}", "--wsgi-file", script]
    argv += ["--master", "--processes", "1", "--threads", "4", "--enable-threads", "--need-app", "--lazy-apps"]
    argv += ["--die-on-term", "--buffer-size", "65535", "--add-header", "Connection: close", "--disable-logging"]
    return start(name, [*argv, "--procname-prefix", f"{name} "], env)


def start_lxcfs(settings: Settings) -> dict[str, int]:
    """What shows containers their own memory in /proc; before the compute nodes, which see what is mounted by then."""
    if settings.hypervisor.name != "containers":
        return {}
    mount = HOME / "lxcfs"
    mount.mkdir(exist_ok=True)
    pid = start("lxcfs", ["lxcfs", "-f", "--enable-loadavg", "-p", f"{HOME}/lxcfs.pid", str(mount)])
    there = lambda: "" if (mount / "proc" / "meminfo").exists() else "nothing is mounted"  # noqa: E731
    wait_for("lxcfs", there, seconds=20, log=LOG / "lxcfs.out", pid=pid)
    return {"lxcfs": pid}


def start_infrastructure(settings: Settings) -> dict[str, int]:
    """Cache, bus, and the two services that need no bus."""
    pids = {
        "memcached": start("memcached", ["memcached", "-u", "root", "-l", MANAGEMENT, "-m", "64"]),
        "rabbitmq": start_rabbitmq(),
        "keystone": start_wsgi(
            "keystone",
            "/usr/bin/keystone-wsgi-public",
            KEYSTONE_PORT,
            {"OS_KEYSTONE_CONFIG_FILES": f"{CONF}/keystone.conf"},
        ),
    }
    for region in settings.regions:
        name, slug = f"placement-{region.slug}", region.slug
        env = {"OS_PLACEMENT_CONFIG_DIR": f"{CONF}/placement-{slug}"}
        pids[name] = start_wsgi(name, "/usr/bin/placement-api", region.port("placement"), env)
    register(pids)
    return pids


def wait_infrastructure(pids: dict[str, int]) -> None:
    """Until Keystone answers and RabbitMQ takes connections."""
    wait_for("Keystone", answers(AUTH_URL), seconds=90, log=LOG / "keystone.out", pid=pids["keystone"])
    started = lambda: "" if _listens(5672) else "port 5672 is closed"  # noqa: E731
    wait_for("RabbitMQ", started, seconds=90, log=LOG / "rabbitmq.out", pid=pids["rabbitmq"])


def wait_apis(settings: Settings, pids: dict[str, int]) -> None:
    """Until every API of every region answers."""
    for region in settings.regions:
        for service, (name, _, _) in SERVICES.items():
            process = {"nova": "nova-api", "neutron": "neutron-server", "glance": "glance-api"}.get(name, name)
            log = LOG / f"{process}-{region.slug}.log"
            url = f"http://{MANAGEMENT}:{region.port(service)}/"
            pid = pids.get(f"{process}-{region.slug}", 0)
            wait_for(f"{name} of {region.name}", answers(url), seconds=120, log=log, pid=pid)


def add_control(region: Region, nova: Batch, neutron: Batch, glance: Batch) -> None:
    """The services of a region that are no compute node's."""
    slug = region.slug
    for program in ("nova-conductor", "nova-api", "nova-scheduler"):
        nova.add(f"{program}-{slug}", program, _arguments(program, slug, f"nova-{slug}"))
    neutron.add(f"neutron-server-{slug}", "neutron-server", _arguments("neutron-server", slug, f"neutron-{slug}"))
    glance.add(f"glance-api-{slug}", "glance-api", ["--config-file", f"{CONF}/glance-{slug}.conf"])


def add_compute(region: Region, nova: Batch, *, node: int = 0) -> None:
    """nova-compute of a region's node."""
    slug, name = region.slug, f"nova-compute-{region.slug}"
    nova.add(name, "nova-compute", _arguments("nova-compute", slug, f"nova-cpu-{slug}", name), node=node)


def add_agents(region: Region, neutron: Batch, *, node: int) -> None:
    """Neutron's agents of a region's node."""
    slug = region.slug
    for agent in ("linuxbridge", "l3", "dhcp", "metadata"):
        program = f"neutron-{agent}-agent"
        config = (f"neutron-{slug}", f"neutron-agent-{slug}")
        neutron.add(f"{program}-{slug}", program, _arguments(program, slug, *config), node=node)


def _arguments(program: str, slug: str, *configs: str) -> list[str]:
    files = [part for name in configs for part in ("--config-file", str(CONF / f"{name}.conf"))]
    return [*files, "--log-file", str(log_of(program, slug))]


def log_of(program: str, slug: str) -> Path:
    """Where a region's service logs."""
    return LOG / f"{program}-{slug}.log"


def _listens(port: int) -> bool:
    return bool(run(["ss", "-Htln", f"sport = :{port}"]).strip())
