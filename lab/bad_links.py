"""Links that are not cut but bad: one way, lossy, slow; at the cables of the regions to the backbone.

The calling thread is inside the lab's network (`Lab.network`). Each is mended at the end of its `with`; what an
interrupted run left goes with the next one, or with the lab.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from lab.cloud import layout
from lab.deployment import Deployment
from lab.outages import region_of

Way = Literal["unheard", "deaf"]

_TABLE = "bad_links"
# A bucket of a few packets, and how long a packet may wait for it before it is dropped (tc-tbf(8)).
_BUCKET = ("burst", "5kb", "latency", "200ms")


@contextmanager
def one_way(deployment: Deployment, site: str, way: Way) -> Iterator[None]:
    """A site whom the other sites do not hear on the backbone (`unheard`), or that does not hear them (`deaf`)."""
    end = {"unheard": "iifname", "deaf": "oifname"}[way]
    with _dropping(deployment, f"{end} {_plug(site)}"):
        yield


@contextmanager
def lossy(deployment: Deployment, site: str, percent: int) -> Iterator[None]:
    """A site of whose packets on the backbone so many of a hundred are lost, either way, by chance."""
    with _dropping(
        deployment, *(f"{end} {_plug(site)} numgen random mod 100 < {percent}" for end in ("iifname", "oifname"))
    ):
        yield


@contextmanager
def slow(deployment: Deployment, site: str, kbit: int) -> Iterator[None]:
    """A site whose cable to the backbone takes so many kbit/s, either way."""
    region = region_of(site).slug
    ends = (["tc", "qdisc"], _plug(site)), (["tc", "-n", region, "qdisc"], layout.far_end("vrack"))
    try:
        for tc, device in ends:
            deployment.lab.said([*tc, "replace", "dev", device, "root", "tbf", "rate", f"{kbit}kbit", *_BUCKET])
        yield
    finally:
        for tc, device in ends:
            deployment.lab.said([*tc, "delete", "dev", device, "root"])


@contextmanager
def _dropping(deployment: Deployment, *which: str) -> Iterator[None]:
    """Drop packets between the regions, by nftables on the bridge that is the backbone."""
    rules = [
        f"add table bridge {_TABLE}",  # there or not, it goes
        f"delete table bridge {_TABLE}",
        f"add table bridge {_TABLE}",
        f"add chain bridge {_TABLE} forward {{ type filter hook forward priority 0; }}",
        *(f"add rule bridge {_TABLE} forward {packets} counter drop" for packets in which),
    ]
    deployment.lab.said(["nft", "; ".join(rules)])
    try:
        yield
    finally:
        deployment.lab.said(["nft", "delete", "table", "bridge", _TABLE])


def _plug(site: str) -> str:
    return region_of(site).device("vrack")
