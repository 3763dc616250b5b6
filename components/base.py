"""What every component shares: its type, its children's options, names and descriptions."""

from typing import ClassVar

import pulumi

from settings import PROJECT
from settings.addresses import Role
from settings.stack import Settings


class Component(pulumi.ComponentResource):
    """A component with a stable type token: renaming one would replace what every user has deployed."""

    TYPE: ClassVar[str]

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, None, opts)
        self.settings = settings

    def child(self, **options: object) -> pulumi.ResourceOptions:
        """Options of a child resource: this component is its parent, and hands its provider down."""
        return pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions(parent=self),
            pulumi.ResourceOptions(**options),  # type: ignore[arg-type] # the keywords are ResourceOptions' own
        )

    def cloud_name(self, what: str) -> str:
        """The name of a resource in the cloud, where people of several environments read it."""
        return f"{self.settings.environment}-{self.settings.site}-{what}"

    def description(self, role: Role | None = None) -> str:
        """Says in the cloud whose a resource is; Neutron keeps it with the resource, at no further call."""
        labels = self.labels(role)
        return " ".join(f"{key}={labels[key]}" for key in labels)

    def labels(self, role: Role | None = None) -> dict[str, str]:
        """Metadata: project, stack, environment, site and role; of a test environment also when it expires."""
        labels = {
            "project": PROJECT,
            "stack": self.settings.stack,
            "environment": self.settings.environment,
            "site": self.settings.site,
        }
        expires = self.settings.env.expires
        return labels | ({"role": str(role)} if role else {}) | ({"expires": expires} if expires else {})
