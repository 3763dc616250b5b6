"""The status page's way to people: the bundles of witness and edges, the edge's route, the port, the settings."""

import json
import os
import subprocess
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from boot.edge.caddy import caddy_bundle
from boot.edge.caddyfile import caddyfile
from boot.edge.edge import edge, edge_bundles
from boot.live import Bundle
from boot.monitoring.status_page import STATUS_PAGE, copy_bundle, maker_bundle
from boot.monitoring.status_page_program.model import Config
from settings.addresses import Role
from settings.load import SettingsError
from settings.rules import rules
from settings.status_page import StatusPage
from tests.configuration import settings
from tests.unit.boot.golden import CLUSTER, MONITORED
from tests.unit.disk import program

PAGE = StatusPage()
PAGED = MONITORED | {"env.monitoring.status_page": {}}


def _laid_out(bundle: Bundle, root: Path) -> Path:
    for name, text in bundle.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def _judged(bundle: Bundle, root: Path) -> "subprocess.CompletedProcess[str]":
    program("systemd-analyze", "systemd")
    environment = {**os.environ, "DIR": str(root)}
    return subprocess.run(
        ["sh", "-c", bundle.check], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


BUNDLES = {"witness": maker_bundle(settings("witness"), PAGE), "gra": copy_bundle(settings("gra"))}


@pytest.mark.parametrize("stack", BUNDLES)
def test_the_server_judges_program_and_units_before_it_takes_them(stack: str, tmp_path: Path) -> None:
    """The bundle's own check says nothing of a good one, and refuses a bad unit, a bad timer, a program cut short."""
    bundle = BUNDLES[stack]
    done = _judged(bundle, _laid_out(bundle, tmp_path / "good"))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    timer = bundle.files["status-page.timer"].replace("OnCalendar=", "OnCalendar=soon ")
    unit = bundle.files["status-page.service"].replace("/usr/bin/", "/usr/nowhere/")
    spoilt = [{"status-page.timer": timer}, {"status-page.service": unit}]
    if stack == "witness":
        spoilt.append({"status_page/page.py": bundle.files["status_page/page.py"][:2000]})
    for number, changed in enumerate(spoilt):
        bad = replace(bundle, files=bundle.files | changed)
        assert _judged(bad, _laid_out(bad, tmp_path / str(number))).returncode, changed.keys()


@pytest.mark.parametrize("stack", BUNDLES)
def test_units_are_confined(stack: str) -> None:
    """No service is root's, each may talk to named addresses only and writes one directory."""
    services = {name: text for name, text in BUNDLES[stack].files.items() if name.endswith(".service")}
    assert len(services) == (2 if stack == "witness" else 1)
    for name, text in services.items():
        lines = text.splitlines()
        assert {"IPAddressDeny=any", "ProtectSystem=strict", "StateDirectory=status-page"} <= set(lines), name
        assert {"User=prometheus", "User=caddy"} & set(lines), name


def test_the_edges_fetch_what_the_witness_serves() -> None:
    """The same address, port and file on both sides; a copy takes its place whole."""
    served = BUNDLES["witness"].files["status-page-server.service"]
    assert "--bind 10.17.2.6 --directory /var/lib/status-page 8080" in served
    assert "IPAddressAllow=10.17.2.6 10.17.0.4 10.17.1.4\n" in served
    fetched = BUNDLES["gra"].files["status-page.service"]
    curl, move = [line for line in fetched.splitlines() if line.startswith("ExecStart=")]
    assert curl.endswith(f"--output {STATUS_PAGE}.new http://10.17.2.6:8080/index.html")
    assert move == f"ExecStart=/usr/bin/mv {STATUS_PAGE}.new {STATUS_PAGE}"
    assert BUNDLES["gra"].files == copy_bundle(settings("sbg")).files


def test_the_page_is_made_as_often_as_there_is_something_new() -> None:
    """And is fetched a moment later."""
    for interval, made, copied in (("15s", "*:*:00/30", "*:*:10/30"), ("30s", "*:*:00", "*:*:10")):
        given = settings("gra", PAGED | {"env.monitoring.scrape_interval": interval})
        assert f"OnCalendar={made}\n" in maker_bundle(given, PAGE).files["status-page.timer"]
        assert f"OnCalendar={copied}\n" in copy_bundle(given).files["status-page.timer"]


def test_the_program_is_told_nothing_that_is_secret() -> None:
    """All that it is told, by the keys that it reads."""
    told = json.loads(BUNDLES["witness"].files["settings.json"])
    assert set(told) == {field.name for field in fields(Config)}
    assert told == {
        "title": "meeting.organisation.fr",
        "language": "fr",
        "sites": ["gra", "sbg"],
        "redis": ["gra", "sbg", "witness"],
        "one_master": True,
        "prometheus": "http://127.0.0.1:9090",
        "file": STATUS_PAGE,
    }
    page = StatusPage(title="Réunions", language="en")
    told = json.loads(maker_bundle(settings("witness", CLUSTER), page).files["settings.json"])
    assert (told["title"], told["language"], told["one_master"]) == ("Réunions", "en", False)


def test_without_a_page_nothing_of_it_is_anywhere() -> None:
    """And with it the edge's other bundles are what they were, but for the route; no boot document knows of it."""
    given, paged = settings("gra", MONITORED), settings("gra", PAGED)
    without, with_page = edge_bundles(given), edge_bundles(paged)
    assert [bundle.name for bundle in with_page] == [*(bundle.name for bundle in without), "status-page"]
    assert with_page[:-2] == without[:-1]
    assert not [bundle for bundle in without if "status-page" in bundle.text()]
    assert rules(settings("witness", MONITORED)) == [
        rule for rule in rules(settings("witness", PAGED)) if rule.first != 8080
    ]
    assert edge(paged) == edge(given)


def test_the_route_stands_beside_the_others_and_changes_none() -> None:
    """The Caddyfile with the page is the one without it and one block more, at the path of the settings."""
    plain = caddyfile(settings("gra", MONITORED))
    given = settings("gra", PAGED | {"env.monitoring.status_page.path": "/etat"})
    text = caddyfile(given)
    assert text != plain
    before, rest = text.split("\n\t@status path /etat /etat/\n", 1)
    block, after = rest.split("\n\t}\n", 1)
    assert before + after == plain
    assert f"root * {STATUS_PAGE.rpartition('/')[0]}\n" in block
    assert caddy_bundle(given).files["Caddyfile"] == text


def test_the_witness_opens_its_port_to_the_edges_alone() -> None:
    opened = [rule for rule in rules(settings("witness", PAGED)) if rule.first <= 8080 <= rule.last]
    assert [(rule.role, rule.nic, str(rule.source), rule.protocol, rule.ports) for rule in opened] == [
        (Role.WITNESS, "backbone", "10.17.0.4/32", "tcp", "8080"),
        (Role.WITNESS, "backbone", "10.17.1.4/32", "tcp", "8080"),
    ]
    assert not [rule for rule in rules(settings("gra", PAGED)) if rule.first == 8080]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"path": "status"}, "must be a path of one part"),
        ({"path": "/a/b"}, "must be a path of one part"),
        ({"path": "/"}, "must be a path of one part"),
        ({"path": "/Status"}, "must be a path of one part"),
        ({"language": "de"}, "'en' or 'fr'"),
        ({"title": ""}, "at least 1 character"),
        ({"port": 80}, "Extra inputs are not permitted"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_in_words(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        StatusPage.model_validate(values)


@pytest.mark.parametrize(
    ("path", "changes"), [("/health", {}), ("/auth", {}), ("/alive", {"env.edge.health.uri": "/alive"})]
)
def test_a_path_of_the_services_own_is_refused(path: str, changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=rf"monitoring\.status_page\.path = '{path}': is the service's own"):
        settings("gra", PAGED | changes | {"env.monitoring.status_page.path": path})


def test_what_nothing_forbids_is_accepted() -> None:
    given = {"path": "/etat-du-service", "title": "État", "language": "fr"}
    page = settings("gra", MONITORED | {"env.monitoring.status_page": given}).env.status_page
    assert page == StatusPage(path="/etat-du-service", title="État", language="fr")
