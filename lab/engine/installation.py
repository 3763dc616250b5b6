"""The engine put together: the CLI beside its language host, and the plugins installed like downloaded ones."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fleet.progress import phase
from lab.cache import built, cache_home, content_key, state_home
from lab.engine import gotools, official, toolchain

PROGRAMS = ("pulumi", "pulumi-language-python")
PLUGINS = {"openstack": "pulumi-openstack", "command": "pulumi-command"}
"""Plugins, and the Python package whose release each of them answers to."""
EXEC_SCRIPT = "pulumi-language-python-exec"


@dataclass(frozen=True)
class Engine:
    """Where the parts are; `bin` goes on the PATH."""

    bin: Path
    home: Path


def environment() -> dict[str, str]:
    """The variables to run `pulumi` with, building the engine if it is needed and missing.

    With an official CLI on the PATH that is new enough: the variables as they are.

    Raises:
        EngineError: the engine cannot be built here.
    """
    return own_environment() if official.find() is None else dict(os.environ)


def own_environment() -> dict[str, str]:
    """The variables to run the engine that is built here with, whatever else is on the PATH."""
    engine = install()
    kept = [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry not in _first(engine)]
    return os.environ | {
        "PATH": os.pathsep.join([*_first(engine), *kept]),
        "PULUMI_HOME": str(engine.home),
        "PULUMI_CREDENTIALS_PATH": os.environ.get("PULUMI_CREDENTIALS_PATH", str(state_home() / "pulumi")),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        # What is not installed cannot be downloaded either: say so at once.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def install() -> Engine:
    """Build what is missing of the engine and put it together; what is there already is not touched."""

    def assemble(directory: Path) -> None:
        binaries = {name: gotools.build(name) for name in (*PROGRAMS, *map(_binary, PLUGINS))}
        (directory / "bin").mkdir()
        for name in PROGRAMS:
            os.link(binaries[name], directory / "bin" / name)
        shutil.copy(_exec_script(), directory / "bin" / EXEC_SCRIPT)
        for plugin in PLUGINS:
            _install_plugin(directory, plugin, binaries[_binary(plugin)])
        # Which stack is selected outlives the engine's next version, like a login.
        selections = state_home() / "pulumi" / "workspaces"
        selections.mkdir(parents=True, exist_ok=True)
        (directory / "home" / "workspaces").symlink_to(selections)

    parts = [gotools.key(name) for name in (*PROGRAMS, *map(_binary, PLUGINS))]
    root = built("engine", content_key(*parts, Path(__file__)), assemble)
    return Engine(bin=root / "bin", home=root / "home")


def _install_plugin(root: Path, plugin: str, binary: Path) -> None:
    release = version(PLUGINS[plugin])
    with phase(f"install the {plugin} plugin {release}"):
        subprocess.run(
            [root / "bin" / "pulumi", "plugin", "install", "resource", plugin, release, "--file", binary],
            env=os.environ | {"PULUMI_HOME": str(root / "home"), "PULUMI_SKIP_UPDATE_CHECK": "1"},
            stdout=sys.stderr,
            check=True,
        )


def _exec_script() -> Path:
    """What the language host starts Python with: a script in the SDK's module, of the CLI's release."""
    module = gotools.SOURCES / "pulumi"
    go = toolchain.find(toolchain.required_version(module))
    arguments = ["mod", "download", "-json", f"github.com/pulumi/pulumi/sdk/v3@v{gotools.CLI_VERSION}"]
    said = toolchain.run(go, arguments, module=module, log=cache_home() / "logs" / "exec-script.log")
    return Path(json.loads(said)["Dir"]) / "python" / "cmd" / EXEC_SCRIPT


def _binary(plugin: str) -> str:
    return f"pulumi-resource-{plugin}"


def _first(engine: Engine) -> list[str]:
    """What leads the PATH: the virtual environment, whose Python the language host takes, then the engine."""
    python = [str(Path(sys.prefix) / "bin")] if sys.prefix != sys.base_prefix else []
    return [*python, str(engine.bin)]
