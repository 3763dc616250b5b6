"""A Pulumi workspace for the lab: the program itself, with the lab's site facts in the place of OVH's.

The stacks are derived from the files that an OVH user edits, so that they can differ in nothing but what is overridden
here. The workspace lies outside the checkout: deploying to the lab leaves no file in it.
"""

import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fleet.stacks import Stack, dump, write_derived
from lab.cloud.hypervisor import CONTAINERS, NONE, Hypervisor
from lab.meeting_archive import MeetingArchive
from settings import PROJECT
from settings.meeting import merge
from settings.servers import SERVERS, ServerName

ROOT = Path(__file__).parent.parent
ENVIRONMENT = "lab"
DOMAIN = "meeting.ha.lab.example"
SITES = ("gra", "sbg", "witness")
STACKS = tuple(f"{ENVIRONMENT}-{site}" for site in SITES)
*SERVICE_SITES, _ = SITES
WITNESS = STACKS[-1]

_PROGRAM = (
    "__main__.py",
    "boot",
    "components",
    "drill",
    "fleet",
    "ops",
    "recovery",
    "settings",
    "requirements.txt",
)
_NOBODYS_IMAGE = f"localhost/meeting@sha256:{'0' * 64}"
_BAKED = "Debian 12 multiparty-meeting"
_STOCK = "Debian 12"

# Its receivers are wherever a test listens; where no server boots there is no witness to push it to.
_MONITORING = {
    "webhook": True,
    "dead_mans_switch": True,
    "dead_mans_switch_interval": "1m",
    "status_page": {"language": "en"},
}

# The lab's wire: a flat provider network that all regions share, in the vRack's place.
_BACKBONE = {"type": "provider", "network_type": "flat", "physical_network": "vrack", "cidr": "10.17.0.0/22"}


def write(
    directory: Path,
    archive: MeetingArchive,
    url: str,
    resolver: str,
    *,
    hypervisor: Hypervisor = CONTAINERS,
    server: ServerName | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Write the workspace, or bring it up to date; secrets and image ids that its stacks have stay.

    Args:
        directory: where to.
        archive: the meeting server.
        url: where the lab's servers fetch it.
        resolver: the lab's name server.
        hypervisor: what the lab's servers run on.
        server: which meeting server it is; none: the stand-in.
        changes: laid upon the lab's environment, mapping by mapping.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in _PROGRAM:
        _link(directory / name, ROOT / name)
    _link(directory / ".venv", Path(sys.prefix))
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    environments = project["config"][f"{PROJECT}:environments"]["value"]
    lab = _environment(environments["production"], archive, url, hypervisor, server)
    environments[ENVIRONMENT] = _changed(lab, changes or {})
    # No stack of the lab's is production's, whose image only an operator knows.
    environments["production"]["meeting"]["delivery"]["image"] = _NOBODYS_IMAGE
    dump(directory / "Pulumi.yaml", project)
    for site in SITES:
        shipped = yaml.safe_load((ROOT / f"Pulumi.{site}.yaml").read_text())["config"]
        _stack(directory / f"Pulumi.{ENVIRONMENT}-{site}.yaml", shipped, site, resolver, hypervisor)


def configure(directory: Path, stack: str, changes: Mapping[str, Any]) -> None:
    """Change keys of one stack; None takes a key out."""
    path = directory / f"Pulumi.{stack}.yaml"
    written = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        if value is None:
            written["config"].pop(f"{PROJECT}:{key}", None)
        else:
            written["config"][f"{PROJECT}:{key}"] = value
    dump(path, written)


def renew(directory: Path, stack: str) -> None:
    """Have the next `pulumi up` of a stack replace every server."""
    generation = Stack(stack, directory / f"Pulumi.{stack}.yaml").raw().get("generation", 1)
    configure(directory, stack, {"generation": int(generation) + 1})


def _changed(lab: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = merge(lab, dict(changes))
    if delivery := changes.get("meeting", {}).get("delivery"):
        changed["meeting"]["delivery"] = delivery  # one kind of delivery has none of the other's keys
    return changed


def _environment(
    production: dict[str, Any],
    archive: MeetingArchive,
    url: str,
    hypervisor: Hypervisor,
    server: ServerName | None,
) -> dict[str, Any]:
    environment = copy.deepcopy(production)
    environment["meeting"]["delivery"] = {"type": "archive", "url": url, "sha256": archive.sha256}
    if server is None:
        # Every request waits for Redis, as in upstream's server: what holds with this one holds with the other kind.
        environment["meeting"]["config"] = {"standIn": {"sessionMiddleware": "upstream"}}
    else:
        environment["meeting"]["server"] = server
        if not SERVERS[server].sentinel:
            environment["redis"] = {"access": "proxy"}
    if hypervisor is not NONE:
        # One site has more than one meeting server: what depends on several is seen here or nowhere.
        environment["sites"]["gra"]["meeting_nodes"] = 2
        looks = {"scrape_interval": hypervisor.scrape_interval} if hypervisor.scrape_interval else {}
        environment["monitoring"] = _MONITORING | looks
    certified = {"certificate": {"type": "provided"}, "caddy_in_image": True}
    return environment | {
        "kind": "test",
        "domain": DOMAIN,
        "backbone": _BACKBONE,
        # No public authority certifies the lab's domain: its certificate comes from an authority of its own.
        "edge": environment["edge"] | certified | dict(hypervisor.edge),
    }


def _stack(path: Path, shipped: dict[str, Any], site: str, resolver: str, hypervisor: Hypervisor) -> None:
    before = Stack(path.stem, path).raw() if path.exists() else {}
    # The witness boots as OVH's stock image does: cloud-init's own network rendering, packages installed at boot.
    image = {"name": _STOCK if site == "witness" else _BAKED}
    old = before.get("image") or {}
    if old.get("name") == image["name"] and "id" in old:
        image["id"] = old["id"]
    facts: dict[str, Any] = {"environment": ENVIRONMENT, "image": image, "dns_servers": [resolver]}
    if hypervisor.ready_deadline is not None:
        facts["ready_deadline"] = hypervisor.ready_deadline
    if "generation" in before:
        facts["generation"] = before["generation"]
    write_derived(path, shipped, facts)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(target)
