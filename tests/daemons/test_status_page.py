"""The status page made of what a real Prometheus says, by the very files that the witness gets."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from boot.monitoring.status_page import copy_bundle, maker_bundle
from boot.monitoring.status_page_program.query import QUERIES, get
from settings.status_page import StatusPage
from tests.configuration import settings
from tests.daemons.gdnsd_host import free_port
from tests.daemons.prometheus_host import prometheus
from tests.unit.boot import status_day
from tests.unit.boot.status_pages import RECORDED
from tests.unit.disk import program
from tests.unit.waiting import eventually


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the witness' bundle, where they would be below /etc/multiparty."""
    program("prometheus", "prometheus")
    root = tmp_path_factory.mktemp("witness")
    for name, text in maker_bundle(settings("witness"), StatusPage(language="en")).files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that knows the recorded day."""
    with prometheus(tmp_path_factory.mktemp("fixed"), status_day.openmetrics()) as address:
        yield address


def _make(witness: Path, address: str, file: Path) -> "subprocess.CompletedProcess[str]":
    """Run the unit's program, told of another Prometheus and another file."""
    told = json.loads((witness / "settings.json").read_text()) | {"prometheus": address, "file": str(file)}
    config = file.with_suffix(".json")
    config.write_text(json.dumps(told))
    command = [sys.executable, "-I", "-B", "-c", _RUN, str(config)]
    return subprocess.run(command, cwd=witness, capture_output=True, text=True, check=False, timeout=60)


# As `python3 -m status_page` in its directory, without whatever else this Python has on its path.
_RUN = "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('status_page', run_name='__main__')"


def test_the_recorded_answers_are_prometheus_own(fixed: str) -> None:
    """What the unit tests are made of is what this Prometheus says: the questions are understood as they were."""
    answers = {name: get(fixed, query, status_day.NOW) for name, query in QUERIES.items()}
    recorded = json.loads(RECORDED.read_text())
    assert answers.keys() == recorded.keys()
    for name, answer in answers.items():
        assert answer["status"] == "success"
        assert _sorted(answer) == _sorted(recorded[name]), name


def _sorted(answer: dict[str, dict[str, list[dict[str, object]]]]) -> list[str]:
    return sorted(json.dumps(series, sort_keys=True) for series in answer["data"]["result"])


def test_the_witness_makes_the_page_of_today(witness: Path, tmp_path: Path) -> None:
    """The day moved to end now: GRA's outage, the new master and SBG's gap are told; the page is of this minute."""
    file = tmp_path / "index.html"
    with prometheus(tmp_path, status_day.openmetrics(int(time.time()) - status_day.NOW)) as address:
        begun = time.monotonic()
        done = _make(witness, address, file)
        assert time.monotonic() - begun < 20, "the unit's time is 25 s"
    assert (done.returncode, done.stderr) == (0, "")
    text = file.read_text()
    assert "Everything works" in text
    assert "GRA → SBG, between" in text
    assert "GRA down <time" in text and "SBG kept serving" in text
    assert "98.61 % of the time measured" in text
    assert "not known for 1 h 55 min" in text or "not known for 2 h" in text
    assert abs(file.stat().st_mtime - time.time()) < 30
    assert sorted(path.name for path in tmp_path.glob("*index*")) == ["index.html", "index.json"]


def test_without_prometheus_the_page_says_that_nothing_is_known(witness: Path, tmp_path: Path) -> None:
    """It takes the place of the old one, which would claim to be true still; the reason is in the log."""
    file = tmp_path / "index.html"
    file.write_text("the page before")
    address = f"http://127.0.0.1:{free_port()}"
    done = _make(witness, address, file)
    assert done.returncode == 0
    assert address in done.stderr and "refused" in done.stderr
    assert "It is not known whether meetings work" in file.read_text()


def test_the_edges_commands_fetch_the_page_whole_or_not_at_all(tmp_path: Path) -> None:
    """Python's server and curl as the units run them: the time of making is kept, a lost witness leaves the copy."""
    served, copied = tmp_path / "served", tmp_path / "copied"
    served.mkdir()
    copied.mkdir()
    page = served / "index.html"
    page.write_text("a page")
    port = str(free_port())
    unit = maker_bundle(settings("witness"), StatusPage()).files["status-page-server.service"]
    (command,) = [line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart=")]
    places = {"10.17.2.6": "127.0.0.1", "/var/lib/status-page": str(served), "8080": port}
    server = subprocess.Popen(_moved(command, places).split(), stderr=subprocess.DEVNULL)
    places["/var/lib/status-page"] = str(copied)
    try:
        eventually(lambda: _answers(port), bool, seconds=60, what="the witness' server")
        assert _copy(places) == [0, 0]
    finally:
        server.terminate()
        server.wait(timeout=10)
    copy = copied / "index.html"
    assert copy.read_text() == "a page"
    assert int(copy.stat().st_mtime) == int(page.stat().st_mtime)
    assert _copy(places)[0] != 0
    assert [file.name for file in copied.iterdir()] == ["index.html"]


def _moved(command: str, places: dict[str, str]) -> str:
    for old, new in places.items():
        command = command.replace(old, new)
    return command


def _answers(port: str) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/index.html", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _copy(places: dict[str, str]) -> list[int]:
    """The unit's commands one after the other, until one fails, as systemd does."""
    statuses: list[int] = []
    unit = copy_bundle(settings("gra")).files["status-page.service"]
    for line in unit.splitlines():
        if line.startswith("ExecStart=") and not any(statuses):
            command = _moved(line.removeprefix("ExecStart="), places).split()
            statuses.append(subprocess.run(command, capture_output=True, check=False, timeout=60).returncode)
    return statuses
