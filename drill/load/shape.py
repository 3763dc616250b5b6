"""A kind of meeting: how many people a room has, and what each of them sends and takes."""

import math
from dataclasses import dataclass

# Of what lab/engine/go/load-participants/source.go sends: packets of audio and frames of video a second,
# and bytes of video in a packet.
AUDIO_PACKETS, FRAMES, PACKET_BYTES = 50, 25, 1146
LEAST, MOST = 2, 50  # people of a room


@dataclass(frozen=True)
class Shape:
    """A kind of meeting.

    Attributes:
        people: in a room.
        audio: kbit/s that each sends; 0: none.
        video: kbit/s that each sends; 0: none.
        last_n: how many of the others' videos each takes.
    """

    people: int
    audio: int = 40
    video: int = 500
    last_n: int = 4

    def __str__(self) -> str:
        return f"rooms of {self.people}, audio {self.audio} and video {self.video} kbit/s, last {self.last_n}"

    @property
    def videos(self) -> int:
        """How many videos each takes."""
        return min(self.people - 1, self.last_n) if self.video else 0

    @property
    def packets_in(self) -> int:
        """What the SFU takes of a person, packets a second."""
        return self._audio + self._video

    @property
    def packets_out(self) -> int:
        """What it sends to a person, packets a second."""
        return (self.people - 1) * self._audio + self.videos * self._video

    @property
    def _audio(self) -> int:
        return AUDIO_PACKETS if self.audio else 0

    @property
    def _video(self) -> int:
        return FRAMES * math.ceil(self.video * 1000 / 8 / FRAMES / PACKET_BYTES) if self.video else 0


SHAPES = {
    "pair": Shape(2, video=1000),
    "meeting": Shape(6),
    "class": Shape(25, video=300),
}
