"""Neutron's linuxbridge agent beside ebtables 1.8.9, which cannot delete a rule with `--among-src`.

The agent deletes such a rule when a port comes back that it has not seen leave, fails, and tries for ever under a lock:
no port of the node is wired any more. Here the port's chain, which has nothing else, is emptied instead.
"""

from neutron.plugins.ml2.drivers.linuxbridge.agent import arp_protect


def _empty_chain(vif: str, _current_rules: list[str]) -> None:
    chain = f"{arp_protect.MAC_CHAIN_PREFIX}{vif}"
    arp_protect.ebtables(["-F", chain])
    arp_protect.ebtables(["-A", chain, "-j", "DROP"])


arp_protect._delete_vif_mac_rules = _empty_chain
