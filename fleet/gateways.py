"""Whether each site's gateway has the size that its stack gave it, as the cloud says."""

from functools import partial

from fleet.bounded import NoAnswer, ask
from fleet.cloud import ASK_SECONDS, Connection, told
from fleet.finding import Finding
from fleet.fleet import Fleet
from settings.gateway import QOS_POLICY

# What is exported may be of another version.
_BY_SIZE = {str(size): policy for size, policy in QOS_POLICY.items()}


def gateway_findings(deployed: Fleet) -> list[Finding]:
    """A finding for each gateway that its region has; a region that does not say has one of its own elsewhere."""
    regions = sorted({gateway.region for gateway in deployed.gateways})
    answers = ask({region: partial(told, region, _policies) for region in regions}, ASK_SECONDS)
    findings = []
    for gateway in deployed.gateways:
        found = answers[gateway.region]
        if isinstance(found, NoAnswer) or gateway.name not in found:
            continue
        has, wanted = found[gateway.name], _BY_SIZE.get(gateway.size)
        said = f"size {gateway.size} is {wanted}; the cloud has {has or 'none'}"
        findings.append(Finding(f"gateway {gateway.name}", has == wanted, said))
    return findings


def _policies(connection: Connection) -> dict[str, str | None]:
    """The name of the QoS policy of each router's external gateway, by the router's."""
    names = {policy.id: str(policy.name) for policy in connection.network.qos_policies()}
    return {
        str(router.name): names.get((router.external_gateway_info or {}).get("qos_policy_id"))
        for router in connection.network.routers()
    }
