"""A writer running somewhere, and what its numbers tell: gaps in time, numbers that were acknowledged and are lost."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self

from drill.clients.writes import Write


class Writing:
    """`drill.clients.writes` as a process; use it in a `with`, which ends it."""

    def __init__(self, command: Sequence[str], password: str) -> None:
        """`command` runs the module wherever the writer is to stand."""
        self.writes: list[Write] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdin  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(f"{password}\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the writer and read what it still said."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join(10)

    def acknowledged(self, *, since: float = 0) -> list[Write]:
        """The writes begun after `since` that a master acknowledged."""
        with self._news:
            return [write for write in self.writes if write.acknowledged and write.at >= since]

    def wait_acknowledged(self, since: float, *, deadline: float, by: str | None = None) -> Write:
        """The first acknowledged write begun after `since`, by this master when it is named.

        Raises:
            TimeoutError: none within `deadline` seconds; the message has the last attempts.
        """
        end = time.monotonic() + deadline

        def found() -> Write | None:
            return next((w for w in self.acknowledged(since=since) if by in (None, w.by)), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None, max(0.0, end - time.monotonic()))
            write = found()
            last = self.writes[-3:]
        if write is None:
            stderr = ""
            if self._process.poll() is not None and self._process.stderr:
                stderr = self._process.stderr.read()
            raise TimeoutError(f"no acknowledged write within {deadline} s; last attempts: {last}{stderr}")
        return write

    def gap(self, since: float) -> float:
        """The longest time between two acknowledged writes that followed each other, from `since` on, in seconds."""
        moments = [since, *(write.at + write.took for write in self.acknowledged(since=since))]
        return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)

    def _read(self) -> None:
        assert self._process.stdout  # noqa: S101 - a pipe was asked for
        for line in self._process.stdout:
            with self._news:
                self.writes.append(Write(**json.loads(line)))
                self._news.notify_all()


def module(addresses: Sequence[str], key: str, *, cluster: bool = False, trusted: Path | None = None) -> list[str]:
    """The command that runs a writer, which knows these Sentinels, or these nodes of a cluster.

    `trusted` is a file of the fleet's certificates, where the Sentinels speak TLS.
    """
    named = [word for address in addresses for word in ("--cluster" if cluster else "--sentinel", address)]
    tls = ["--trusted", str(trusted)] if trusted else []
    return [sys.executable, "-m", "drill.clients.writes", "--key", key, *named, *tls]
