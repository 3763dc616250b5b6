"""What guests find at one address outside their networks: a web root over HTTP, and a name server.

The name server is dnsmasq; it is told to read `dns.hosts` and `dns.forwards` again whenever one of them changes.
"""

import contextlib
import signal
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from lab.cloud.layout import CONF, DNS_FORWARDS, DNS_HOSTS, SERVICES_HOST, WWW

POLL = 0.3


def serve_web() -> None:
    """Serve the web root, for ever."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(WWW))
    with ThreadingHTTPServer((SERVICES_HOST, 80), handler) as server:
        server.serve_forever()


def main() -> None:
    """Web server in a thread, name server beside it."""
    threading.Thread(target=serve_web, daemon=True).start()
    seen = _changed()
    with subprocess.Popen(["dnsmasq", f"--conf-file={CONF}/dnsmasq.conf"]) as dnsmasq:
        while dnsmasq.poll() is None:
            time.sleep(POLL)
            with contextlib.suppress(FileNotFoundError):  # being replaced
                changed = _changed()
                if changed != seen:
                    seen = changed
                    dnsmasq.send_signal(signal.SIGHUP)
    raise SystemExit(f"dnsmasq ended with {dnsmasq.returncode}")


def _changed() -> tuple[int, ...]:
    return tuple(file.stat().st_mtime_ns for file in (DNS_HOSTS, DNS_FORWARDS))


if __name__ == "__main__":
    main()
