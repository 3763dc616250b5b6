"""Security groups, made from the table of rules: one for each role and network card."""

import pulumi
import pulumi_openstack as openstack

from components.base import Component
from settings.addresses import Role
from settings.rules import Nic, Rule, groups, rules
from settings.stack import Settings


class Security(Component):
    """The groups of a site, to be put on ports. Neutron gives each new one egress, and nothing else."""

    TYPE = "multiparty-meeting:security:Security"

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, settings, opts)
        self.groups = {
            (role, nic): openstack.networking.SecGroup(
                self.cloud_name(f"{role}-{nic}"),
                name=self.cloud_name(f"{role}-{nic}"),
                description=self.description(role),
                opts=self.child(),
            )
            for role, nic in groups(settings)
        }
        self.rules = [self._rule(rule) for rule in rules(settings)]
        self.register_outputs({"groups": [group.id for group in self.groups.values()]})

    def of(self, role: Role, nic: Nic) -> openstack.networking.SecGroup:
        """The group of a role's ports on one of its networks."""
        return self.groups[role, nic]

    def _rule(self, rule: Rule) -> openstack.networking.SecGroupRule:
        group = self.of(rule.role, rule.nic)
        return openstack.networking.SecGroupRule(
            f"{self.cloud_name(f'{rule.role}-{rule.nic}')}-{rule.protocol}-{rule.ports}-from-{rule.source}",
            description=rule.why,
            direction="ingress",
            ethertype="IPv4",
            protocol=rule.protocol,
            port_range_min=rule.first,
            port_range_max=rule.last,
            remote_ip_prefix=str(rule.source),
            security_group_id=group.id,
            # Rules go with their group: deleting them one by one takes a call and a lock each. Other words for the same
            # rule would replace it, and Neutron refuses its successor while it is there.
            opts=self.child(deleted_with=group, ignore_changes=["description"]),
        )
