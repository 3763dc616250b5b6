"""What a meeting node says of its load: when it is full, when it is free again, and to whom at which moment."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from boot.meeting import node_load
from boot.meeting.node_load import Load
from tests.configuration import ROOT
from tests.unit.waiting import eventually

WINDOW = 4


class Processors:
    """What /proc/stat says, tick by tick."""

    def __init__(self) -> None:
        self.figures = [0] * 10

    def tick(self, **spent: int) -> str:
        """A second later: what was spent on what, the rest of 100 idle."""
        names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")
        spent["idle"] = 100 - sum(spent.get(name, 0) for name in names[:8])
        self.figures = [figure + spent.get(name, 0) for figure, name in zip(self.figures, names, strict=True)]
        return f"cpu  {' '.join(map(str, self.figures))}\ncpu0 1 2 3 4 5 6 7 8 9 0\nintr 5\n"


def _said(load: Load, processors: Processors, ticks: int, **spent: int) -> list[str | None]:
    return [load.look(processors.tick(**spent)) for _ in range(ticks)]


def test_nothing_is_said_before_the_window_is_full() -> None:
    """What the edges were told before holds until then."""
    load, processors = Load(WINDOW), Processors()
    assert _said(load, processors, WINDOW + 1, user=90) == [None] * WINDOW + ["0%"]


@pytest.mark.parametrize(("user", "said"), [(66, "100%"), (67, "0%")])
def test_a_node_above_two_thirds_is_full(user: int, said: str) -> None:
    """Of the mean of all processors over the window."""
    assert _said(Load(WINDOW), Processors(), WINDOW + 1, user=user)[-1] == said


def test_a_peak_is_no_load() -> None:
    """Of four ticks one is all busy."""
    load, processors = Load(WINDOW), Processors()
    said = _said(load, processors, WINDOW + 1, user=50) + _said(load, processors, 1, user=100)
    assert said[WINDOW:] == ["100%"] * 2


@pytest.mark.parametrize(("user", "said"), [(51, "0%"), (50, "100%")])
def test_a_full_node_is_free_again_at_a_half(user: int, said: str) -> None:
    """What is between a half and two thirds changes nothing."""
    load, processors = Load(WINDOW), Processors()
    assert _said(load, processors, WINDOW + 1, user=90)[-1] == "0%"
    assert _said(load, processors, WINDOW, user=user)[-1] == said
    assert _said(load, processors, WINDOW, user=60)[-1] == said


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        ({"user": 30, "system": 20, "softirq": 20}, "0%"),
        ({"user": 30, "steal": 40}, "0%"),
        ({"user": 30, "nice": 40}, "0%"),
        ({"user": 30, "iowait": 60}, "100%"),
        # A guest's time is in `user` already.
        ({"user": 60, "guest": 60}, "100%"),
    ],
)
def test_what_counts_as_load(spent: dict[str, int], said: str) -> None:
    """The host's share does, waiting for a disk does not."""
    assert _said(Load(WINDOW), Processors(), WINDOW + 1, **spent)[-1] == said


@pytest.mark.parametrize(("cores", "said"), [(1.3, "100%"), (1.4, "0%")])
def test_cgroups_say_how_much_of_all_processors_is_used(
    monkeypatch: pytest.MonkeyPatch, cores: float, said: str
) -> None:
    """Of two: microseconds since the start, held against the clock."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    load = Load(WINDOW)
    found: list[str | None] = []
    for second in range(WINDOW + 1):
        monkeypatch.setattr("time.monotonic", lambda now=1000.0 + second: now)
        found.append(load.look(f"usage_usec {int(second * cores * 1e6)}\nuser_usec 5\nsystem_usec 7\n"))
    assert found[-1] == said


def test_figures_that_stand_still_change_nothing() -> None:
    """As a node's does that was paused."""
    load, processors = Load(WINDOW), Processors()
    assert _said(load, processors, WINDOW + 1, user=90)[-1] == "0%"
    still = processors.tick(user=90)
    assert [load.look(still) for _ in range(WINDOW + 2)][-1] == "0%"


def test_everybody_is_told_at_the_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks early waits for those who ask late; of too many the first are left out."""
    monkeypatch.setattr(node_load, "ASKING", 2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asked = [socket.create_connection(listening.getsockname(), timeout=10) for _ in range(3)]
        asking: list[socket.socket] = []
        node_load.wait(listening, asking, time.monotonic() + 0.2)
        assert len(asking) == 2
        for one in asked[1:]:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(10)
        asked[1].close()
        node_load.answer(asking, "0%")
        asked[2].settimeout(10)
        assert [one.recv(10) for one in (asked[0], asked[2])] == [b"", b"0%\n"]
        assert asking == []
        for one in asked:
            one.close()


def test_the_program_answers_once_it_knows_and_ends_with_a_last_word(tmp_path: Path) -> None:
    """Asked as HAProxy does, of a node that is full."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    processors, stat = Processors(), tmp_path / "stat"
    stat.write_text(processors.tick(user=90))
    program = ROOT / "boot" / "meeting" / "node_load.py"
    words = [sys.executable, str(program), address[0], str(address[1]), str(stat), "1"]

    def said() -> bytes:
        new = stat.with_suffix(".new")
        new.write_text(processors.tick(user=90))
        new.replace(stat)
        with socket.create_connection(address, timeout=10) as asking:
            return asking.recv(10)

    with subprocess.Popen(words) as running:
        try:
            eventually(said, lambda answer: answer == b"0%\n", seconds=20, what="a word")
            running.send_signal(signal.SIGTERM)
            eventually(said, lambda answer: answer == b"100%\n", seconds=20, what="the last word")
            assert running.wait(timeout=20) == 0
        finally:
            running.kill()
