"""What of the cloud is no longer as it was made, told from previews of a refresh."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fleet.preview.preview import GROUP, RULE, STACK, Preview
from ops.review import undeclared_rules
from ops.review.drift import MARKER
from tests.configuration import ROOT
from tests.unit.ops.review import recorded

SERVER = "production-gra-redis-1"


def _refresh(site: str, *, gone: str = "", changed: str = "", path: str = "", made: bool = False) -> dict[str, Any]:
    """A refresh as the engine writes it: the recorded site, of whose resources one is gone or another changed.

    Compared with `pulumi refresh --preview-only --json` 3.259.0 of a security group with two rules.
    """
    steps = []
    for step in recorded.whole(site)["steps"]:
        name = step["urn"].rsplit("::", 1)[-1]
        refreshed = {"op": "refresh", "urn": step["urn"], "oldState": step["oldState"], "newState": step["oldState"]}
        if name == gone:
            refreshed = {"op": "delete", "urn": step["urn"], "oldState": step["oldState"], "detailedDiff": None}
        if name == changed and "Instance" in step["urn"]:
            diff = {path: {"kind": "update", "inputDiff": False}}
            refreshed |= {"op": "update", "diffReasons": [path.partition(".")[0]], "detailedDiff": diff}
        if made and step["oldState"]["type"] == GROUP:
            refreshed["oldState"]["outputs"] = {"id": "an id"}
        steps.append(refreshed)
    ops = [step["op"] for step in steps]
    assert (ops.count("delete"), ops.count("update")) == (bool(gone), bool(changed))
    return {"steps": steps, "duration": 1, "changeSummary": {"same": ops.count("refresh")}}


def _drift(directory: Path, digests: dict[str, Any], *options: str) -> "subprocess.CompletedProcess[str]":
    files = {site: directory / f"{site}.json" for site in digests}
    for site, file in files.items():
        file.write_text(digests[site] if isinstance(digests[site], str) else json.dumps(digests[site]))
    named = [f"{site}={file}" for site, file in files.items()]
    command = [sys.executable, "-m", "ops", "drift", *named, *options]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_differs(tmp_path: Path) -> None:
    """Exit status 0; every resource of the cloud was looked at."""
    done = _drift(tmp_path, {"gra": _refresh("gra"), "witness": _refresh("witness")})
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing differs." in done.stdout
    counts = [line.split() for line in done.stdout.splitlines() if line.startswith(("gra ", "witness "))]
    assert [row[:4] for row in counts] == [["gra", "-", "-", "?"], ["witness", "-", "-", "?"]]
    assert all(int(row[4]) > 10 for row in counts)


def test_what_is_gone_and_what_is_changed_is_told(tmp_path: Path) -> None:
    """By its name in the cloud, and by what of it differs; with the command that mends it. No value is told."""
    rule = next(
        step["urn"].rsplit("::", 1)[-1]
        for step in recorded.whole("gra")["steps"]
        if "secGroupRule" in step["urn"] and "redis-backbone" in step["urn"]
    )
    digest = _refresh("gra", gone=rule, changed=SERVER, path="metadata.owner")
    done = _drift(tmp_path, {"gra": digest, "witness": _refresh("witness")}, "--markdown")
    assert done.returncode == 2
    assert done.stdout.startswith(f"<!-- {MARKER} -->\n")
    assert f"- **gone**: rule of a security group `{rule}`" in done.stdout
    assert f"- **changed**: Redis server `{SERVER}`: `metadata.owner`" in done.stdout
    assert "### gra: GRA11" in done.stdout and "### witness" not in done.stdout
    assert "`pulumi up --refresh --stack gra`" in done.stdout


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("", "the preview printed nothing"),
        ('{"steps": []}', "names no resource"),
        ('{"steps": [], "diagnostics": [{"severity": "error", "message": "401 from Keystone"}]}', "401 from Keystone"),
    ],
)
def test_a_site_that_could_not_be_compared_is_an_error(broken: str, says: str, tmp_path: Path) -> None:
    """Exit status 1, also when another site differs: nobody takes it for a clean night."""
    digest = _refresh("gra", changed=SERVER, path="metadata.owner")
    done = _drift(tmp_path, {"sbg": broken, "gra": digest})
    assert done.returncode == 1
    assert "sbg could not be compared." in done.stdout and says in done.stdout
    assert "metadata.owner" in done.stdout
    alone = _drift(tmp_path, {"sbg": broken, "witness": _refresh("witness")})
    assert alone.returncode == 1
    assert "Nothing else differs." in alone.stdout


def _state(type_: str, name: str, outputs: dict[str, object]) -> dict[str, object]:
    return {"urn": f"urn:pulumi:gra::p::{type_}::{name}", "type": type_, "outputs": outputs}


def test_rules_that_somebody_added_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the program's groups, inward, and in no state; not Neutron's own egress, nor groups of somebody else's."""
    states = [
        _state(STACK, "p-gra", {"region": "GRA11"}),
        _state(GROUP, "redis-backbone", {"id": "ours"}),
        _state(RULE, "planned", {"id": "planned"}),
    ]
    steps = [{"op": "refresh", "urn": state["urn"], "oldState": state, "newState": state} for state in states]
    inward = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    rules = [
        SimpleNamespace(id="planned", security_group_id="ours", **inward),
        SimpleNamespace(id="added", security_group_id="ours", remote_ip_prefix="0.0.0.0/0", **inward),
        SimpleNamespace(id="egress", security_group_id="ours", direction="egress"),
        SimpleNamespace(id="foreign", security_group_id="theirs", **inward),
    ]
    asked: list[str] = []

    connection = SimpleNamespace(network=SimpleNamespace(security_group_rules=lambda: iter(rules)))

    def told(region: str, question: Callable[[SimpleNamespace], list[SimpleNamespace]]) -> list[SimpleNamespace]:
        asked.append(region)
        return question(connection)

    monkeypatch.setattr(undeclared_rules, "told", told)
    found = undeclared_rules.undeclared_rules(Preview.model_validate({"steps": steps}))
    assert found == ["redis-backbone: tcp, 22, from 0.0.0.0/0"]
    assert asked == ["GRA11"]


def test_without_credentials_it_says_what_was_not_looked_for(tmp_path: Path) -> None:
    done = _drift(tmp_path, {"gra": _refresh("gra", made=True)})
    assert done.returncode == 0
    assert "Rules that somebody added were not looked for: there are no credentials" in " ".join(done.stdout.split())
