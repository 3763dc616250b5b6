"""Monitoring on the witness: its configuration, pushed with what the deployed sites' stacks know."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Address
from typing import Any

import pulumi

from boot.live import Bundle
from boot.monitoring.status_page import maker_bundle
from boot.monitoring.watched import Watched
from boot.monitoring.witness import alertmanager_bundle, blackbox_bundle, prometheus_bundle
from components.push import push_text
from components.server import Server
from settings.monitoring import Monitoring
from settings.types import SiteName, parse_time

# The output of a site's stack that holds what its gateway carries, Mbit/s; None where it has none.
PUBLIC_MBIT = "public_mbit"
# And how many people it holds.
HOLDS = "holds"
# And when the oldest image that its servers boot was current at the latest.
IMAGE_DATE = "image_date"


def push_monitoring(
    server: Server,
    chosen: Monitoring,
    addresses: Mapping[SiteName, pulumi.Output[str]],
    stacks: Mapping[SiteName, pulumi.StackReference],
    after: Sequence[pulumi.Resource],
) -> None:
    """Have the witness watch the deployed sites.

    Args:
        server: the witness.
        chosen: the environment's monitoring.
        addresses: the other sites' edges' public addresses.
        stacks: the other sites' stacks.
        after: what is pushed to the server before.
    """
    mbit = _by_site({site: stack.get_output(PUBLIC_MBIT) for site, stack in stacks.items()})
    holds = _by_site({site: stack.get_output(HOLDS) for site, stack in stacks.items()})
    dates = {site: stack.get_output(IMAGE_DATE) for site, stack in stacks.items()}
    dates[server.settings.site] = server.image_date
    known = pulumi.Output.all(
        edges=_by_site(addresses), mbit=mbit, holds=holds, dates=_by_site(dates), card=server.card_address
    )
    watched = known.apply(lambda of_the_cloud: _watched(server, chosen, **of_the_cloud))
    before = [*after][-1:]
    for name, make in (("blackbox", blackbox_bundle), ("prometheus", prometheus_bundle)):
        text = watched.apply(partial(_text, make))
        before = [push_text(server, name, text, before)]
    told = alertmanager_bundle(chosen, server.settings.secrets)
    before = [push_text(server, told.name, pulumi.Output.secret(told.text()), before)]
    if chosen.status_page:
        page = maker_bundle(server.settings, chosen.status_page)
        push_text(server, page.name, page.text(), before)


def _by_site(known: Mapping[SiteName, pulumi.Output[Any]]) -> pulumi.Output[dict[str, Any]]:
    # Of nothing, `Output.all` makes a list.
    return pulumi.Output.all(**known) if known else pulumi.Output.from_input({})


def _text(make: Callable[[Watched], Bundle], watched: Watched) -> str:
    return make(watched).text()


_Figures = Mapping[SiteName, float | None]


def _watched(
    server: Server,
    chosen: Monitoring,
    *,
    edges: Mapping[SiteName, str],
    mbit: _Figures,
    holds: _Figures,
    dates: Mapping[SiteName, str | None],
    card: str,
) -> Watched:
    return Watched(
        server.settings,
        chosen,
        {site: IPv4Address(address) for site, address in edges.items()},
        IPv4Address(card),
        {site: int(carried) for site, carried in mbit.items() if carried},
        {site: int(people) for site, people in holds.items() if people},
        {site: int(parse_time(date).timestamp()) for site, date in sorted(dates.items()) if date},
    )
