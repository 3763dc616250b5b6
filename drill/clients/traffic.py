"""What went through the SFU: numbered messages that came back, or packets that it counted; what came from others."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiortc import RTCDataChannel

STALLED = 1.0  # seconds without an echo after which the media path counts as stalled


@dataclass
class Received:
    """Messages from another participant; its numbers run on over its reconnections."""

    first: int
    last: int
    count: int = 1

    @property
    def lost(self) -> int:
        """Numbers between the first and the last that never came."""
        return self.last - self.first + 1 - self.count


@dataclass
class Traffic:
    """The messages of one participant's life, over all its connections.

    `echoes` has the moment of each message that came back, on the machine's monotonic clock; without data channels
    those of the SFU's answers that it had more `packets` of ours.
    """

    peer: str
    tell: Callable[..., object]
    sent: int = 0
    echoed: int = 0
    received: dict[str, Received] = field(default_factory=dict)
    flowing: bool = False
    last_echo: float = 0
    echoes: list[float] = field(default_factory=list)
    packets: int = 0

    def send(self, channel: RTCDataChannel) -> None:
        """Send the next message; says when echoes have stopped coming."""
        self.sent += 1
        channel.send(json.dumps({"peer": self.peer, "n": self.sent, "at": time.monotonic()}))
        self._silent()

    def counted(self, packets: int, asked: float) -> None:
        """Take the SFU's count of our packets, asked for at `asked` (monotonic clock)."""
        self.sent += 1
        if packets > self.packets:
            self._came_back(asked)
        self.packets = packets
        self._silent()

    def receive(self, message: str) -> None:
        """Count a message: the echo of an own one, or another participant's."""
        content = json.loads(message)
        if content["peer"] != self.peer:
            self._receive_from(content["peer"], content["n"])
            return
        self._came_back(content["at"])

    def interrupted(self) -> None:
        """The connection ended; the next echo is news again."""
        self.flowing = False
        self.packets = 0

    def summary(self) -> dict[str, object]:
        """The counts so far; `lost` includes what is still on its way."""
        others = {peer: {"received": got.count, "lost": got.lost} for peer, got in sorted(self.received.items())}
        return {"sent": self.sent, "echoed": self.echoed, "lost": self.sent - self.echoed, "from": others}

    def _came_back(self, begun: float) -> None:
        self.echoed += 1
        self.last_echo = time.monotonic()
        self.echoes.append(self.last_echo)
        if not self.flowing:
            self.flowing = True
            self.tell("media-flowing", round_trip=round(self.last_echo - begun, 4))

    def _silent(self) -> None:
        silent = time.monotonic() - self.last_echo
        if self.flowing and silent > STALLED:
            self.flowing = False
            self.tell("media-stalled", silent=round(silent, 3))

    def _receive_from(self, peer: str, number: int) -> None:
        got = self.received.get(peer)
        if got and number > got.last:
            got.last = number
            got.count += 1
        else:
            # The first message, or a participant of the same name that started anew.
            self.received[peer] = Received(number, number)
            self.tell("media-from", sender=peer)
