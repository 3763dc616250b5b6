"""Start nova-compute of a region's node again, from inside the lab: `python -m lab.cloud.start_compute REGION`."""

import json
import sys

from fleet.command_line import CommandError
from lab.cloud import layout, services
from lab.cloud.layout import Region
from lab.cloud.rest import Client
from lab.cloud.services import Batch, log_of
from lab.cloud.settings import Settings
from lab.cloud.shell import wait_for

SECONDS = 60


def start_compute(name: str) -> None:
    """Start it in the namespaces of the node, which is there, and wait until it reports to Nova."""
    (region,) = layout.regions((name,))
    client = Client()
    before = _reported(client, region)
    nova = Batch("nova-compute", ["nova-compute", Settings.read().hypervisor.module])
    known = json.loads(services.REGISTER.read_text())
    services.add_compute(region, nova, node=known.get(f"node-{region.slug}", 0))
    pids = nova.go()
    services.register(pids)
    reports = lambda: "no report" if _reported(client, region) == before else ""  # noqa: E731
    (pid,) = pids.values()
    wait_for(f"nova-compute of {name}", reports, seconds=SECONDS, log=log_of("nova-compute", region.slug), pid=pid)


def _reported(client: Client, region: Region) -> str:
    """When it last said that it lives."""
    (service,) = client.get(region, "compute", "/os-services?binary=nova-compute")["services"]
    return str(service["updated_at"])


if __name__ == "__main__":
    try:
        start_compute(sys.argv[1])
    except CommandError as error:
        raise SystemExit(str(error)) from error
