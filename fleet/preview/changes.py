"""What happens to what: the steps of a preview in the words of whoever runs the service."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

from fleet.preview import preview
from fleet.preview.document import Code, Line, joined
from fleet.preview.preview import Preview, ResourceState, Step
from fleet.preview.secrets import in_clear

_DIFF_LINES = 200


class Effect(StrEnum):
    """What happens to a resource; what takes something away comes first."""

    REPLACED = "replaced"
    DELETED = "deleted"
    CHANGED = "changed"
    CREATED = "created"


_EFFECTS = {
    "create": Effect.CREATED,
    "import": Effect.CREATED,
    "update": Effect.CHANGED,
    "replace": Effect.REPLACED,
    "delete": Effect.DELETED,
}
_KINDS = {
    preview.INSTANCE: "server",
    preview.FLOATING_IP: "public address",
    preview.NETWORK: "network",
    preview.PORT: "network card",
    preview.ROUTER: "gateway",
    preview.GROUP: "security group",
    preview.RULE: "rule of a security group",
    preview.PUSH: "pushed configuration",
    preview.LOCAL_COMMAND: "wait until a server is ready",
    preview.SERVER_GROUP: "spread of servers over hosts",
    preview.ASSOCIATION: "way from a public address to its server",
    preview.INTERFACE: "way from a network to its gateway",
    preview.SUBNET: "address range of a network",
}
_ROLES = {"edge": "edge", "meeting": "meeting server", "redis": "Redis server", "witness": "witness"}
# What is a change of its own; the rest comes along with one of these, or has a section of its own.
_MAJOR = {preview.INSTANCE, preview.FLOATING_IP, preview.NETWORK, preview.ROUTER, preview.PUSH}
_REASONS = {
    "userData": "what it boots with changes",
    "imageId": "its image is another one",
    "networks": "its network cards are others",
    "stdin": "the running server takes it",
    "triggers": "its server is a new one",
}


@dataclass(frozen=True)
class Change:
    """One resource that does not stay as it is.

    Attributes:
        effect: what happens to it.
        kind: what it is, in words; for a server, which.
        name: its name in the cloud.
        why: what makes the effect; empty for what is new or goes.
        major: whether it is a change of its own.
        difference: the lines of a text that change; empty where there is no text, or it is a secret.
        step: as the engine has it.
    """

    effect: Effect
    kind: str
    name: str
    why: Line
    major: bool
    difference: str
    step: Step

    @property
    def role(self) -> str:
        """A server's role; empty for anything else."""
        return role(self.step.after or self.step.before)

    @property
    def line(self) -> Line:
        """The change as a line of a list."""
        return (self.kind, " ", Code(self.name), *((": ", *self.why) if self.why else ()))


def changes(of: Preview) -> list[Change]:
    """What changes at one site, by effect and name: the engine's own order differs from run to run."""
    found = [_change(step, _EFFECTS[step.op]) for step in of.steps if step.op in _EFFECTS and step.in_cloud]
    order = list(Effect)
    return sorted(found, key=lambda change: (order.index(change.effect), change.name, change.kind))


def role(state: ResourceState | None) -> str:
    """The role of a server; empty for anything else."""
    if state is None or state.type != preview.INSTANCE:
        return ""
    metadata = state.inputs.get("metadata")
    return str(metadata.get("role", "")) if isinstance(metadata, dict) else ""  # a text: not known yet


def _change(step: Step, effect: Effect) -> Change:
    kind = _ROLES.get(role(step.after or step.before)) or _KINDS.get(step.type) or step.type
    major = step.type in _MAJOR or step.type not in _KINDS
    return Change(effect, kind, preview.name_of(step.urn), _why(step), major, _difference(step), step)


def _why(step: Step) -> Line:
    reasons = step.replace_reasons or step.diff_reasons or ()
    return joined([_reason(step, reason) for reason in dict.fromkeys(reasons)])


def _reason(step: Step, key: str) -> Line:
    if key == "flavorName" and step.before and step.after:
        return (Code(str(step.before.inputs[key])), " becomes ", Code(str(step.after.inputs[key])))
    return (_REASONS[key],) if key in _REASONS else (Code(key), " changes")


def _difference(step: Step) -> str:
    """The pushed text, before and after; only of what neither is a secret nor looks like one."""
    if step.type != preview.PUSH or not (step.before and step.after):
        return ""
    old, new = (str(state.inputs.get("stdin", "")) for state in (step.before, step.after))
    if old == new or preview.SECRET in (old, new) or in_clear(old) or in_clear(new):
        return ""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "after", n=2, lineterm=""))
    more = [f"... and {len(lines) - _DIFF_LINES} lines more"] if len(lines) > _DIFF_LINES else []
    return "\n".join([*lines[:_DIFF_LINES], *more])
