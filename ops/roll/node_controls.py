"""What an operator does to one meeting server, while the others of its site go on."""

import json
from dataclasses import replace
from functools import partial

from fleet import ssh
from fleet.fleet import DeployedServer
from fleet.opening import opening_findings
from fleet.preview.changes import Effect, changes
from fleet.preview.preview import INSTANCE, LOCAL_COMMAND, name_of
from fleet.rooms import instance_name
from fleet.stacks import Stack
from ops.roll.plan import Situation
from ops.roll.previewed import previewed
from ops.roll.roll import StoppedError
from ops.roll.site_controls import Operator, SiteControls
from settings.environment import Environment
from settings.secrets import fingerprints

# A room is opened in it, and the login may be through the second edge.
_OPEN_SECONDS = 60


class NodeControls(SiteControls):
    """See `ops.roll.roll.Controls`, whose methods these are; the server is made anew though nothing of it changes."""

    def __init__(
        self, server: DeployedServer, stacks: dict[str, Stack], environment: Environment, operator: Operator
    ) -> None:
        """`stacks`: those of all the environment's sites, by site."""
        self._node = server.name
        super().__init__(server.site, stacks, environment, operator)
        self._leaving = frozenset({server.name})

    def situation(self) -> Situation:
        """How the server is; what a preview does is printed, and has to replace it."""
        stack = self._stacks[self._site]
        self._options = only(stack, self._node)
        preview = previewed(stack, self._environment, *self._options)
        found = changes(preview)
        for change in found:
            words = "".join(span if isinstance(span, str) else span.text for span in change.line)
            print(f"preview: {change.effect}: {words}")
        # It would be deleted, and not made again.
        kept = f"{self._node} stays as it is, and cannot be made anew"
        if gone := [line for line in preview.warnings if kept in line]:
            raise StoppedError("; ".join(gone))
        if not any(change.name == self._node and change.effect is Effect.REPLACED for change in found):
            raise StoppedError(f"the preview does not replace {self._node}")
        return replace(self.standing(), changed=True, leaving=frozenset({"meeting"}))

    def lacking(self, *, own: bool, others: bool) -> list[str]:
        """What is not healthy; on the server itself a room has to open."""
        found = super().lacking(own=own, others=others)
        if own:
            alone = replace(self._fleet, servers=tuple(self._own("meeting")))
            opened = opening_findings(alone, partial(ssh.run, self._config, timeout=_OPEN_SECONDS))
            found += [f"{finding.what}: {finding.said}" for finding in opened if not finding.good]
        return found

    def _own(self, role: str) -> list[DeployedServer]:
        return [server for server in super()._own(role) if role != "meeting" or server.name == self._node]

    def _is_concerned(self, server: DeployedServer) -> bool:
        return server.name == self._node

    def _is_out(self) -> bool:
        """No nameserver names a meeting server."""
        return False

    def _taken_out(self) -> list[str]:
        own = instance_name(self._node, self._site)
        return [said for said in super()._taken_out() if f" {own} " in said]


def only(stack: Stack, name: str) -> tuple[str, ...]:
    """What has the CLI make one server of a stack anew, and nothing else: not those that wait for it either.

    Raises:
        StoppedError: the state has no such server, or the stack would note that its servers have taken secrets.
    """
    here, taken = fingerprints(stack.secrets()), stack.deployed_secrets()
    if waiting := [key for key, value in here.items() if taken.get(key, value) != value]:
        raise StoppedError(
            f"stack {stack.name}: its servers have not taken {', '.join(waiting)} yet, and one alone must not: "
            f"make roll SITE={stack.raw()['site']}"
        )
    held = json.loads(stack.pulumi("stack", "export"))["deployment"]["resources"]
    server = next((one for one in held if one["type"] == INSTANCE and name_of(one["urn"]) == name), None)
    if server is None:
        raise StoppedError(
            f"stack {stack.name} has no server {name} in its state: make roll SITE={stack.raw()['site']}"
        )
    # What waits until it is ready is made anew with it, and has its component as a parent.
    parent = server.get("parent")
    waits = [one["urn"] for one in held if one["type"] == LOCAL_COMMAND and one.get("parent") == parent]
    targets = [word for urn in (server["urn"], *waits) for word in ("--target", urn)]
    return ("--replace", server["urn"], *targets)
