"""Ask, before anything is made, whether a first deployment can succeed; nothing is written anywhere.

    python -m ops preflight gra sbg witness

Credentials, roles, quota, flavors, image, networks and gateways of each region; the DNS and the mail address; the
meeting server's image; the state's bucket and the passphrase. One line for each thing that lacks: what, where, what to
do, and exit status 1. What the APIs do not show is "unknown", and a person has to look. Who does not answer is said,
and the rest is asked all the same.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

from fleet.arguments import HERE, Directory, Stacks
from fleet.bounded import NoAnswer, ask
from fleet.cloud import Connection, connected_once, told
from fleet.stacks import is_encrypted, stacks
from ops.drafts import draft
from ops.init.yaml_text import parsed
from ops.preflight import compute, delivery, keystone, names, network, state
from ops.preflight.line import Line, lacks
from ops.secrets import SHARED
from settings import PROJECT
from settings.load import SECRET_KEYS, SettingsError
from settings.stack import Settings

T = TypeVar("T")
# Seconds for each of two rounds: who we are and what is no region's; then the regions.
PATIENCE = 25.0
# What a region's service is asked about the stacks that are in it.
Look = Callable[[str, Sequence[Settings], Connection], T]
_SERVICES: dict[str, Look[list[Line]]] = {
    "compute": compute.compute,
    "image": compute.images,
    "network": network.network,
}


def drafts(names_: Sequence[str], directory: Path) -> tuple[list[Settings], list[Line]]:
    """The stacks' settings, with what `make secrets` and `make images` will add; and what is refused."""
    project = parsed((directory / "Pulumi.yaml").read_text())
    found, refused = [], dict[str, Line]()
    for one in stacks(names_, directory):
        own = parsed(one.file.read_text())
        held = {key for key in SECRET_KEYS if is_encrypted((own.get("config") or {}).get(f"{PROJECT}:{key}"))}
        try:
            found.append(draft(project, own, one.name, secrets=held | set(SHARED)))
        except SettingsError as error:
            for line in str(error).splitlines():
                stack, _, problem = line.partition(": ")
                refused.setdefault(problem, lacks(stack, problem, "make init, or by hand"))
            with suppress(
                SettingsError
            ):  # what lacks nothing but a secret of somebody else's is asked about all the same
                found.append(draft(project, own, one.name))
    return found, list(refused.values())


def outside(
    found: Sequence[Settings], directory: Path, resolvers: Sequence[str]
) -> dict[str, Callable[[], list[Line]]]:
    """What is asked of nobody's region."""
    env = found[0].env
    asked = names.resolver(resolvers)
    return {
        "passphrase": lambda: list(state.passphrase(os.environ, directory)),
        "state": lambda: list(state.state(found, os.environ, Path.home())),
        "tools": lambda: list(state.tools(found)),
        "DNS": lambda: list(names.names(env, asked)),
        "mail": lambda: list(names.mail(env, asked)),
        "meeting server": lambda: list(delivery.delivery(env)),
    }


def of_regions(
    found: Sequence[Settings],
    known: Collection[str],
    to: Callable[[str], Connection],
    services: Mapping[str, Look[T]],
) -> dict[str, Callable[[], T]]:
    """What is asked of each region's services."""
    by_region: dict[str, list[Settings]] = {}
    for one in found:
        by_region.setdefault(one.region, []).append(one)
    return {
        f"{region} {service}": partial(told, region, partial(look, region, those), to)
        for region, those in by_region.items()
        if region in known
        for service, look in services.items()
    }


def main(
    stack: Stacks = ("gra", "sbg", "witness"),
    *,
    resolver: Annotated[Sequence[str], "whom to ask about the DNS, in place of this machine's resolvers"] = (),
    directory: Directory = HERE,
) -> int:
    """The command: 0 when nothing lacks."""
    found, lines = drafts(stack, directory)
    if found:
        to = connected_once()
        token: dict[str, Callable[[], keystone.Access | list[Line]]] = {
            "credentials": partial(told, found[0].region, keystone.access, to)
        }
        first = ask(token | outside(found, directory, resolver), PATIENCE)
        who = first.pop("credentials")
        lines += _flat(first)
        if isinstance(who, keystone.Access):
            lines += [*keystone.project(who), *keystone.regions(who, found)]
            whole = [name for name, services in who.regions.items() if services >= set(_SERVICES)]
            lines += _flat(ask(of_regions(found, whole if who.project else (), to, _SERVICES), PATIENCE))
        elif isinstance(who, NoAnswer):
            lines.append(keystone.refused(who))
    for line in sorted(lines, key=lambda line: ("ok", "unknown", "BAD").index(line.state)):
        print(line)
    missing = sum(line.state == "BAD" for line in lines)
    print(f"{missing} lacking" if missing else "nothing lacks that can be seen from here")
    return 1 if missing else 0


def _flat(answers: Mapping[str, object]) -> list[Line]:
    lines: list[Line] = []
    for name, answer in answers.items():
        if isinstance(answer, NoAnswer):
            lines.append(lacks(name, answer.why, "again later; nothing is known of it now"))
        elif isinstance(answer, list):
            lines += answer
    return lines
