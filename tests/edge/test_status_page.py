"""The edge serves its copy of the status page, and nothing else changes: Caddy as edges run it."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from boot.edge.caddy import caddy_bundle
from boot.monitoring.status_page import STATUS_PAGE
from settings.monitoring import Monitoring
from settings.stack import Settings
from settings.status_page import StatusPage
from tests.edge.fleet import DOMAIN, Edge, Fleet
from tests.edge.person import Person

DIRECTORY = STATUS_PAGE.rpartition("/")[0]


def _with_page(given: Settings) -> Settings:
    env = given.env.model_copy(update={"monitoring": Monitoring(webhook=True, status_page=StatusPage())})
    return given.model_copy(update={"environments": {given.environment: env}})


@pytest.fixture(scope="module")
def edge(fleet: Fleet) -> Iterator[Edge]:
    """GRA's edge with the page's route; no copy was fetched yet."""
    found = fleet.edges["gra"]
    found.take(caddy_bundle(_with_page(found.settings)))
    yield found
    found.take(caddy_bundle(found.settings))


def _get(fleet: Fleet, edge: Edge, path: str, *more: str) -> str:
    """Status line, headers and body."""
    curl = ["curl", "--silent", "--include", "--http1.1", "--max-time", "20", "--cacert", str(fleet.cacert)]
    asked = [*curl, "--resolve", f"{DOMAIN}:443:{edge.address}", *more, f"https://{DOMAIN}{path}"]
    return subprocess.run(fleet.wire.command(*asked), capture_output=True, text=True, check=True, timeout=30).stdout


def test_before_the_first_copy_the_edge_says_that_there_is_none(fleet: Fleet, edge: Edge) -> None:
    """And does not lead to an instance, which would open a room of that name."""
    answer = _get(fleet, edge, "/status")
    assert answer.startswith("HTTP/1.1 503 ")
    assert "instance" not in answer


def test_the_copy_is_served_to_everybody_with_its_age(fleet: Fleet, edge: Edge) -> None:
    """As HTML, with the time that it was made at; a browser asks again each time, and gets it only when it is new."""
    edge.run("mkdir", "-p", DIRECTORY)
    edge.run("tee", STATUS_PAGE, stdin="<!doctype html><title>a page</title>")
    edge.run("touch", "--date=2026-11-23T14:28:10Z", STATUS_PAGE)
    for path in ("/status", "/status/", "/status?x=1"):
        answer = _get(fleet, edge, path)
        assert answer.startswith("HTTP/1.1 200 "), path
        assert answer.endswith("<title>a page</title>"), path
    assert "Content-Type: text/html" in answer
    assert "Cache-Control: no-cache" in answer
    assert "Last-Modified: Mon, 23 Nov 2026 14:28:10 GMT" in answer
    policy = re.search(r"^Content-Security-Policy: (.*)$", answer, re.MULTILINE)
    assert policy and "default-src 'none'; " in policy[1] and policy[1].endswith("sandbox allow-scripts")
    assert "X-Content-Type-Options: nosniff" in answer
    again = _get(fleet, edge, "/status", "--header", "If-Modified-Since: Mon, 23 Nov 2026 14:28:10 GMT")
    assert again.startswith("HTTP/1.1 304 ")


def test_nothing_else_of_the_edge_is_another(fleet: Fleet, edge: Edge) -> None:
    """Pages, rooms, names that only begin alike, and files beside the page."""
    assert edge.settings.site == "gra"
    person = Person(fleet, "gra")
    for path in ("/", "/status-meeting", "/status/index.html", "/room"):
        assert person.get(path)["instance"] == "gra-1", path
    assert person.asks("status") == "gra-1"
