"""Configuration that a running server takes: one bundle a daemon, judged on the server by the daemon itself.

`pulumi up` pushes a bundle over SSH; where no operator may log in it comes as a file of the boot document. On the
server `multiparty-apply` takes it in both cases.
"""

from dataclasses import dataclass, replace

import yaml

from boot.document import BlockDumper, BootDocument, script, step, without_comments
from boot.file import File

HOME = "/etc/multiparty"
APPLY = "/usr/local/sbin/multiparty-apply"


@dataclass(frozen=True)
class Bundle:
    """One daemon's configuration.

    Attributes:
        name: of the bundle, and of its directory below /etc/multiparty.
        unit: the systemd unit whose log explains a failure.
        files: text by file name inside the directory, or by path such as zones/example.com.
        group: the system group that may read the files, beside root.
        check: a shell command that judges the files in $DIR before they are used; the daemon's message is on stderr.
        reload: a shell command that has the daemon take the files, or start with them.
        serving: a shell command that succeeds once the daemon works with them.
        secret: whether the files are to be kept out of the preview.
    """

    name: str
    unit: str
    files: dict[str, str]
    group: str
    check: str
    reload: str
    serving: str
    secret: bool = False

    @property
    def directory(self) -> str:
        """Where the files are on the server."""
        return f"{HOME}/{self.name}"

    def text(self) -> str:
        """The bundle as `multiparty-apply` reads it, and as the preview shows it: YAML, a file's lines as lines."""
        body = {
            "name": self.name,
            "unit": self.unit,
            "group": self.group,
            "files": self.files,
            "check": self.check,
            "reload": self.reload,
            "serving": self.serving,
        }
        return yaml.dump(body, Dumper=BlockDumper, sort_keys=False, width=4096)


def receiver() -> BootDocument:
    """What every server needs to take bundles."""
    return BootDocument(hostname="", files=(script("apply.py", APPLY),))


def delivered(bundles: tuple[Bundle, ...]) -> BootDocument:
    """Bundles that come with the boot document and are taken at first boot, in their order, without their comments."""
    bundles = tuple(replace(b, files={n: without_comments(text) for n, text in b.files.items()}) for b in bundles)
    return BootDocument(
        hostname="",
        files=(
            *(File(f"{HOME}/bundles/{n}-{b.name}.yaml", b.text(), "0600") for n, b in enumerate(bundles, 1)),
            step("50-bundles"),
        ),
        checks=tuple(bundle.serving for bundle in bundles),
    )
