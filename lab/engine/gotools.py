"""Go programs built from their modules: the engine's own parts, and what the lab, the benchmark and the tests run.

Each has a directory under `go/` whose go.mod and go.sum pin it and everything below it. The result is a static binary,
kept in the user's cache under a key of its sources, its flags and the Go version.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fleet.progress import phase
from lab.cache import built, cache_home, content_key
from lab.engine import toolchain

SOURCES = Path(__file__).parent / "go"
CLI_VERSION = "3.259.0"
"""The pulumi CLI that is built, and the oldest official one that is used instead."""


@dataclass(frozen=True)
class GoTool:
    """A Go program.

    Attributes:
        package: what to build, as seen from the program's directory.
        usually: how long that takes on two cores with an empty Go cache.
        ldflags: for the linker, beside those that strip.
    """

    package: str
    usually: str
    ldflags: str = ""


TOOLS = {
    "pulumi": GoTool(
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        "about 4 min",
        f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{CLI_VERSION}",
    ),
    "pulumi-language-python": GoTool("github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python", "about 15 s"),
    "pulumi-resource-openstack": GoTool(".", "about 1 min", f"-X main.version={version('pulumi-openstack')}"),
    "pulumi-resource-command": GoTool(".", "about 20 s", f"-X main.version={version('pulumi-command')}"),
    "caddy": GoTool(".", "about 1.5 min"),
    "pebble": GoTool("github.com/letsencrypt/pebble/v2/cmd/pebble", "about 20 s"),
    "actionlint": GoTool("github.com/rhysd/actionlint/cmd/actionlint", "about 15 s"),
    "load-participants": GoTool(".", "about 20 s"),
    "versitygw": GoTool("github.com/versity/versitygw/cmd/versitygw", "about 1 min"),
    "tofu": GoTool("github.com/opentofu/opentofu/cmd/tofu", "about 5 min"),
    "terraform-provider-openstack": GoTool(
        "github.com/terraform-provider-openstack/terraform-provider-openstack/v3", "about 30 s"
    ),
}


def build(name: str) -> Path:
    """The program's binary, built unless it is in the cache.

    Raises:
        KeyError: no such program.
        EngineError: Go is missing or too old, or the build failed.
    """
    go = toolchain.find(toolchain.required_version(SOURCES / name))
    tool = TOOLS[name]

    def work(directory: Path) -> None:
        log = cache_home() / "logs" / f"build-{name}.log"
        with phase(f"build {name} from its Go modules", usually=tool.usually, log=log):
            flags = ["-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {tool.ldflags}".strip()]
            target = ["-o", str(directory / name), tool.package]
            toolchain.run(go, ["build", *flags, *target], module=SOURCES / name, log=log)

    return built("go", key(name), work) / name


def key(name: str) -> str:
    """What a program's build is known by in the cache."""
    tool = TOOLS[name]
    return content_key(SOURCES / name, tool.package, tool.ldflags, _go_version(name))


@cache
def _go_version(name: str) -> str:
    return toolchain.find(toolchain.required_version(SOURCES / name)).version
