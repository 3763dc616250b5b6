"""What a release of the meeting server asks of its configuration: names and values, as data, and what breaks them.

Each `edumeet-*.json` has the release's own names and values: `read`, the keys that its server reads; `needed`, those
that a deployment has to say, since they are read without a default or with one that is wrong for it; `unset`, those
that browsers are told of when they are there; `shipped`, its example or its defaults, which config.js is laid upon
(`replaces`: key by key, each replaced as a whole); `metrics`, the figures that its exporter has at each path, with
their labels, beside those of the process itself.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.unit.disk import program

HERE = Path(__file__).parent
RELEASES = ("edumeet-3.4", "edumeet-3.5")
_PLACEHOLDER = re.compile(r"example|T0P-S3cR3t|demo|localhost|^<")
_HOST = re.compile(r"(?:https?|wss?)://([A-Za-z0-9.-]+)|(?:turns?|stuns?):([A-Za-z0-9.-]+)")
NOWHERE = "tracker.invalid"
Json = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """One release, by the name that `meeting.server` has for it."""

    name: str

    @property
    def path(self) -> Path:
        """Its data."""
        return HERE / f"{self.name}.json"

    @cached_property
    def data(self) -> Json:
        """The same, read."""
        data: Json = json.loads(self.path.read_text())
        return data

    def load(self, config: Path, change: tuple[list[str], str | None] | None = None) -> tuple[Json, Json]:
        """What config.js exports, and what the server reads of it and of what it ships; both with `change` made."""
        command = [program("node", "nodejs"), str(HERE / "load.js"), str(config), str(self.path)]
        if change:
            command.append(json.dumps(change))
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        loaded = json.loads(done.stdout)
        return loaded["exported"], loaded["read"]

    def broken(self, exported: Json, read: Json, hosts: frozenset[str] = frozenset()) -> list[str]:
        """What of the contract a configuration breaks.

        Args:
            exported: what config.js exports.
            read: what the server reads.
            hosts: those that a setting names.
        """
        return [
            *(f"{key}: {self.name} does not read it" for key in _leaves(exported) if not self._reads(key)),
            *(f"{key}: is missing" for key in self.data["needed"] if _at(exported, key) is _NOTHING),
            *(f"{key} = {text!r}: a placeholder" for key, text in _texts(read) if _PLACEHOLDER.search(text)),
            *self._foreign(read, hosts),
            *self._media(read),
        ]

    def _reads(self, key: str) -> bool:
        """Whether the server reads it, what it stands in, or something below it."""
        known = self.data["read"]
        return any(key == one or key.startswith(f"{one}.") or one.startswith(f"{key}.") for one in known)

    def _foreign(self, read: Json, hosts: frozenset[str]) -> Iterator[str]:
        for key, text in _texts(read):
            for found in _HOST.finditer(text):
                if (found[1] or found[2]) not in hosts | {NOWHERE}:
                    yield f"{key} = {text!r}: a host that no setting names"
        for key in self.data["unset"]:
            # 3.4 asks whether the key is there, 3.5 whether it is true.
            there = bool(read.get(key)) if self.data["replaces"] else key in read
            if there and not hosts:
                yield f"{key}: browsers are told of it"

    def _media(self, read: Json) -> Iterator[str]:
        workers = _at(read, "mediasoup.numWorkers")
        if not isinstance(workers, int) or workers < 1:
            yield f"mediasoup.numWorkers = {workers}: no SFU"
        codecs = _at(read, "mediasoup.router.mediaCodecs")
        kinds = {codec.get("kind") for codec in codecs} if isinstance(codecs, list) else set()
        if kinds != {"audio", "video"}:
            yield f"mediasoup.router.mediaCodecs: {kinds or 'none'}"
        exporter = read.get("prometheus")
        if not exporter or (self.data["replaces"] and exporter.get("enabled") is not True):
            yield "prometheus: no exporter"


_NOTHING = object()


def _at(config: Json, key: str) -> Any:  # noqa: ANN401 - JSON
    found: Any = config
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return _NOTHING
        found = found[part]
    return found


def _leaves(config: Json, prefix: str = "") -> Iterator[str]:
    """The paths of what is no mapping."""
    for name, value in config.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def leaves(config: Json) -> list[str]:
    """The paths of a configuration's values."""
    return list(_leaves(config))


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """Every text, with its path; not the function that stands for itself."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{key}.{number}")
    elif isinstance(value, str) and value != "<function>":
        yield key, value
