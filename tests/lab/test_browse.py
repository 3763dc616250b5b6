"""The addresses that `make demo` ends with, asked as a browser on this machine would: outside of the lab's network."""

import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from fleet.fleet import Fleet
from lab import browse
from lab import network_namespace as network
from lab.deployment import Deployment


def test_pages_are_reached_from_this_machines_loopback(deployment: Deployment, fleet: Fleet) -> None:
    """Meeting pages and the status page by both edges, and Prometheus; without a certificate of theirs."""
    seen: dict[str, tuple[int, str]] = {}

    def look() -> None:
        network.alone()  # a network that has no way into the lab but what is tested
        for name, url in browse.open_pages(deployment, fleet).items():
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own http URLs
                    seen[name] = answer.status, answer.read().decode(errors="replace")
            except urllib.error.HTTPError as error:
                seen[name] = error.code, ""

    with ThreadPoolExecutor(1) as other:  # a network is a thread's: this one stays where it is
        other.submit(look).result(timeout=600)
    pages = [name for name in seen if name.startswith("meetings")]
    assert len(pages) == len(fleet.of("edge")), seen.keys()
    assert all(seen[name][0] == 200 and re.search("<html", seen[name][1]) for name in pages), seen
    assert seen["Prometheus"][0] == 200
    assert all(seen[name][0] in (200, browse.NOT_MADE_YET) for name in seen if name.startswith("status")), seen
