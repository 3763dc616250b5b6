"""Whether an edge can serve, at its port 80: the question that DNS servers ask, and the answer."""

from boot.edge.haproxy_cfg import HEALTH_PATH, ROOMS_SOCKET
from boot.edge.tls import EDGE_CERTIFICATE
from settings.edge import LETS_ENCRYPT_STAGING, Acme
from settings.stack import Settings


def question(settings: Settings, acme: Acme | None) -> str:
    """What Caddy asks itself, over HTTPS as people do: without a certificate, or with an old one, it does not serve."""
    return f"""\
		rewrite * {HEALTH_PATH}?
		reverse_proxy https://127.0.0.1:443 {{
			header_up Host {settings.env.domain}
			transport http {{
				keepalive off
				dial_timeout 1s
				tls_server_name {settings.env.domain}
				{_trusted(acme)}
			}}
		}}
"""


def _trusted(acme: Acme | None) -> str:
    """Whose certificates are good ones; what a private authority issues with is not known, nor what staging does."""
    if acme is None:
        return f"tls_trust_pool file {EDGE_CERTIFICATE}"
    unknown = acme.trusted_roots or acme.directory == LETS_ENCRYPT_STAGING
    return "tls_insecure_skip_verify" if unknown else "# The system's roots."


def answer(settings: Settings) -> str:
    """HAProxy answers for this address alone, to the letter and without a query; with any other it asks an instance."""
    answer = f"reverse_proxy unix/{ROOMS_SOCKET}" if settings.env.edge.affinity else "respond 200"
    return f"""
	@health {{
		path {HEALTH_PATH}
		remote_ip 127.0.0.1
	}}
	handle @health {{
		rewrite * {HEALTH_PATH}?
		{answer}
	}}
"""
