"""The certificates of an edge: the fleet's, which it pins, its own where the operator provides it, and the roots of a
private authority where that one issues it.
"""

from boot.live import HOME, Bundle
from settings.edge import Acme, Provided
from settings.stack import Settings

DIRECTORY = f"{HOME}/tls"
FLEET_CERTIFICATE = f"{DIRECTORY}/fleet.pem"
EDGE_CERTIFICATE = f"{DIRECTORY}/edge.pem"
# Both in one file, as HAProxy takes them: by the fleet's pair the edges know each other.
PEERS_PAIR = f"{DIRECTORY}/peers.pem"
EDGE_KEY = f"{DIRECTORY}/edge.key"
ACME_ROOTS = f"{DIRECTORY}/acme-roots.pem"

# A file that is no longer named stays: Caddy reads it until its own configuration, which comes next, is there.
_KEEP = f'[ ! -d {DIRECTORY} ] || cp --archive --no-clobber {DIRECTORY}/. "$DIR/"\n'
_JUDGE = """\
for certificate in "$DIR"/*.pem; do
    openssl x509 -in "$certificate" -noout || exit 1
done
[ ! -e "$DIR/edge.key" ] || [ "$(openssl x509 -in "$DIR/edge.pem" -noout -pubkey)" = \
"$(openssl pkey -in "$DIR/edge.key" -pubout)" ] || { echo "edge_key does not belong to edge_certificate" >&2; exit 1; }
"""


def tls(settings: Settings) -> Bundle:
    """The bundle of certificates and keys; Caddy reads them as its own user, HAProxy as a member of Caddy's group."""
    secrets = settings.secrets
    files = {"fleet.pem": "\n".join(secrets.fleet_certificates)}
    certificate = settings.env.edge.certificate
    relay = settings.env.meeting.relay
    if settings.env.edge.affinity or isinstance(certificate, Acme) or relay:
        files["peers.pem"] = f"{secrets.fleet_certificate.get_secret_value()}\n{secrets.fleet_key.get_secret_value()}"
    if isinstance(certificate, Provided) and secrets.edge_certificate and secrets.edge_key:
        files |= {
            "edge.pem": secrets.edge_certificate.get_secret_value(),
            "edge.key": secrets.edge_key.get_secret_value(),
        }
    if relay and relay.certificate == "provided" and secrets.relay_certificate and secrets.relay_key:
        files |= {
            "relay.pem": secrets.relay_certificate.get_secret_value(),
            "relay.key": secrets.relay_key.get_secret_value(),
        }
    if isinstance(certificate, Acme) and certificate.trusted_roots:
        files["acme-roots.pem"] = certificate.trusted_roots
    return Bundle(
        name="tls",
        unit="caddy",
        files=files,
        group="caddy",
        check=_KEEP + _JUDGE,
        # Not started by this: their own configuration comes after.
        reload="systemctl try-reload-or-restart haproxy caddy",
        serving="true",
        secret=True,
    )
