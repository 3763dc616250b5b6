"""The Caddyfile of an edge: the requirements' block, and what it needs to work with HTTPS upstreams on two sites.

With affinity, what belongs to a room goes to HAProxy instead, which knows the room's instance.
"""

from boot.edge.haproxy_cfg import HEALTH_PATH, ROOMS_SOCKET
from boot.edge.instances import instances
from boot.edge.tls import ACME_ROOTS, EDGE_CERTIFICATE, EDGE_KEY, FLEET_CERTIFICATE
from boot.monitoring.status_page import STATUS_PAGE
from settings.addresses import Role
from settings.dns import public_names
from settings.edge import ROOMS_TRY_DURATION, Acme
from settings.monitoring import CADDY_PORT
from settings.secrets import FLEET_NAME
from settings.stack import Settings
from settings.status_page import StatusPage

ADMIN_SOCKET = "/run/caddy/admin.sock"

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
    parts = [_global(settings, acme), _https(settings, acme), _http(settings, acme)]
    return "\n".join([*parts, *([_metrics(settings)] if settings.env.monitoring else [])])


def _global(settings: Settings, acme: Acme | None) -> str:
    email = f"\temail {acme.email}\n" if acme else ""
    metrics = "\tmetrics\n" if settings.env.monitoring else ""
    return f"{{\n\tadmin unix/{ADMIN_SOCKET}\n{email}{metrics}}}\n"


def _metrics(settings: Settings) -> str:
    """For the witness alone: on the backbone, which no client reaches."""
    return f"""\
http://:{CADDY_PORT} {{
	bind {settings.backbone_address(Role.EDGE)}
	metrics /metrics
}}
"""


def _https(settings: Settings, acme: Acme | None) -> str:
    edge = settings.env.edge
    health = edge.health
    port = settings.env.meeting.listening_port
    upstreams = " ".join(f"https://{instance.host}:{port}" for instance in instances(settings))
    return f"""\
{", ".join(served_names(settings))} {{
	{_tls(acme)}
{_status_page(settings.env.status_page) if settings.env.status_page else ""}{_rooms(settings) if edge.affinity else ""}
	reverse_proxy {upstreams} {{
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
			# A connection kept from before a power cut would swallow a request without an end.
			keepalive off
			dial_timeout {edge.dial_timeout}
			tls_timeout {edge.tls_timeout}
			tls_server_name {FLEET_NAME}
			tls_trust_pool file {FLEET_CERTIFICATE}
		}}
	}}
}}
"""


def _tls(acme: Acme | None) -> str:
    if acme is None:
        return f"tls {EDGE_CERTIFICATE} {EDGE_KEY}"
    roots = f"\t\t\ttrusted_roots {ACME_ROOTS}\n" if acme.trusted_roots else ""
    # TLS-ALPN-01 reaches one edge only and cannot be passed on.
    return (
        f"tls {{\n\t\tissuer acme {{\n\t\t\tdir {acme.directory}\n{roots}\t\t\tdisable_tlsalpn_challenge\n\t\t}}\n\t}}"
    )


def _rooms(settings: Settings) -> str:
    """What belongs to a room; tried again while HAProxy restarts, and when it took a request's instance out."""
    edge = settings.env.edge
    return f"""
	@room path /socket.io/* /auth/login /auth/callback
	reverse_proxy @room unix/{ROOMS_SOCKET} {{
		lb_try_duration {ROOMS_TRY_DURATION}
		lb_retry_match {{
			method GET
			expression `{{rp.is_transport_error}} == true || {{rp.status_code}} in [502, 503]`
		}}

		header_up Host {{host}}
		header_up X-Real-IP {{remote_host}}
		stream_close_delay {edge.stream_close_delay}

		transport http {{
			# A reloaded HAProxy gets every new request; its former process keeps what is open.
			keepalive off
		}}
	}}
"""


def _status_page(page: StatusPage) -> str:
    """`handle` goes before every other route; what is not there yet, or was never fetched, is no page of a room."""
    directory, name = STATUS_PAGE.rsplit("/", 1)
    return f"""
	@status path {page.path} {page.path}/
	handle @status {{
		root * {directory}
		rewrite * /{name}
		header Cache-Control no-cache
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
		{f"reverse_proxy unix/{ROOMS_SOCKET}" if settings.env.edge.affinity else "respond 200"}
	}}
	handle {{
		redir https://{{host}}{{uri}} permanent
	}}
}}
"""


def _challenges(settings: Settings) -> str:
    """Both edges ask for certificates by themselves: a token that this one does not know may be the other one's."""
    peers = [f"{site}-edge:80" for site in settings.env.service_sites if site != settings.site]
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
			}}
		}}
	}}
	handle /.well-known/acme-challenge/* {{
		respond 404
	}}
"""
