"""Make a test environment, or give one that is there its settings anew and more time."""

import copy
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from pydantic import ValidationError

from fleet import certificates
from fleet.progress import phase, say
from fleet.pulumi import UP, command
from fleet.stacks import Stack, StackError, write_derived
from ops import images, secrets
from ops.environments import derive, times
from ops.environments.base import Base, Place
from ops.environments.network_slots import Slot, choose
from ops.environments.records import line
from ops.environments.tools import Tools
from settings import PROJECT
from settings.environment import LOCAL_CIDR, Environment
from settings.spare_networks import SpareNetworks

AUTHORITY = "authority.pem"


def up(tools: Tools, name: str, ttl: str, *, operators: bool) -> None:
    """Make an environment.

    Args:
        tools: what to work with.
        name: the environment's.
        ttl: how long it lives, from now on.
        operators: whether the base's operators may log in.

    Raises:
        StackError: the name or the time is refused, or a site does not come up; with what to do.
    """
    base = tools.base
    places = base.places(name)
    expires = times.expiry(ttl, tools.now())
    _refuse(base, name, expires, operators=operators)
    find_slot(tools, name, places)  # refuses a name that is somebody else's
    known = set(tools.backend.names())
    for place in places:
        if place.stack not in known:
            tools.backend.create(place.stack)
    # With stacks of its own the others see it, and it sees them: those that are made right now too.
    slot = find_slot(tools, name, places)
    shared = derive.environment(base.environment, name, expires=expires, slot=slot, operators=operators)
    with phase(f"prepare the stacks of {name}: VLAN {slot.vlan}, {slot.cidr}, until {expires}"):
        fleet = _prepare(tools, places, shared)
    _deploy(tools, places)
    if shared.get("dns"):  # each nameserver learns the others' addresses once all have one
        _write(base, places, shared | {"deployed": [place.site for place in places]})
        _deploy(tools, places)
    _tell(tools, name, fleet, expires)


def find_slot(tools: Tools, name: str, places: list[Place]) -> Slot:
    """The slot that the environment has, or one that nobody has.

    Raises:
        StackError: somebody else has the name.
    """
    base, known = tools.base, set(tools.backend.names())
    there = [place for place in places if place.stack in known]
    for place in there:
        if base.settings_of(place) is None:
            tools.backend.restore(place.stack)
    written = {place.stack: settings for place in places if (settings := base.settings_of(place)) is not None}
    for stack, settings in written.items():
        if settings.get("kind") != "test" or not settings.get("expires"):
            raise StackError(f"NAME = {name!r}: there is a stack {stack} that env-up did not make: take another name")
    own = tools.left(places)
    if own and not there:
        raise StackError(
            f"NAME = {name!r}: the cloud has {len(own)} resources of one that no stack has: make env-sweep"
        )
    cidrs, vlans = tools.cloud.taken(but=own)
    if there and written:
        facts = next(iter(written.values()))
        slot = Slot(facts["backbone"]["vlan"], IPv4Network(facts["backbone"]["cidr"]), _local(facts))
        # While it has no network of its own it moves on from one that somebody else has made meanwhile.
        if slot.free(vlans, cidrs) or any(resource.kind == "networks" for resource in own):
            return slot
    files = [settings for place in base.files() if place not in places and (settings := base.settings_of(place))]
    for environment in (*base.written.values(), *files):
        backbone = environment["backbone"]
        cidrs += [IPv4Network(backbone["cidr"]), _local(environment)]
        vlans.append(backbone.get("vlan", 0))
    others = {other.environment for stack in known if (other := base.place(stack)) and other.environment != name}
    return choose(name, _prefix(base), cidrs, vlans, others, spare=_spare(base))


def _local(environment: Mapping[str, Any]) -> IPv4Network:
    return IPv4Network(environment.get("local_cidr", LOCAL_CIDR))


def _prefix(base: Base) -> int:
    return IPv4Network(base.environment["backbone"]["cidr"]).prefixlen


