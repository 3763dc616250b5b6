"""`pulumi preview --json` as the engine writes it (PreviewDigest in pulumi/pkg/v3/display), typed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from fleet.outputs import StackOutputs

# What the engine writes in the place of a secret.
SECRET = "[secret]"  # noqa: S105 - the engine's word, not a password
# What it writes in the place of a text that is known only once the change is made (plugin.UnknownStringValue).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

INSTANCE = "openstack:compute/instance:Instance"
FLOATING_IP = "openstack:networking/floatingIp:FloatingIp"
NETWORK = "openstack:networking/network:Network"
PORT = "openstack:networking/port:Port"
SUBNET = "openstack:networking/subnet:Subnet"
ROUTER = "openstack:networking/router:Router"
INTERFACE = "openstack:networking/routerInterface:RouterInterface"
ASSOCIATION = "openstack:networking/floatingIpAssociate:FloatingIpAssociate"
SERVER_GROUP = "openstack:compute/serverGroup:ServerGroup"
GROUP = "openstack:networking/secGroup:SecGroup"
RULE = "openstack:networking/secGroupRule:SecGroupRule"
PUSH = "command:remote:Command"
LOCAL_COMMAND = "command:local:Command"
STACK = "pulumi:pulumi:Stack"

_NOT_AFTER = {"delete", "delete-replaced", "discard"}
# Those of a component are its children's to say; the engine's own are no part of the cloud.
_OURS, _ENGINES = "multiparty-meeting:", "pulumi:"


class PreviewError(Exception):
    """A preview cannot be used; the message says which and why."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class ResourceState(_Read):
    """A resource as it is, or as it will be: inputs as the program gives them, secrets as `[secret]`."""

    urn: str
    type: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    protect: bool = False
    property_dependencies: dict[str, list[str] | None] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name."""
        return name_of(self.urn)


class Step(_Read):
    """What the engine is going to do to one resource."""

    op: str
    urn: str
    before: ResourceState | None = Field(None, alias="oldState")  # none of one that is new
    new_state: ResourceState | None = None
    diff_reasons: tuple[str, ...] | None = None
    replace_reasons: tuple[str, ...] | None = None
    detailed_diff: dict[str, Any] | None = None  # by path

    @property
    def after(self) -> ResourceState | None:
        """The resource after the change; None for one that goes."""
        return None if self.op in _NOT_AFTER else self.new_state

    @property
    def type(self) -> str:
        """The resource's type token."""
        state = self.new_state or self.before
        return state.type if state else ""

    @property
    def in_cloud(self) -> bool:
        """Whether it is a resource of a provider's, and neither a component nor the engine's own."""
        return bool(self.type) and not self.type.startswith((_OURS, _ENGINES))


class Diagnostic(_Read):
    """What the program or the engine said."""

    message: str = ""
    severity: str = ""


class Preview(_Read):
    """The preview of one stack."""

    config: dict[str, str] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    change_summary: dict[str, int] = Field(default_factory=dict)

    @property
    def stack(self) -> str:
        """The stack's name; empty when there is no step."""
        return self.steps[0].urn.removeprefix("urn:pulumi:").partition("::")[0] if self.steps else ""

    @property
    def errors(self) -> list[str]:
        """Why it failed; empty when it did not."""
        return [d.message.strip() for d in self.diagnostics if d.severity == "error"]

    @property
    def warnings(self) -> list[str]:
        """What the program warned of."""
        return [d.message.strip().removeprefix("warning: ") for d in self.diagnostics if d.severity == "warning"]

    @property
    def complete(self) -> bool:
        """Whether what stays as it is was shown too (`--show-sames`)."""
        return self.change_summary.get("same", 0) <= sum(step.op == "same" for step in self.steps)

    @property
    def deployed(self) -> StackOutputs:
        """The outputs that the stack has now; empty before its first deployment."""
        roots = (step.before for step in self.steps if step.type == STACK)
        return StackOutputs.model_validate(next((root.outputs for root in roots if root), {}))

    def before(self, type_: str) -> Iterator[ResourceState]:
        """The resources of a type as they are."""
        return (step.before for step in self.steps if step.type == type_ and step.before)

    def after(self, type_: str) -> Iterator[ResourceState]:
        """The resources of a type as they will be."""
        return (step.after for step in self.steps if step.type == type_ and step.after)


def name_of(urn: str) -> str:
    """A resource's logical name, the last part of its URN."""
    return urn.rsplit("::", 1)[-1]


def read(path: Path) -> Preview:
    """Read a preview.

    Raises:
        PreviewError: the file is not there, or is no preview.
    """
    try:
        text = path.read_text()
    except OSError as error:
        raise PreviewError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PreviewError(f"{path}: is no text in UTF-8") from error
    if not text.strip():
        raise PreviewError("the preview printed nothing: the reason is in the log of this check")
    return parse(text, str(path))


def parse(text: str, origin: str) -> Preview:
    """The preview that a text is.

    Raises:
        PreviewError: it is none; with where it comes from.
    """
    try:
        return Preview.model_validate_json(text)
    except ValidationError as error:
        # Without what was read: it may be anything.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PreviewError(f"{origin}: is no output of `pulumi preview --json`: {where}: {first['msg']}") from error
