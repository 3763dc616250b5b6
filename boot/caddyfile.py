"""The Caddyfile of an edge: the seed's failover block, and what it needs to work with HTTPS upstreams on two sites."""

from boot.fleet import FLEET_NAME
from boot.tls import EDGE_CERTIFICATE, EDGE_KEY, FLEET_CERTIFICATE
from settings.addresses import Role
from settings.dns import public_names
from settings.edge import Acme
from settings.stack import Settings

ADMIN_SOCKET = "/run/caddy/admin.sock"

# Set on an ACME challenge that was passed on once; such a request is never passed on again.
RELAYED = "X-Acme-Relayed"


def caddyfile(settings: Settings) -> str:
    """The text of this site's Caddyfile."""
    edge = settings.env.edge
    acme = edge.certificate if isinstance(edge.certificate, Acme) else None
    blocks = [_global(settings, acme), _site(settings, acme)]
    if acme:
        blocks.append(_challenge_relay(settings))
    return "\n".join(blocks)


def served_names(settings: Settings) -> tuple[str, ...]:
    """The names that this edge serves and has certificates for, the domain first."""
    return tuple(public_names(settings.env)) if settings.env.dns else (settings.env.domain,)


def upstreams(settings: Settings) -> list[str]:
    """The instances, the primary's first; the first of each site by its fixed name, the others by planned address."""
    port = settings.env.meeting.listening_port
    found = []
    for site in settings.env.service_sites:
        found.append(f"https://{site}-instance:{port}")
        nodes = settings.env.sites[site].meeting_nodes
        found += [f"https://{settings.backbone_address(Role.MEETING, n, site)}:{port}" for n in range(2, nodes + 1)]
    return found


def _global(settings: Settings, acme: Acme | None) -> str:
    email = f"\temail {acme.email}\n" if acme else ""
    return f"{{\n\tadmin unix/{ADMIN_SOCKET}\n{email}}}\n"


def _site(settings: Settings, acme: Acme | None) -> str:
    edge = settings.env.edge
    health = edge.health
    if acme:
        # TLS-ALPN-01 reaches one edge only and cannot be passed on.
        tls = f"tls {{\n\t\tissuer acme {{\n\t\t\tdir {acme.directory}\n\t\t\tdisable_tlsalpn_challenge\n\t\t}}\n\t}}"
    else:
        tls = f"tls {EDGE_CERTIFICATE} {EDGE_KEY}"
    return f"""\
{", ".join(served_names(settings))} {{
	{tls}

	reverse_proxy {" ".join(upstreams(settings))} {{
		lb_policy first
		lb_try_duration {edge.lb_try_duration}

		health_uri {health.uri}
		health_interval {health.interval}
		health_timeout {health.timeout}
		health_status {health.status}

		fail_duration {health.fail_duration}
		max_fails {health.max_fails}

		header_up Host {{host}}
		header_up X-Real-IP {{remote_host}}
		stream_close_delay {edge.stream_close_delay}

		transport http {{
			versions 1.1
			dial_timeout {edge.dial_timeout}
			tls_server_name {FLEET_NAME}
			tls_trust_pool file {FLEET_CERTIFICATE}
		}}
	}}
}}
"""


def _challenge_relay(settings: Settings) -> str:
    """Both edges ask for certificates by themselves: a token that this one does not know may be the other one's."""
    peers = [f"{site}-edge:80" for site in settings.env.service_sites if site != settings.site]
    names = ", ".join(f"http://{name}" for name in served_names(settings))
    return f"""\
{names} {{
	@relay {{
		path /.well-known/acme-challenge/*
		not header {RELAYED} *
	}}
	handle @relay {{
		reverse_proxy {" ".join(peers)} {{
			header_up Host {{host}}
			header_up {RELAYED} 1
		}}
	}}
	handle /.well-known/acme-challenge/* {{
		respond 404
	}}
	handle {{
		redir https://{{host}}{{uri}} permanent
	}}
}}
"""
