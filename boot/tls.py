"""The certificates of an edge: the fleet's, which it pins, and its own where the operator provides it."""

from boot.live import HOME, Bundle
from settings.stack import Settings

DIRECTORY = f"{HOME}/tls"
FLEET_CERTIFICATE = f"{DIRECTORY}/fleet.pem"
EDGE_CERTIFICATE = f"{DIRECTORY}/edge.pem"
EDGE_KEY = f"{DIRECTORY}/edge.key"

_CHECK = """\
for certificate in "$DIR"/*.pem; do
    openssl x509 -in "$certificate" -noout || exit 1
done
[ ! -e "$DIR/edge.key" ] || [ "$(openssl x509 -in "$DIR/edge.pem" -noout -pubkey)" = \
"$(openssl pkey -in "$DIR/edge.key" -pubout)" ] || { echo "edge_key does not belong to edge_certificate" >&2; exit 1; }
"""


def tls(settings: Settings) -> Bundle:
    """The bundle of certificates and keys; Caddy reads them, as its own user."""
    secrets = settings.secrets
    files = {"fleet.pem": secrets.fleet_certificate.get_secret_value()}
    if settings.env.edge.certificate.type == "provided" and secrets.edge_certificate and secrets.edge_key:
        files |= {
            "edge.pem": secrets.edge_certificate.get_secret_value(),
            "edge.key": secrets.edge_key.get_secret_value(),
        }
    return Bundle(
        name="tls",
        unit="caddy",
        files=files,
        group="caddy",
        check=_CHECK,
        # Not started by this: its own configuration comes after.
        reload="systemctl try-reload-or-restart caddy",
        serving="true",
        secret=True,
    )
