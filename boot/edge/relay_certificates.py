"""The certificates of the site's relays, which its edge asks for, or has been given, and hands to its meeting nodes."""

from urllib.parse import urlsplit

from boot.edge.tls import DIRECTORY, FLEET_CERTIFICATE, PEERS_PAIR
from settings.addresses import Role
from settings.edge import Acme
from settings.relay import CERTIFICATES_PORT, Relay
from settings.secrets import FLEET_NAME
from settings.stack import Settings

_STORAGE = "/var/lib/caddy/.local/share/caddy/certificates"


def relay_certificates(settings: Settings, relay: Relay, tls: str) -> str:
    """Blocks of the Caddyfile: the relays' names with their certificates, and who is given those.

    Args:
        settings: the stack's settings.
        relay: the environment's.
        tls: how a name's certificate is asked for.
    """
    names = settings.env.relay_names(settings.site)
    acme = settings.env.edge.certificate if relay.certificate == "acme" else None
    asked = f"{', '.join(names)} {{\n\t{tls}\n\trespond 404\n}}\n\n" if acme else ""
    root = f"{_STORAGE}/{_issuer(acme)}" if isinstance(acme, Acme) else DIRECTORY
    files = {
        f"/{name}.{kind}": f"/{name}/{name}.{stored}" if acme else f"/relay.{kind}"
        for name in names
        for kind, stored in (("pem", "crt"), ("key", "key"))
    }
    rewrites = "".join(f"\trewrite {given} {stored}\n" for given, stored in files.items())
    return f"""\
{asked}https://{FLEET_NAME}:{CERTIFICATES_PORT} {{
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
	root * {root}
{rewrites}	@relays path {" ".join(dict.fromkeys(files.values()))}
	handle @relays {{
		file_server
	}}
	handle {{
		respond 404
	}}
}}
"""


def _issuer(acme: Acme) -> str:
    """Caddy's name for the authority's directory in its storage (certmagic, `acme.issuerKey`)."""
    directory = urlsplit(acme.directory)
    return f"{directory.netloc}{directory.path}".lower().replace("/", "-").replace(":", "-").strip("-")
