"""TLS by the fleet's own certificate, as those say it who ask for the name in it."""

from settings.secrets import FLEET_NAME
from settings.stack import Settings

# The certificates that are taken, where Redis servers have them; the witness is one.
OF_REDIS = "/etc/multiparty/redis/fleet.pem"


def pinned(file: str) -> str:
    """What HAProxy's `server` lines say: whoever answers has one of the certificates in a file."""
    return f"ssl verify required ca-file {file} verifyhost {FLEET_NAME} sni str({FLEET_NAME})"


def certificates(settings: Settings) -> str:
    """Those that are taken, PEM: first the one in use, so that whoever has its key may show the file as its own."""
    return "\n".join(settings.secrets.fleet_certificates)
