"""Rules that somebody added to the program's security groups: no state knows them, so no refresh can tell."""

from fleet.bounded import AskingError
from fleet.cloud import told
from fleet.preview.preview import GROUP, RULE, Preview


def undeclared_rules(preview: Preview) -> list[str]:
    """Ask a site's region, with the credentials of the environment, for ingress rules that its state does not have.

    Returns:
        Each rule in words: its group, and what it lets in.

    Raises:
        AskingError: there are no credentials, or the region does not say.
    """
    groups = {str(state.outputs.get("id")): state.name for state in preview.before(GROUP)}
    known = {str(state.outputs.get("id")) for state in preview.before(RULE)}
    if not groups:
        return []
    if not (region := preview.deployed.region):
        raise AskingError("the state names no region to ask")
    rules = told(region, lambda connection: list(connection.network.security_group_rules()))
    return sorted(
        f"{groups[rule.security_group_id]}: {_words(rule)}"
        for rule in rules
        if rule.security_group_id in groups and rule.direction == "ingress" and rule.id not in known
    )


def _words(rule: object) -> str:
    """What a rule of the API lets in."""
    first, last = getattr(rule, "port_range_min", None), getattr(rule, "port_range_max", None)
    ports = "every port" if first is None else f"{first}" if first == last else f"{first}-{last}"
    source = getattr(rule, "remote_ip_prefix", None) or getattr(rule, "remote_group_id", None) or "everywhere"
    return f"{getattr(rule, 'protocol', None) or 'every protocol'}, {ports}, from {source}"
