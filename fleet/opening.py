"""Whether a room opens on each meeting server: each opens one itself, and says how far it came."""

from fleet.ask import Run, each
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet

# What the program prints whose exit status is 0 (boot/meeting/room_probe.py).
_OPEN = ("a room opens", "a guest is answered")
_ASK = "sudo multiparty-room 2>&1 || true"


def opening_findings(deployed: Fleet, run: Run) -> list[Finding]:
    """A finding for each meeting server."""
    return each(deployed.of("meeting"), "opens a room", run, _ASK, _judged)


def _judged(server: DeployedServer, answer: str) -> Finding:
    said = answer.strip().splitlines()[-1:] or ["nothing"]
    return Finding(f"{server.name} opens a room", said[0].startswith(_OPEN), said[0])
