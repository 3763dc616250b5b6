"""What an operator alone knows of an environment: the questions, and what an answer changes in the files."""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.registry import digest
from ops.init.environment_files import EnvironmentFiles, Place
from settings.servers import PUBLIC_IMAGE, SERVERS
from settings.stack import RESERVED_DOMAINS

_REGISTRY = re.compile(r"(localhost|[^/]*[.:][^/]*)/")
# VLANs below those that test environments take (`ops/environments/network_slots.py`).
_FIRST_VLAN, _VLANS = 100, 2900
NOBODY = "none"


@dataclass(frozen=True)
class Question:
    """One thing to ask.

    Attributes:
        name: of the option that answers it.
        text: what is asked.
        allowed: an example, and what the answer is for.
    """

    name: str
    text: str
    allowed: str


DOMAIN = Question("domain", "The name that people type", "such as meeting.organisation.fr")
MAIL = Question("mail", "Whom the certificates' authority writes to", "a mail address")
IMAGE = Question(
    "image",
    "The meeting server's image",
    f"registry/name by tag or digest: your own build, or {PUBLIC_IMAGE}:3.5.6",
)
OPERATORS = Question(
    "operators",
    "Networks that operators log in from, and `pulumi up` runs in",
    f"such as 198.51.100.7/32, several with spaces; {NOBODY}: port 22 stays closed everywhere",
)
SSH_KEY = Question("ssh-key", "Their public key", "a file; `ssh-keygen -t ed25519` makes one; Enter: nobody logs in")
# Asked one by one, as nobody could guess them; the rest is proposed, in one question.
ASKED = (DOMAIN, MAIL, IMAGE, SSH_KEY, OPERATORS)
PROPOSED = ("regions", "participants", "vlan", "ssh-key", "server")


def present(files: EnvironmentFiles) -> dict[str, str]:
    """What the files answer already, as an operator would say it; what they leave to the operator is left out."""
    said = {name: files.value(*keys) for name, (keys, _) in _SHARED.items()}
    said["operators"] = " ".join(map(str, said["operators"] or ()))
    said["regions"] = ",".join(str(files.own(stack, "region")) for stack in files.stacks)
    return {name: str(value) for name, value in said.items() if value and not _placeholder(name, str(value))}


def planned_vlan(domain: str) -> str:
    """A VLAN for an environment, by its domain: two in one vRack do not begin with the same one."""
    return str(_FIRST_VLAN + zlib.crc32(domain.encode()) % _VLANS)


def by_digest(image: str) -> str:
    """An image with its digest, asked of its registry where it is not said; as it is where nobody knows it.

    Raises:
        AskingError: the registry does not say.
    """
    if "@" in image or not _REGISTRY.match(image):
        return image
    return f"{image}@{digest(image)}"


def changes(answers: Mapping[str, str], files: EnvironmentFiles) -> Iterator[tuple[Place, Any]]:
    """What answers change: the file's stack, the path in its configuration, and the value.

    A value that makes no sense is handed on as it is: the settings say what is allowed.
    """
    for name, word in answers.items():
        if name == "regions":
            for stack, region in zip(files.stacks, _list(word), strict=False):
                yield files.of_stack(stack, "region"), region
        else:
            keys, parse = _SHARED[name]
            yield files.shared(*keys), parse(word)
    kind = SERVERS.get(answers.get("server", ""))  # type: ignore[call-overload] # a word that may be none
    if kind and not kind.sentinel and not files.value("redis", "access"):
        yield files.shared("redis", "access"), "proxy"


def server_in(image: str) -> str | None:
    """Which meeting server upstream's public image has by its tag; None where the name does not say."""
    found = re.match(rf"{re.escape(PUBLIC_IMAGE)}:([0-9]+\.[0-9]+)", image)
    return f"edumeet-{found[1]}" if found else None


def parts(word: str) -> Sequence[str]:
    """A list as people write it: with commas or spaces."""
    return [part for part in re.split(r"[\s,]+", word) if part]


def _list(word: str) -> list[str]:
    return [] if word.strip() == NOBODY else list(parts(word))


def _whole(word: str) -> int | str:
    return int(word) if re.fullmatch(r"0|[1-9][0-9]*", word) else word


def _key(word: str) -> str:
    """A public key, or the file that holds one."""
    file = Path(word).expanduser()
    try:
        return file.read_text().strip() if " " not in word and file.is_file() else word
    except (OSError, UnicodeError):
        return word


def _placeholder(name: str, value: str) -> bool:
    match name:
        case "domain" | "mail":
            return value.endswith(RESERVED_DOMAINS)
        case "image":
            return value.endswith("0" * 64)
    return False


# Where the answers stand that all sites share, and what is made of the words.
_SHARED: dict[str, tuple[tuple[str, ...], Callable[[str], object]]] = {
    "domain": (("domain",), str),
    "mail": (("edge", "certificate", "email"), str),
    "image": (("meeting", "delivery", "image"), str),
    "server": (("meeting", "server"), str),
    "participants": (("participants",), _whole),
    "vlan": (("backbone", "vlan"), _whole),
    "operators": (("operators", "cidrs"), _list),
    "ssh-key": (("operators", "ssh_public_key"), _key),
}
