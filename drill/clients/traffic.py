"""Whether media flows between a participant and the SFU: by what comes of others, or by what the SFU has had."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALLED = 1.0  # seconds without anything further after which the media path counts as stalled


@dataclass
class Traffic:
    """What one participant has counted in its life, over all its connections.

    `grew` has the moments at which there was more than at the look before, on the machine's monotonic clock; of
    `looked` looks. `count` is what was there at the last one: frames of others, or packets of one's own.
    """

    tell: Callable[..., object]
    looked: int = 0
    flowing: bool = False
    grew: list[float] = field(default_factory=list)
    count: int = 0

    def counted(self, count: int) -> None:
        """Take what is there now; less than before is another count, of others or after they left."""
        self.looked += 1
        now = time.monotonic()
        if count > self.count:
            self.grew.append(now)
            if not self.flowing:
                self.flowing = True
                self.tell("media-flowing")
        self.count = count
        silent = now - self.grew[-1] if self.grew else 0
        if self.flowing and silent > STALLED:
            self.flowing = False
            self.tell("media-stalled", silent=round(silent, 3))

    def interrupted(self) -> None:
        """The connection ended; what comes after it is news again."""
        self.flowing = False
        self.count = 0

    def summary(self) -> dict[str, object]:
        """The counts so far."""
        return {"looked": self.looked, "grew": len(self.grew), "count": self.count}
