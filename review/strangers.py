"""Rules that somebody added to the program's security groups: no state knows them, so no refresh can tell."""

import os
from collections.abc import Iterable

from review.asking import AskingError
from review.preview import GROUP, RULE, Preview
from review.quota import CONNECTING


def strangers(preview: Preview) -> list[str]:
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
    return sorted(
        f"{groups[rule.security_group_id]}: {_words(rule)}"
        for rule in _rules(str(preview.deployed.get("region", "")))
        if rule.security_group_id in groups and rule.direction == "ingress" and rule.id not in known
    )


def _rules(region: str) -> Iterable:  # type: ignore[type-arg] # the SDK ships no types
    if not region or not (os.environ.get("OS_AUTH_URL") or os.environ.get("OS_CLOUD")):
        raise AskingError("there are no credentials of the cloud to ask it with")
    # The SDK takes a second to import: where nobody is asked nobody waits for it.
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415
    from openstack.exceptions import SDKException  # noqa: PLC0415

    from ops.cloud import connect  # noqa: PLC0415

    try:
        with CONNECTING:
            connection = connect(region)
        return list(connection.network.security_group_rules())
    except (ClientException, SDKException) as error:
        raise AskingError(f"{region} does not say: {type(error).__name__}") from error


def _words(rule: object) -> str:
    """What a rule of the API lets in."""
    first, last = getattr(rule, "port_range_min", None), getattr(rule, "port_range_max", None)
    ports = "every port" if first is None else f"{first}" if first == last else f"{first}-{last}"
    source = getattr(rule, "remote_ip_prefix", None) or getattr(rule, "remote_group_id", None) or "everywhere"
    return f"{getattr(rule, 'protocol', None) or 'every protocol'}, {ports}, from {source}"
