"""The other sites' public addresses: only their stacks know them, so those that are deployed are asked."""

from collections.abc import Iterator, Mapping
from functools import partial

import pulumi

from components.lookup import reason
from settings import PROJECT
from settings.addresses import Role
from settings.stack import Settings
from settings.types import SiteName

# A function of the engine's own; unlike a StackReference's, its errors can be caught.
_READ_OUTPUTS = "pulumi:pulumi:readStackOutputs"
# The output of a site's stack that holds its meeting nodes' public addresses, by server.
ANNOUNCED = "announced_ip"


def nameserver_output(settings: Settings, site: SiteName) -> str:
    """The output of a site's stack that holds its nameserver's address."""
    return "nameserver_address" if site == settings.env.witness else "edge_address"


def check_peers(settings: Settings) -> None:
    """Look whether every stack that will be asked can answer; before anything is registered.

    Raises:
        pulumi.RunError: one line for each that cannot: stack, key, value and what is allowed.
    """
    problems = [
        f"stack {settings.stack}: environments.{settings.environment}.deployed = {site!r}: {problem}"
        for site in _asked(settings)
        if (problem := _problem(settings, site))
    ]
    if problems:
        raise pulumi.RunError("\n".join(problems))


def peer_stacks(settings: Settings, opts: pulumi.ResourceOptions) -> dict[SiteName, pulumi.StackReference]:
    """The stacks of the other deployed sites, where somebody here has to know of them."""
    return {site: pulumi.StackReference(_full_name(settings, site), opts=opts) for site in _asked(settings)}


def peer_addresses(
    settings: Settings, stacks: Mapping[SiteName, pulumi.StackReference]
) -> dict[SiteName, pulumi.Output[str]]:
    """The other sites' edges' addresses, and with a zone the witness' too."""
    return {site: stack.require_output(nameserver_output(settings, site)) for site, stack in stacks.items()}


def peer_relays(
    settings: Settings, stacks: Mapping[SiteName, pulumi.StackReference]
) -> list[pulumi.Output[dict[str, str]]]:
    """The other sites' meeting nodes' addresses, by the names of their TURN servers; those that their stacks know."""
    sites = [site for site in stacks if site in settings.env.service_sites and settings.env.relay_names(site)]
    return [stacks[site].get_output(ANNOUNCED).apply(partial(_named, settings, site)) for site in sites]


def _named(settings: Settings, site: SiteName, announced: Mapping[str, str] | None) -> dict[str, str]:
    nodes = {
        settings.server_name(Role.MEETING, ordinal, site): name
        for ordinal, name in enumerate(settings.env.relay_names(site), 1)
    }
    return {nodes[server]: address for server, address in (announced or {}).items() if server in nodes}


def _asked(settings: Settings) -> Iterator[SiteName]:
    env = settings.env
    watches = env.monitoring is not None and settings.site == env.witness
    deployed = env.deployed if env.dns or watches else ()
    return (site for site in settings.env.sites if site in deployed and site != settings.site)


def _full_name(settings: Settings, site: SiteName) -> str:
    """As every backend takes it; one that is no service of Pulumi's calls its only organisation "organization"."""
    return f"{pulumi.get_organization()}/{PROJECT}/{settings.peer_stack(site)}"


def _problem(settings: Settings, site: SiteName) -> str | None:
    name, output = _full_name(settings, site), nameserver_output(settings, site)
    try:
        found = pulumi.runtime.invoke(_READ_OUTPUTS, {"name": name}).value or {}
    except Exception as error:  # the SDK has no narrower one
        return f"{reason(error)}; deployed may name only sites whose stacks are there"
    if not found["outputs"].get(output):
        peer = settings.peer_stack(site)
        return f"stack {name} has no output {output} yet: pulumi up --stack {peer} first, or leave {site} out"
    return None
