"""Where a request over HTTPS goes: pages through the requirements' block, what belongs to a room to the room table.

The block counts every failed request against the instance, also when the client failed: a body that breaks off, an
upgrade to what the server does not speak. It gets what a browser asks a page with; nothing is counted of the rest.

What the block has no instance for goes through HAProxy, whose checks ask for TLS alone: while Redis has no master
`/health` is not answered, and the block has none until its next check.
"""

from boot.edge.haproxy_cfg import HEALTH_PATH, PAGE_PATH, ROOMS_SOCKET
from boot.edge.instances import instances
from boot.edge.tls import FLEET_CERTIFICATE
from settings.edge import HEALTH_STATUS, PAGE_TRY_DURATION, PAGE_TRY_INTERVAL, ROOMS_TRY_DURATION
from settings.secrets import FLEET_NAME
from settings.stack import Settings

_PAGE = """\
		method GET HEAD
		not header Upgrade *
"""
# Engine.IO 3 takes messages of 100 MB; nothing that people do needs a hundredth (files go from browser to browser).
MOST_SENT = "1MB"
_BODYLESS = f"""\
	@bodyless {{
{_PAGE}	}}
	request_body @bodyless {{
		# Nothing, whatever came; an empty text would leave it as it is.
		set {{vars.none}}
	}}
	request_body {{
		max_size {MOST_SENT}
	}}
"""
# The server compares the address as it came, Caddy what it means: /socket.io/../page is Socket.io's, and no page.
_SIGNALLING = "\t\tnot vars_regexp {http.request.orig_uri} ^/socket\\.io\n"


def routes(settings: Settings) -> str:
    """All of them, in the order in which they are tried."""
    if not settings.env.edge.affinity:
        return "\n".join([_BODYLESS, _page(), _balancer(settings, "@page "), _balancer(settings, "", counts=False)])
    room = _table(settings, "@room ", _RETRIED)
    parts = [
        _BODYLESS,
        _ROOM,
        room,
        _page(_SIGNALLING),
        _COUNTED,
        _balancer(settings, "@page "),
        _table(settings),
        _again(settings),
    ]
    return "\n".join(parts)


def _page(more: str = "", name: str = "page") -> str:
    return f"\t@{name} {{\n{_PAGE}{more}\t}}"


def _again(settings: Settings) -> str:
    """For a page that the block could not get; what the room table could not get it has tried by itself."""
    rooms = f"\t\tnot path {_ROOM_PATHS} {HEALTH_PATH}\n"
    again = _table(settings, "@again ", _RETRIED, settings.env.edge.lb_try_duration)
    inner = "\n".join([_page(_SIGNALLING + rooms, "again"), again]).replace("\n\t", "\n\t\t")
    return f"\thandle_errors 502 503 504 {{\n\t{inner}\t}}\n"


# With a slash at the end or none: Socket.io 4 can leave it out, Express takes both.
_ROOM_PATHS = "/socket.io /socket.io/* /auth/login /auth/login/ /auth/callback /auth/callback/"
_ROOM = f"\t@room path {_ROOM_PATHS}"
# HAProxy restarts, or took the request's instance out.
_RETRIED = """\
		lb_retry_match {
			method GET
			expression `{rp.is_transport_error} == true || {rp.status_code} in [502, 503]`
		}
"""
# Whether the client may have another page. Nothing of its own is sent: what HAProxy refuses an instance may take. Where
# HAProxy does not answer Caddy's own port 80 does, which never says 429, and nobody is counted for a while.
_COUNTED = f"""\
	reverse_proxy @page unix/{ROOMS_SOCKET} 127.0.0.1:80 {{
		method GET
		rewrite {PAGE_PATH}?
		header_up -*
		header_up X-Forwarded-For {{client_ip}}
		lb_policy first
		lb_retries 1
		fail_duration 10s
		transport http {{
			keepalive off
			response_header_timeout 500ms
		}}
		@over status 429
		handle_response @over {{
			copy_response
		}}
		handle_response {{
		}}
	}}
"""


def _table(settings: Settings, matcher: str = "", retried: str = "", lasts: str = ROOMS_TRY_DURATION) -> str:
    """To HAProxy; what never reached it is tried again."""
    return f"""\
	reverse_proxy {matcher}unix/{ROOMS_SOCKET} {{
		lb_try_duration {lasts}
{retried}
		header_up Host {{host}}
		header_up X-Real-IP {{remote_host}}
		stream_close_delay {settings.env.edge.websockets_outlive_reload}

		transport http {{
			# A reloaded HAProxy gets every new request; its former process keeps what is open.
			keepalive off
		}}
	}}
"""


def _balancer(settings: Settings, matcher: str, *, counts: bool = True) -> str:
    """The requirements' block; or the same without counting, which still knows what the block counted."""
    edge = settings.env.edge
    health = edge.health
    lasts = f"{PAGE_TRY_DURATION}\n\t\tlb_try_interval {PAGE_TRY_INTERVAL}" if edge.affinity else edge.lb_try_duration
    port = settings.env.meeting.listening_port
    upstreams = " ".join(f"https://{instance.host}:{port}" for instance in instances(settings))
    counted = f"\t\tfail_duration {health.fail_duration}\n" if counts else ""
    return f"""\
	reverse_proxy {matcher}{upstreams} {{
		lb_policy first
		lb_try_duration {lasts}

		health_uri {health.uri}
		health_interval {health.interval}
		health_timeout {health.timeout}
		health_status {HEALTH_STATUS}

{counted}		max_fails {health.max_fails}

		header_up Host {{host}}
		header_up X-Real-IP {{remote_host}}
		stream_close_delay {edge.websockets_outlive_reload}

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
"""
