"""A site built against Pulumi's mocks: every registration is kept, with its options, as the engine would get it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import grpc
import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from components.outputs import outputs
from components.site import Site
from settings import PROJECT
from tests.configuration import IMAGE_ID, OTHER_IMAGE_ID, settings

EXTERNAL = "external-network-id"
INSTANCE, PORT = "openstack:compute/instance:Instance", "openstack:networking/port:Port"
FLOATING_IP = "openstack:networking/floatingIp:FloatingIp"
ASSOCIATION = "openstack:networking/floatingIpAssociate:FloatingIpAssociate"
GROUP, RULE = "openstack:networking/secGroup:SecGroup", "openstack:networking/secGroupRule:SecGroupRule"
NETWORK, SUBNET = "openstack:networking/network:Network", "openstack:networking/subnet:Subnet"
ROUTER, INTERFACE = "openstack:networking/router:Router", "openstack:networking/routerInterface:RouterInterface"
REMOTE_COMMAND = "command:remote:Command"
STACK_REFERENCE = "pulumi:pulumi:StackReference"
SERVER_GROUP, COMMAND = "openstack:compute/serverGroup:ServerGroup", "command:local:Command"
_SECRET = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Registered:
    """One resource as it was registered: its inputs in the clear, its options as the protocol has them."""

    urn: str
    id: str
    type: str
    name: str
    inputs: dict[str, Any]
    options: resource_pb2.RegisterResourceRequest

    def is_secret(self, key: str) -> bool:
        """Whether an input is marked as a secret, and so is encrypted in the state."""
        value = self.options.object.fields[key].struct_value
        return _SECRET in value.fields

    @property
    def depends_on(self) -> set[str]:
        """The URNs that must stand before this one, by option or by an input."""
        return set(self.options.dependencies)


class UnknownStack(grpc.RpcError):  # type: ignore[misc] # grpc has no types
    """As the engine says it: an error of the protocol, which the SDK makes an exception of."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def code(self) -> grpc.StatusCode:
        """The kind of error."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """The engine's words."""
        return f'invocation of pulumi:pulumi:readStackOutputs returned an error: unknown stack "{self.name}"'


class Refused(grpc.RpcError):  # type: ignore[misc] # grpc has no types
    """What a provider's function answers when it finds nothing."""

    def code(self) -> grpc.StatusCode:
        """The kind of error."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """The provider's words."""
        return f"invocation of a function returned an error: {self}"


