"""What a first deployment needs, on this machine: files of `make init`, a cloud, names, a registry, a bucket."""

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

from ops.init import command as init
from tests.commands.cloud import Cloud, Region, cloud
from tests.commands.names import Names, resolver
from tests.configuration import DIGEST, OPERATOR_KEY, ROOT
from tests.unit.registry import Registry, registry
from tests.unit.serving import serving

# A second of imports, which is no part of what is waited for.
for module in ("connection", "compute.v2._proxy", "image.v2._proxy", "network.v2._proxy"):
    importlib.import_module(f"openstack.{module}")

STACKS = {"gra": "GRA11", "sbg": "SBG7", "witness": "DE1"}
DOMAIN, MAIL = "meeting.organisation.fr", "admin@organisation.fr"
IMAGE = "22222222-3333-4444-5555-666666666666"
_FLAVORS = {"d2-2": (1, 2000), "d2-4": (2, 4000), "b3-8": (2, 8000)}
_POLICIES = ("small_router", "medium_router", "large_router", "XL_router", "2XL_router")
_SOA = "ns.organisation.fr. hostmaster.organisation.fr. 1 2 3 4 5"
_AGENT = f"{OPERATOR_KEY}\n"


@dataclass
class Bucket:
    """What the bucket's server answers."""

    status: int = 200
    versioning: str = "Enabled"
    url: str = ""


@dataclass
class Ground:
    """All of it is as it has to be, until a test changes something."""

    directory: Path
    cloud: Cloud
    names: Names
    registry: Registry
    bucket: Bucket
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def gra(self) -> Region:
        """The primary's region."""
        return self.cloud.regions["GRA11"]

    def edit(self, stack: str, before: str, after: str) -> None:
        """Change a file as an operator would."""
        file = self.directory / (f"Pulumi.{stack}.yaml" if stack else "Pulumi.yaml")
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def program(self, name: str, says: str) -> None:
        """A program that says something."""
        file = self.directory / "programs" / name
        file.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\n")
        file.chmod(0o755)


@contextmanager
def ground(directory: Path) -> Iterator[Ground]:
    """A ground that lacks nothing."""
    with ExitStack() as entered:
        found = Ground(
            directory,
            entered.enter_context(cloud(*STACKS.values())),
            entered.enter_context(resolver()),
            entered.enter_context(registry()),
            entered.enter_context(_bucket()),
        )
        for region in found.cloud.regions.values():
            region.held |= _held()
        found.names.records |= {
            ("organisation.fr", "SOA"): [_SOA],
            ("organisation.fr", "MX"): ["10 mail.organisation.fr."],
            (DOMAIN, "A"): ["198.51.100.1"],
        }
        found.registry.images[f"meeting:{DIGEST}"] = DIGEST
        home = directory / "home"
        (home / ".ssh").mkdir(parents=True)
        (home / ".ssh" / "id_ed25519.pub").write_text(OPERATOR_KEY)
        passphrase = home / "passphrase"
        passphrase.write_text("a passphrase of the tests\n")
        passphrase.chmod(0o600)
        (directory / "programs").mkdir()
        found.program("pulumi", "v3.259.0")
        found.program("ssh-add", _AGENT)
        found.directory = directory / "repository"
        found.directory.mkdir()
        (found.directory / "programs").symlink_to(directory / "programs")
        for name in ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS)):
            shutil.copy(ROOT / name, found.directory)
        found.variables |= {
            **found.cloud.environment,
            "HOME": str(home),
            "PATH": f"{directory / 'programs'}:{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": found.bucket.url,
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
            "AWS_ACCESS_KEY_ID": "access",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        image = f"{found.registry.host}/meeting@{DIGEST}"
        with mock.patch.dict(os.environ, {"HOME": str(home)}):
            for name in ("OS_AUTH_URL", "OS_CLOUD"):
                os.environ.pop(name, None)
            init.main(
                domain=DOMAIN,
                mail=MAIL,
                image=image,
                operators="198.51.100.7/32",
                vlan="1702",
                yes=True,
                directory=found.directory,
            )
        yield found


def _held() -> dict[str, list[dict[str, object]]]:
    return {
        "flavors": [
            {"id": name, "name": name, "vcpus": cores, "ram": memory} for name, (cores, memory) in _FLAVORS.items()
        ],
        "images": [{"id": IMAGE, "name": "Debian 12", "status": "active"}],
        "networks": [{"id": "out", "name": "Ext-Net", "router:external": True, "description": ""}],
        "extensions": [{"alias": alias, "name": alias} for alias in ("provider", "qos", "router", "quotas")],
        "policies": [{"id": name, "name": name} for name in _POLICIES],
    }


@contextmanager
def _bucket() -> Iterator[Bucket]:
    found = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Quiet."""

        def do_GET(self) -> None:
            """The bucket's versioning, or an error."""
            code = {403: "SignatureDoesNotMatch", 404: "NoSuchBucket"}.get(found.status, "")
            text = f"<Error><Code>{code}</Code></Error>" if code else f"<Status>{found.versioning}</Status>"
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"s3://state?endpoint=http://127.0.0.1:{server.server_address[1]}&region=waw&s3ForcePathStyle=true"
    with serving(server):
        yield found
