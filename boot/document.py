"""A boot document, and its rendering as cloud-config."""

import re
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Self

import yaml
from yaml.emitter import ScalarAnalysis

from boot.file import File
from boot.unit import wanted

# Nova takes 65,535 characters of base64 (Nova API reference, `user_data`), which come in fours for three bytes of text.
USER_DATA_LIMIT = 65_535 // 4 * 3

RUN = "/usr/local/sbin/multiparty-boot"
STEPS = "/usr/local/lib/multiparty/boot.d"
CHECKS = "/etc/multiparty/ready.checks"
_PYTHON = "#!/usr/bin/python3\n"
# But for what tells shellcheck how a script is meant: it judges what servers get.
_COMMENT = re.compile(r"^[ \t]*# (?!shellcheck ).*\n", re.MULTILINE)
# What stands alone on its lines and has something after it as deep as it is: where there is nothing it is the body. By
# its looks: `ast.parse` fails at times in one of several threads (CPython 3.11), as components are.
_DOCSTRING = re.compile(r'^([ \t]*)"""(?:(?!""").)*"""\n(?=\n*\1[^\n])', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class BootDocument:
    """What a server is to be at its first boot.

    Attributes:
        hostname: the server's name.
        ssh_public_key: the operators' key, where there is one.
        files: written before packages are installed.
        packages: Debian packages; on an image that has them nothing happens.
        units: systemd units to start, now and at every boot.
        checks: shell commands that all succeed once the server's own services run.
    """

    hostname: str
    ssh_public_key: str | None = None
    files: tuple[File, ...] = ()
    packages: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def adding(self, other: "BootDocument") -> Self:
        """This document with another one's contents after its own; name and key stay."""
        return replace(
            self,
            files=self.files + other.files,
            packages=tuple(dict.fromkeys(self.packages + other.packages)),
            units=self.units + other.units,
            checks=self.checks + other.checks,
            environment=self.environment | other.environment,
        )


def without_comments(text: str) -> str:
    """A text without the lines that are comments, and a program in Python without docstrings: there is little room."""
    if text.startswith(_PYTHON):
        text = re.sub(r"\n{2,}", "\n\n", _DOCSTRING.sub("", text))
    return _COMMENT.sub("", text)


def script(name: str, path: str) -> File:
    """A script of this room, by its path in here, to be put at `path`, without its comments and docstrings.

    Scripts read /etc/multiparty/boot.env, they hold no values.
    """
    return File(path, without_comments((files("boot") / name).read_text()), "0755")


def step(name: str) -> File:
    """A script that runs once at first boot, after the packages are there; steps run in the order of their names."""
    return script(f"{name}.sh", f"{STEPS}/{name.rpartition('/')[2]}")


def render(document: BootDocument) -> str:
    """The document as cloud-config text."""
    settings = {**document.environment, "UNITS": " ".join(document.units)}
    own = (
        File("/etc/multiparty/boot.env", "".join(f"{key}={_quoted(settings[key])}\n" for key in sorted(settings))),
        File(CHECKS, "".join(f"{check}\n" for check in document.checks)),
        wanted("multi-user.target", document.units),
    )
    body: dict[str, Any] = {
        "hostname": document.hostname,
        "manage_etc_hosts": False,
        "package_update": True,
        "runcmd": [[RUN]],
        "ssh_pwauth": False,
        "write_files": [
            {"path": f.path, "permissions": f.mode, "content": f.content}
            for f in sorted(document.files + own, key=lambda f: f.path)
        ],
    }
    if document.packages:
        body["packages"] = sorted(document.packages)
    if document.ssh_public_key:
        body["ssh_authorized_keys"] = [document.ssh_public_key]
    return "#cloud-config\n" + yaml.dump(body, Dumper=BlockDumper, sort_keys=True, width=4096)


def _quoted(value: str) -> str:
    """A value for sh, which has what is in double quotes run where it looks like a command."""
    return '"' + re.sub(r'(["$`\\])', r"\\\1", value) + '"'


class BlockDumper(yaml.SafeDumper):
    """Block style for texts of several lines, so that a golden file and a preview read like the server's disk."""

    def analyze_scalar(self, scalar: str) -> ScalarAnalysis:
        """As if tabs were spaces: YAML allows them in block scalars, PyYAML would fall back to quotes."""
        analysis = super().analyze_scalar(scalar.replace("\t", " "))
        analysis.scalar = scalar
        return analysis


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


BlockDumper.add_representer(str, _text)