@dataclass
class Cloud(mocks.Mocks):
    """Ids and addresses that a cloud would give out; each floating IP and external port has its own."""

    addresses: dict[str, str] = field(default_factory=dict)
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Names that look-ups do not find.
    missing: frozenset[str] = frozenset()
    # When servers were made, by name and in the provider's words.
    created: dict[str, str] = field(default_factory=dict)
    # What the stack's state holds: type and outputs, by URN.
    state: dict[str, dict[str, Any]] = field(default_factory=dict)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The look-ups there are: a stack's outputs and its state, and what a region has."""
        return self._said(args.token.rpartition(":")[2], args.args), []

    def _said(self, function: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = str(asked.get("name"))
        match function:
            case "readStackResourceOutputs":
                found: dict[str, Any] = {"name": asked["stackName"], "outputs": self.state}
            case "readStackOutputs":
                if name not in self.stacks:
                    raise UnknownStack(name)
                found = {"name": name, "outputs": self.stacks[name], "secretOutputNames": []}
            case "getQosPolicy" | "getFlavor":
                if name in self.missing:
                    raise Refused("Your query returned no results. Please change your search criteria and try again.")
                found = {"id": f"{name}-id", "name": name}
            case "getImageIds":
                found = {"ids": self._images(asked)}
            case "getAvailabilityZones":
                found = {"names": [f"eu-west-par-{zone}" for zone in "abc"]}
            case _:
                assert (function, name, asked["external"]) == ("getNetwork", "Ext-Net", True)
                found = {"id": EXTERNAL, "name": "Ext-Net"}
        return found

    def _images(self, asked: Mapping[str, Any]) -> list[str]:
        """The images that there are, by their name and by whether they are hidden; `missing` may have either."""
        if IMAGE_ID in self.missing or (asked.get("name") and asked["name"] in self.missing):
            return []
        return [] if asked.get("hidden") else [IMAGE_ID, OTHER_IMAGE_ID]

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """What the cloud adds to what was asked for."""
        computed: dict[str, Any] = {}
        if args.typ == FLOATING_IP:
            computed["address"] = self._next_address(args.name)
        if args.typ == PORT:
            computed["allFixedIps"] = ["2001:db8::7", "192.168.64.7"]
            if args.inputs["networkId"] == EXTERNAL:
                computed["allFixedIps"] = ["2001:db8::7", self._next_address(args.name)]
        if args.typ == STACK_REFERENCE:
            computed["outputs"] = self.stacks[args.inputs["name"]]
        if args.typ == INSTANCE:
            computed["created"] = self.created.get(args.name, "2026-11-27 14:32:07 +0000 UTC")
        if args.typ == COMMAND:
            computed["stdout"] = f"ssh-ed25519 {args.name}"
        return f"{args.name}-id", {**args.inputs, **computed}

    def _next_address(self, name: str) -> str:
        """The same for a name in whatever order servers are made; no two names of a test's have one."""
        number = crc32(name.encode())
        return self.addresses.setdefault(name, f"198.18.{number >> 8 & 0xFF}.{number & 0xFF}")


def _in_clear(value: Any) -> Any:  # noqa: ANN401 - whatever an input may be
    return value["value"] if isinstance(value, dict) and _SECRET in value else value


class Recorder(mocks.MockMonitor):
    """Keeps the requests themselves: mocks are told nothing of options."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.registered: list[Registered] = []

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802, ANN401 - the protocol's
        """One request of the engine's protocol."""
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK's own has no types
        if request.type != "pulumi:pulumi:Stack":
            inputs = {key: _in_clear(value) for key, value in rpc.deserialize_properties(request.object).items()}
            kept = Registered(response.urn, response.id, request.type, request.name, inputs, request)
            self.registered.append(kept)
        return response


@dataclass(frozen=True)
class Deployed:
    """A site with everything that was registered for it, in that order."""

    registered: list[Registered]
    addresses: dict[str, str]
    exported: dict[str, Any]

    def all(self, type_: str) -> list[Registered]:
        """The resources of a type; there is at least one."""
        found = [resource for resource in self.registered if resource.type == type_]
        assert found, f"no {type_} among {sorted({resource.type for resource in self.registered})}"
        return found

    def none(self, type_: str) -> bool:
        """Whether there is no resource of a type."""
        return not [resource for resource in self.registered if resource.type == type_]

    def one(self, type_: str, name: str) -> Registered:
        """The resource of a type and a name."""
        (found,) = [resource for resource in self.all(type_) if resource.name == name]
        return found

    def by_urn(self, urn: str) -> Registered:
        """The resource that a URN names."""
        (found,) = [resource for resource in self.registered if resource.urn == urn]
        return found


def run(
    stack: str,
    program: Callable[[], pulumi.Output[Any] | None],
    stacks: Mapping[str, dict[str, Any]] | None = None,
    *,
    preview: bool = False,
    addresses: Mapping[str, str] | None = None,
    state: Mapping[str, dict[str, Any]] | None = None,
    missing: frozenset[str] = frozenset(),
    created: Mapping[str, str] | None = None,
) -> tuple[Recorder, Cloud]:
    """Run a program against the mocks, beside other stacks' outputs, and wait until everything is registered."""
    cloud = Cloud(dict(addresses or {}), dict(stacks or {}), missing, dict(created or {}), dict(state or {}))
    recorder = Recorder(cloud)
    # Whoever ran a loop to its end before, in this process, has left none; the SDK does not make one.
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(cloud, project=PROJECT, stack=stack, preview=preview, monitor=recorder, organization="organization")
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK's own has no types
    return recorder, cloud


def deploy(
    stack: str = "gra",
    changes: Mapping[str, Any] | None = None,
    stacks: Mapping[str, dict[str, Any]] | None = None,
    *,
    addresses: Mapping[str, str] | None = None,
    missing: frozenset[str] = frozenset(),
    state: Mapping[str, dict[str, Any]] | None = None,
    created: Mapping[str, str] | None = None,
) -> Deployed:
    """Build a stack's site, wait until everything is registered, and say what was.

    Public addresses are given out in the order in which they are asked for, but for those of `addresses`, by name.
    """
    given = settings(stack, changes)
    exported: dict[str, Any] = {}

    def build() -> pulumi.Output[None]:
        return pulumi.Output.all(**outputs(Site(given.site, given, state))).apply(exported.update)

    recorder, cloud = run(stack, build, stacks, addresses=addresses, missing=missing, state=state, created=created)
    assert exported["site"] == given.site
    return Deployed(recorder.registered, cloud.addresses, exported)
