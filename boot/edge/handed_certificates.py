"""What an edge hands out on the backbone, to who has the fleet's pair: its own certificates to the other edge, those
of the site's relays to its meeting nodes.
"""

from boot.edge.storage import STORAGE, issuer
from boot.edge.tls import DIRECTORY, FLEET_CERTIFICATE, PEERS_PAIR
from settings.addresses import Role
from settings.edge import Acme
from settings.relay import CERTIFICATES_PORT, Relay
from settings.secrets import FLEET_NAME
from settings.stack import Settings


def handed_certificates(settings: Settings, acme: Acme | None) -> str:
    """The block of the Caddyfile that says who is given what.

    Args:
        settings: the stack's settings.
        acme: the authority's, where the edges' own certificate is an authority's.
    """
    relay = settings.env.meeting.relay
    return f"""\
https://{FLEET_NAME}:{CERTIFICATES_PORT} {{
	bind {settings.backbone_address(Role.EDGE)}
	tls {PEERS_PAIR} {PEERS_PAIR} {{
		client_auth {{
			# The fleet's certificate is made for servers: as a client's it has the wrong purpose, and is compared.
			mode require
			verifier leaf {{
				file {FLEET_CERTIFICATE}
			}}
		}}
	}}
{_edges(settings) if acme else ""}{_relays(settings, relay) if relay else ""}	handle {{
		respond 404
	}}
}}
"""


def _edges(settings: Settings) -> str:
    """Meeting nodes have the fleet's pair as well: an edge is known by its address too."""
    (other,) = (site for site in settings.env.service_sites if site != settings.site)
    return f"""\
	@edges {{
		remote_ip {settings.backbone_address(Role.EDGE, site=other)}
		path /certificates/* /acme/*
	}}
	handle @edges {{
		root * {STORAGE}
		file_server
	}}
"""


def _relays(settings: Settings, relay: Relay) -> str:
    names = settings.env.relay_names(settings.site)
    asked = settings.env.edge.certificate if relay.certificate == "acme" else None
    root = f"{STORAGE}/certificates/{issuer(asked)}" if isinstance(asked, Acme) else DIRECTORY
    given = {
        f"/{name}.{kind}": f"/{name}/{name}.{stored}" if asked else f"/relay.{kind}"
        for name in names
        for kind, stored in (("pem", "crt"), ("key", "key"))
    }
    rewrites = "".join(f"\trewrite {path} {stored}\n" for path, stored in given.items())
    return f"""\
{rewrites}	@relays path {" ".join(dict.fromkeys(given.values()))}
	handle @relays {{
		root * {root}
		file_server
	}}
"""
