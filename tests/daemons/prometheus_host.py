"""A Prometheus on this machine's loopback that remembers what a test says has been.

python -m tests.daemons.prometheus_host    record anew what it answers to the status page about `status_day`
"""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from boot.monitoring.status_page_program.query import QUERIES, get
from fleet.until import until
from tests.daemons.gdnsd_host import free_port
from tests.unit.boot import status_day
from tests.unit.boot.status_pages import RECORDED
from tests.unit.disk import program


@contextlib.contextmanager
def prometheus(root: Path, openmetrics: str, watching: str = "scrape_configs: []\n") -> Iterator[str]:
    """The address of a Prometheus that has these samples and watches as it is told, until the block ends."""
    samples, data, config = root / "samples", root / "data", root / "prometheus.yml"
    samples.write_text(openmetrics)
    config.write_text(watching)
    create = [program("promtool", "prometheus"), "tsdb", "create-blocks-from", "openmetrics", str(samples), str(data)]
    subprocess.run(create, check=True, capture_output=True, timeout=120)
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("prometheus", "prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",  # the samples have the day that the test gives them
        f"--web.listen-address={address}",
    ]
    with (root / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"http://{address}/-/ready", root / "prometheus.log")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(address: str, log: Path) -> None:
    def lacking() -> str:
        with urlopen(address, timeout=5) as answer:  # noqa: S310
            return "" if answer.status == 200 else f"status {answer.status}"

    until(lacking, seconds=60, what=f"{address}, whose log is {log}", pause=0.1)


def main() -> None:
    """Write the file of recorded answers."""
    with tempfile.TemporaryDirectory() as root, prometheus(Path(root), status_day.openmetrics()) as address:
        answers = {name: get(address, query, status_day.NOW) for name, query in QUERIES.items()}
    RECORDED.write_text(json.dumps(answers, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
