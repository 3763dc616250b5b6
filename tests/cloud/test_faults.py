"""Faults and the call log: files that the proxy follows. The proxy itself is tested against a running lab."""

import json
import time
from pathlib import Path

from lab.cloud import faults
from lab.cloud.faults import ApiFault, Injector

FLOATING = "/v2.0/floatingips"


def test_a_fault_counts_down(tmp_path: Path) -> None:
    injector = Injector(tmp_path)
    assert injector.fault_for("network", "GRA11", "POST", FLOATING) is None
    faults.write(tmp_path, [ApiFault("network", 503, 2, method="POST", path=FLOATING)])
    met = [injector.fault_for("network", "GRA11", "POST", FLOATING) for _ in range(3)]
    assert [fault.status if fault else None for fault in met] == [503, 503, None]


def test_a_fault_meets_only_what_it_names(tmp_path: Path) -> None:
    faults.write(tmp_path, [ApiFault("network", count=0, method="POST", path=FLOATING, region="SBG7")])
    injector = Injector(tmp_path)
    for call in (
        ("compute", "SBG7", "POST", FLOATING),
        ("network", "GRA11", "POST", FLOATING),
        ("network", "SBG7", "GET", FLOATING),
        ("network", "SBG7", "POST", "/v2.0/ports"),
    ):
        assert injector.fault_for(*call) is None, call
    assert injector.fault_for("network", "SBG7", "POST", FLOATING)


def test_a_fault_ends_with_its_time(tmp_path: Path) -> None:
    faults.write(tmp_path, [ApiFault("compute", count=0, until=time.time() - 1)])
    assert Injector(tmp_path).fault_for("compute", "DE1", "GET", "/") is None


def test_clearing_acts_at_once(tmp_path: Path) -> None:
    injector = Injector(tmp_path)
    faults.write(tmp_path, [ApiFault("compute", count=0)])
    assert injector.fault_for("compute", "DE1", "GET", "/")
    faults.write(tmp_path, [])
    assert injector.fault_for("compute", "DE1", "GET", "/") is None


def test_calls_are_counted_without_identifiers_and_queries(tmp_path: Path) -> None:
    paths = (
        "/v2.0/ports/7648ef9b-379a-4937-81f1-c99615713381?fields=id",
        "/v2.0/ports/12e8915f-2c8b-43da-811d-51abd6369c0c",
        "/v2.1/0f1e2d3c4b5a69788796a5b4c3d2e1f0/servers",
    )
    lines = [json.dumps({"service": "network", "region": "DE1", "method": "GET", "path": path}) for path in paths]
    (tmp_path / faults.CALLS).write_text("\n".join(lines) + "\n")
    counted = faults.counts(tmp_path)
    assert counted["network", "DE1", "GET", "/v2.0/ports/{id}"] == 2
    assert counted["network", "DE1", "GET", "/v2.1/{id}/servers"] == 1
    faults.reset(tmp_path)
    assert not faults.counts(tmp_path)
