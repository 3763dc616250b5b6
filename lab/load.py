"""How many people an environment holds: synthetic participants with real media, more and more, until quality suffers.

python -m lab load                                        the demo
python -m lab load gra sbg witness --shape pair --shape class --shape meeting

Shapes are rooms: `pair` (2), `meeting` (6), `class` (25, last 4). With three, a model of processors is fitted on the
first two, and held against the third. It goes to the stacks' own edges and meeting nodes, and to no other address.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from drill.load.generator import Service, generator
from drill.load.meter import Meter, servers_meter
from drill.load.picture import picture
from drill.load.ramp import Plan, ramp
from drill.load.report import HEADER, Ramp, data, prediction, row, summary
from drill.load.shape import SHAPES
from drill.load.step import Limits, Step
from fleet import ssh
from fleet.arguments import HERE, Authority, Directory, Identity
from fleet.command_line import CommandError
from fleet.fleet import Fleet, fleet
from fleet.stacks import stacks
from lab import demo
from lab.deployment import Deployment
from lab.engine import gotools
from lab.lab import Lab

STORE = Path("load-reports")


def main(
    stack: Annotated[Sequence[str], "the stacks of an environment's sites; none: the lab"] = (),
    *,
    shape: Annotated[Sequence[Literal["pair", "meeting", "class"]], "rooms; meeting by default; may be repeated"] = (),
    people: Annotated[int, "people at the most; 60 by default"] = 60,
    step: Annotated[int, "people more each time; 12 by default"] = 12,
    hold: Annotated[float, "seconds that a step is looked at; 20 by default"] = 20.0,
    seconds: Annotated[float, "for a shape at the most; 600 by default"] = 600.0,
    mbit: Annotated[float | None, "Mbit/s at which it ends"] = None,
    edge: Annotated[str | None, "one edge's address, of the stacks' own; all by default"] = None,
    yes: Annotated[bool, "of a production environment too"] = False,
    lab: demo.Deployed = demo.NAME,
    reports: Annotated[Path, f"where the pictures go; {STORE} by default"] = STORE,
    directory: Directory = HERE,
    identity: Identity = None,
    authority: Authority = None,
) -> int:
    """The command."""
    shapes = [SHAPES[name] for name in shape or ("meeting",)]
    plans = [Plan(one, people, min(max(step, one.people), people), hold, seconds) for one in shapes]
    for plan in plans:
        plan.check()
    program = gotools.build("load-participants")
    place = _deployed(stack, directory, identity, authority, yes) if stack else _lab(lab)
    limits = Limits(mbit=mbit)
    with place as (service, meter):
        reached = replace(service, edges=_one_of(service.edges, edge)) if edge else service
        ramps = []
        for plan in plans:
            print(f"{plan.shape}\n{HEADER}")
            with generator(program, reached, plan.shape, plan.pace) as crowd:
                ramps.append(ramp(plan, limits, crowd, meter, _tell))
            print("\n".join(summary(ramps[-1])), flush=True)
    if len(ramps) > 2:
        print("\n".join(prediction(ramps)))
    print(_write(ramps, limits, reports))
    return 0


def _tell(step: Step) -> None:
    print(row(step))
    sys.stdout.flush()


def _write(ramps: Sequence[Ramp], limits: Limits, reports: Path) -> Path:
    place = reports / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    place.mkdir(parents=True)
    for number, one in enumerate(ramps, 1):
        (place / f"{number}-rooms-of-{one.shape.people}.svg").write_text(picture(one, limits))
    (place / "load.json").write_text(json.dumps(data(ramps), indent=2) + "\n")
    return place


@contextmanager
def _deployed(
    names: Sequence[str], directory: Path, identity: Path | None, authority: Path | None, yes: bool
) -> Iterator[tuple[Service, Meter]]:
    """The environment of these stacks; of production only with a yes."""
    named = stacks(names, directory)
    production = sorted(one.name for one in named if one.environment().get("kind") == "production")
    if production and not yes:
        raise CommandError(f"{', '.join(production)}: is production, where people will notice: YES=1, before an event")
    with TemporaryDirectory(prefix="load-") as held:
        yield _reached(fleet(named), Path(held), identity, authority)


@contextmanager
def _lab(name: str) -> Iterator[tuple[Service, Meter]]:
    """The lab, from inside its network."""
    deployment = Deployment(Lab(name))
    if not deployment.lab.is_up:
        raise CommandError(f"the lab {name} is not up: make demo")
    with deployment.lab.network(), TemporaryDirectory(prefix="load-") as held:
        yield _reached(deployment.fleet(), Path(held), deployment.identity, deployment.authority)


def _reached(deployed: Fleet, held: Path, identity: Path | None, authority: Path | None) -> tuple[Service, Meter]:
    edges = tuple(one.public_address for one in deployed.of("edge") if one.public_address)
    nodes = deployed.of("meeting")
    media = tuple(one.public_address for one in nodes if one.public_address)
    if not edges or not media or not deployed.domain:
        raise CommandError("the stacks have no edge or no meeting node with a public address: are they deployed?")
    config = ssh.write(deployed, held, identity)
    service = Service(f"https://{deployed.domain}", edges, media, authority)
    return service, servers_meter(config, [node.name for node in nodes])


def _one_of(edges: Sequence[str], edge: str) -> tuple[str]:
    if edge not in edges:
        raise CommandError(f"--edge {edge}: is no edge of the stacks: {', '.join(edges)}")
    return (edge,)