def _spare(base: Base) -> SpareNetworks:
    """What the base's environment leaves to those that are made of it.

    Raises:
        StackError: it says it in words that its own stacks would refuse.
    """
    try:
        return SpareNetworks.model_validate(base.environment.get("test_environments", {}))
    except ValidationError as refused:
        raise StackError(f"test_environments: {refused.errors()[0]['msg']}") from None


def _refuse(base: Base, name: str, expires: str, *, operators: bool) -> None:
    """Before anything is made: settings that a site of the environment would refuse.

    Raises:
        StackError: each with its key.
    """
    slot = choose(name, _prefix(base), (), (), spare=_spare(base))
    shared = derive.environment(base.environment, name, expires=expires, slot=slot, operators=operators)
    try:
        Environment.model_validate(shared)
    except ValidationError as refused:
        problems = (
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in refused.errors(include_input=False)
        )
        raise StackError("\n".join(f"NAME = {name!r}: {problem}" for problem in problems)) from None


def _prepare(tools: Tools, places: list[Place], shared: Mapping[str, Any]) -> list[Stack]:
    """Files, secrets and image ids; what is there already stays."""
    _write(tools.base, places, shared)
    fleet = [tools.base.file(place) for place in places]
    secrets.spread(fleet)
    _carry(tools.base, fleet, shared["meeting"])
    if shared["edge"]["certificate"]["type"] == "provided":
        _certify(tools, fleet, places[0].environment, shared["domain"])
    for stack in fleet:
        images.resolve(stack)
    return fleet


def _write(base: Base, places: list[Place], shared: Mapping[str, Any]) -> None:
    for source, place in zip(base.stacks, places, strict=True):
        raw = source.raw()
        facts = derive.stack(raw, place.environment, copy.deepcopy(dict(shared)))
        write_derived(base.file(place).file, {f"{PROJECT}:{key}": value for key, value in raw.items()}, facts)


def _carry(base: Base, fleet: list[Stack], meeting: Mapping[str, Any]) -> None:
    """The secrets of services outside: the base's, where its settings name such a service."""
    named = {"turn_credential": meeting.get("turn"), "registry_password": meeting["delivery"].get("registry_user")}
    keys = [key for key, service in named.items() if service]
    given = base.stacks[0].secrets() if keys else {}
    for stack in fleet:
        have = stack.secrets() if keys else {}
        for key in keys:
            if key in given and have.get(key) != given[key]:
                stack.set_secret(key, given[key])


def _certify(tools: Tools, fleet: list[Stack], name: str, domain: str) -> None:
    """A certificate from a private authority that lives as long as the environment: nobody gives out the base's."""
    if all("edge_certificate" in stack.raw() for stack in fleet):
        return
    authority, held = certificates.edge_secrets(f"{name} authority", domain)
    kept = tools.logs(name)
    kept.mkdir(parents=True, exist_ok=True)
    (kept / AUTHORITY).write_text(authority)
    for stack in fleet:
        for key, value in held.items():
            stack.set_secret(key, value)


def _deploy(tools: Tools, places: list[Place]) -> None:
    name = places[0].environment
    logs = tools.logs(name)
    with phase(f"pulumi up, {len(places)} stacks side by side", usually="5 min", log=logs):
        outcomes = tools.run(
            {p.stack: command(*UP, stack=p.stack, directory=tools.base.directory) for p in places}, logs
        )
    if failed := {stack: outcome for stack, outcome in outcomes.items() if outcome.status}:
        ends = (
            f"{stack}: {outcome.log}\n" + "\n".join(outcome.said.splitlines()[-40:])
            for stack, outcome in failed.items()
        )
        raise StackError("\n".join([*ends, f"make env-up NAME={name} again, or make env-down NAME={name}"]))


def _tell(tools: Tools, name: str, fleet: list[Stack], expires: str) -> None:
    for stack in fleet:
        for record in tools.backend.outputs(stack.name).dns_records:
            print(f"{stack.name}: {line(record)}")
    if (authority := tools.logs(name) / AUTHORITY).exists():
        print(f"its certificate is by the authority in {authority}")
    say(f"{name} is up until {expires}: make env-up again gives it more time, make env-down NAME={name} takes it down")
