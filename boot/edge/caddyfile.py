"""The Caddyfile of an edge: names and certificates, the status page, plain HTTP; `caddy_routes` has the rest."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from boot.edge.caddy_health import answer, question
from boot.edge.caddy_routes import routes
from boot.edge.handed_certificates import handed_certificates
from boot.edge.haproxy_cfg import HEALTH_PATH
from boot.edge.tls import ACME_ROOTS, EDGE_CERTIFICATE, EDGE_KEY, FLEET_CERTIFICATE, PEERS_PAIR
from boot.monitoring.status_page import STATUS_PAGE
from settings.addresses import Role
from settings.dns import public_names
from settings.edge import Acme, Edge
from settings.monitoring import CADDY_PORT
from settings.secrets import FLEET_NAME
from settings.stack import Settings
from settings.status_page import StatusPage

ADMIN_SOCKET = "/run/caddy/admin.sock"

# What HAProxy (`tune.bufsize` 16384) and Node.js (16 KiB) take with what Caddy adds: it allows 4 KiB more than this.
MAX_HEADERS = "10KiB"
# An error's line names neither the room nor who asked for it: no address, no headers, of the network its part that many
# share. There is no access log.
_LOG = """\
	log default {
		format filter {
			request>uri delete
			request>headers delete
			resp_headers delete
			request>remote_ip ip_mask 24 48
			request>client_ip ip_mask 24 48
		}
	}
"""
# Set on an ACME challenge that was passed on once; such a request is never passed on again.
RELAYED = "X-Acme-Relayed"


def served_names(settings: Settings) -> tuple[str, ...]:
    """All names that people reach the service by through this edge; each is in the edge's certificates."""
    return (
        tuple(public_names(settings.env.domain, settings.env.service_sites))
        if settings.env.dns
        else (settings.env.domain,)
    )


def caddyfile(settings: Settings) -> str:
    """The text of this site's Caddyfile."""
    certificate = settings.env.edge.certificate
    acme = certificate if isinstance(certificate, Acme) else None
    parts = [_global(settings, acme), _https(settings, acme), _http(settings, acme), *([_FLEET] if acme else [])]
    relay = settings.env.meeting.relay
    if relay and acme and relay.certificate == "acme":
        parts.append(_relays_names(settings, acme))
    if relay or acme:
        parts.append(handed_certificates(settings, acme))
    return "\n".join([*parts, *([_metrics(settings)] if settings.env.monitoring else [])])


def _global(settings: Settings, acme: Acme | None) -> str:
    email = f"\temail {acme.email}\n" if acme else ""
    metrics = "\tmetrics\n" if settings.env.monitoring else ""
    headers = f"\tservers {{\n\t\tmax_header_size {MAX_HEADERS}\n\t}}\n"
    return f"{{\n\tadmin unix/{ADMIN_SOCKET}\n{email}{metrics}{headers}{_LOG}}}\n"


def _metrics(settings: Settings) -> str:
    """For the witness alone: on the backbone, which no client reaches."""
    return f"""\
http://:{CADDY_PORT} {{
	bind {settings.backbone_address(Role.EDGE)}
	metrics /metrics
}}
"""


def _https(settings: Settings, acme: Acme | None) -> str:
    return f"""\
{", ".join(served_names(settings))} {{
	{_tls(acme)}
{_status_page(settings.env.status_page) if settings.env.status_page else ""}{answer(settings)}
{_headers(settings.env.edge)}
{_RELAYED_HERE if acme else ""}{routes(settings)}}}
"""


def _tls(acme: Acme | None) -> str:
    if acme is None:
        return f"tls {EDGE_CERTIFICATE} {EDGE_KEY}"
    roots = f"\t\t\ttrusted_roots {ACME_ROOTS}\n" if acme.trusted_roots else ""
    # TLS-ALPN-01 reaches one edge only and cannot be passed on.
    return (
        f"tls {{\n\t\tissuer acme {{\n\t\t\tdir {acme.directory}\n{roots}\t\t\tdisable_tlsalpn_challenge\n\t\t}}\n\t}}"
    )


def _relays_names(settings: Settings, acme: Acme) -> str:
    """The edge asks for their certificates; nobody comes to it by them but the authority."""
    return f"""\
{", ".join(settings.env.relay_names(settings.site))} {{
	{_tls(acme)}
	respond 404
}}
"""


def _headers(edge: Edge) -> str:
    """What an instance says of these goes before it (`?`)."""
    hsts = f"\t\t?Strict-Transport-Security max-age={edge.hsts_seconds}\n" if edge.hsts_seconds else ""
    return f"""\
	header {{
{hsts}		?X-Content-Type-Options nosniff
		?Referrer-Policy {edge.referrer_policy}
	}}
"""


# The page's own script alone, no request, not inside another page, and not with the origin of the meetings.
_STATUS_SCRIPT = (files("boot.monitoring") / "status_page_program" / "age.js").read_text()
_STATUS_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{b64encode(sha256(_STATUS_SCRIPT.encode()).digest()).decode()}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "sandbox allow-scripts",
    ]
)


def _status_page(page: StatusPage) -> str:
    """`handle` goes before every other route; what is not there yet, or was never fetched, is no page of a room."""
    directory, name = STATUS_PAGE.rsplit("/", 1)
    return f"""
	@status path {page.path} {page.path}/
	handle @status {{
		root * {directory}
		rewrite * /{name}
		header Cache-Control no-cache
		# The copy comes from the witness: whatever is in it, this is all that it may do here.
		header Content-Security-Policy "{_STATUS_POLICY}"
		header X-Content-Type-Options nosniff
		@none not file
		respond @none 503
		file_server
	}}
"""


def _http(settings: Settings, acme: Acme | None) -> str:
    names = ", ".join(f"http://{name}" for name in served_names(settings))
    return f"""\
{names} {{
{_challenges(settings) if acme else ""}	handle {HEALTH_PATH} {{
{question(settings, acme)}	}}
	handle {{
		redir https://{{host}}{{uri}} permanent
	}}
}}
"""


# Caddy answers a token that it knows before it looks at any route.
_RELAYED_HERE = f"""\
	@relayed {{
		path /.well-known/acme-challenge/*
		header {RELAYED} *
	}}
	respond @relayed 404

"""
# By the fleet's pair the edges know each other: who could answer for one of them would get a certificate of its name.
_FLEET = f"""\
https://{FLEET_NAME} {{
	tls {PEERS_PAIR} {PEERS_PAIR}
	respond 404
}}
"""


def _challenges(settings: Settings) -> str:
    """Both edges ask for certificates by themselves: a token that this one does not know may be the other one's."""
    peers = [f"https://{site}-edge:443" for site in settings.env.service_sites if site != settings.site]
    return f"""\
	@relay {{
		path /.well-known/acme-challenge/*
		not header {RELAYED} *
	}}
	handle @relay {{
		reverse_proxy {" ".join(peers)} {{
			header_up Host {{host}}
			header_up {RELAYED} 1
			transport http {{
				keepalive off
				dial_timeout {settings.env.edge.dial_timeout}
				tls_server_name {FLEET_NAME}
				tls_trust_pool file {FLEET_CERTIFICATE}
			}}
		}}
	}}
	handle /.well-known/acme-challenge/* {{
		respond 404
	}}
"""
