"""An edge: Caddy, HAProxy, gdnsd and its zone; each daemon's configuration, and the scripts beside it."""
