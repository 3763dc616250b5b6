"""Whether each meeting server's relay relays: each asks its own; and whether its name leads to it."""

import re
from collections.abc import Callable
from functools import partial

from fleet import https
from fleet.ask import Run, each
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet

# What the program prints whose exit status is 0 (boot/meeting/relay/relay_probe.py).
_RELAYS = re.compile(r"relays as (\S+); its certificate has (-?[0-9]+) days")
_ASK = """sudo sh -c '. /etc/multiparty/boot.env; multiparty-relay "$RELAY_NAME"' 2>&1 || true"""


def relay_findings(
    deployed: Fleet, run: Run, days: int, resolve: Callable[[str], set[str]] = https.addresses
) -> list[Finding]:
    """A finding for each meeting server.

    Args:
        deployed: the fleet.
        run: runs a command on a server.
        days: for which a certificate has to be valid, and more.
        resolve: the addresses that the DNS has for a name.
    """
    return each(deployed.of("meeting"), "relays", run, _ASK, partial(_judged, days, resolve))


def _judged(days: int, resolve: Callable[[str], set[str]], server: DeployedServer, answer: str) -> Finding:
    said = (answer.strip().splitlines()[-1:] or ["nothing"])[0]
    relays = _RELAYS.fullmatch(said)
    if relays is None:
        return Finding(f"{server.name} relays", False, said)
    found = resolve(relays[1])
    leads = f"{said}; {relays[1]} is {', '.join(sorted(found)) or 'not in the DNS'}"
    return Finding(f"{server.name} relays", found == {server.public_address} and int(relays[2]) > days, leads)
