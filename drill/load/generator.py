"""The synthetic participants: a program of its own, told on its standard input (lab/engine/go/load-participants)."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict

from drill.load.shape import Shape
from fleet.command_line import CommandError

# Seconds for everybody to leave.
_LEAVING = 10


class Seen(BaseModel):
    """What participants saw since they were asked before: seconds, packets, bytes; jitter of 95 streams in 100, ms.

    `silent` streams were promised and brought nothing.
    """

    model_config = ConfigDict(frozen=True)

    people: int
    gone: int
    joins: tuple[float, ...] | None
    failures: tuple[str, ...] | None
    seconds: float
    streams: int
    silent: int
    expected: int
    lost: int
    jitter: float
    received: int
    sent: int
    cpu: float


@dataclass(frozen=True)
class Service:
    """Where participants go.

    Attributes:
        url: the service, as a browser shows it.
        edges: the addresses that it is reached at, one after the other.
        media: the addresses that media may go to; others are refused.
        authority: of its certificate, when it is a private one.
    """

    url: str
    edges: tuple[str, ...]
    media: tuple[str, ...]
    authority: Path | None = None


class Generator:
    """Participants who come, and stay until the program ends."""

    def __init__(self, told: IO[str], tells: IO[str]) -> None:
        """Take the program's input and output."""
        self._told, self._tells = told, tells

    def join(self, places: Sequence[tuple[str, str]]) -> None:
        """Have people come, each with a room and a name."""
        self._say({"join": [{"room": room, "peer": peer} for room, peer in places]})

    def report(self) -> Seen:
        """What they saw since the last time.

        Raises:
            CommandError: the program ended.
        """
        self._say({"report": True})
        line = self._tells.readline()
        if not line:
            raise CommandError("the synthetic participants' program ended")
        return Seen.model_validate_json(line)

    def _say(self, command: object) -> None:
        try:
            print(json.dumps(command), file=self._told, flush=True)
        except OSError as error:
            raise CommandError("the synthetic participants' program ended") from error


@contextmanager
def generator(program: Path, service: Service, shape: Shape, pace: float) -> Iterator[Generator]:
    """Participants of a shape, of whom nobody is there yet; all leave at the end.

    Args:
        program: what `load-participants` was built to.
        service: where they go.
        shape: what they send and take.
        pace: seconds between two arrivals.
    """
    options = {
        "url": service.url,
        "address": ",".join(service.edges),
        "media": ",".join(service.media),
        "audio": shape.audio,
        "video": shape.video,
        "last-n": shape.last_n,
        "pace": f"{pace * 1000:.0f}ms",
        **({"cacert": service.authority} if service.authority else {}),
    }
    line = [str(program), *(f"-{name}={value}" for name, value in options.items())]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin  # noqa: S101 - given above
        assert process.stdout  # noqa: S101
        try:
            yield Generator(process.stdin, process.stdout)
        finally:
            with suppress(OSError):
                process.stdin.close()
            try:
                process.wait(_LEAVING)
            except subprocess.TimeoutExpired:
                process.kill()
