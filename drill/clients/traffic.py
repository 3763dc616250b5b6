"""Whether a participant's media gets to the SFU: its own count of the packets that it has had."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALLED = 1.0  # seconds without further packets after which the media path counts as stalled


@dataclass
class Traffic:
    """The packets of one participant's life, over all its connections.

    `grew` has the moments at which the SFU answered that it had more of them, on the machine's monotonic clock; of
    `asked` questions.
    """

    tell: Callable[..., object]
    asked: int = 0
    flowing: bool = False
    grew: list[float] = field(default_factory=list)
    packets: int = 0

    def counted(self, packets: int, asked: float) -> None:
        """Take the SFU's count of our packets, asked for at `asked` (monotonic clock)."""
        self.asked += 1
        now = time.monotonic()
        if packets > self.packets:
            self.grew.append(now)
            if not self.flowing:
                self.flowing = True
                self.tell("media-flowing", round_trip=round(now - asked, 4))
        self.packets = packets
        silent = now - self.grew[-1] if self.grew else 0
        if self.flowing and silent > STALLED:
            self.flowing = False
            self.tell("media-stalled", silent=round(silent, 3))

    def interrupted(self) -> None:
        """The connection ended; further packets are news again."""
        self.flowing = False
        self.packets = 0

    def summary(self) -> dict[str, object]:
        """The counts so far."""
        return {"asked": self.asked, "grew": len(self.grew), "packets": self.packets}
