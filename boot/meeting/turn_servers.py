"""The part of config.js that tells people of the node's own relay, and of no relay that does not answer."""

import json
from importlib.resources import files
from typing import Any

from settings.relay import TLS_PORT, UDP_PORT

# What a meeting lasts and more: a name that is over lets nobody in, and cuts nobody off. Seconds.
LASTS = 12 * 3600
# Between two looks at the relay, and until one is given up. Milliseconds.
LOOK, PATIENCE = 5000, 2000


def turn_servers(name: str, given: list[dict[str, Any]]) -> str:
    """The JavaScript that sets `backupTurnServers`.

    Args:
        name: of the node's own relay.
        given: the operator's TURN servers, as browsers take them.
    """
    relay = {
        "name": name,
        "urls": [f"turn:{name}:{UDP_PORT}?transport=udp", f"turns:{name}:{TLS_PORT}?transport=tcp"],
        "seconds": LASTS,
        "interval": LOOK,
        "patience": PATIENCE,
    }
    lines = (files("boot") / "meeting/turn_servers.js").read_text().splitlines(keepends=True)
    # A boot document has little room left: what comments say stays here.
    text = "".join(line for line in lines if not line.startswith("//"))
    return text.replace("$RELAY", _javascript(relay)).replace("$GIVEN", _javascript(given))


def _javascript(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
