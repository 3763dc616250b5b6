"""nftables on an edge: how many connections one address may open, by TCP and by QUIC.

Without connection tracking, whose table a flood would fill: of TCP the first packet of a connection counts, of QUIC
those with a long header, which stand at its beginning alone (RFC 9000, 17.2).
"""

from settings.stack import Settings

# A second, and at once after a pause. Of an office whose people all open the page within a minute each takes about six,
# with the websocket and with what a browser opens ahead.
RATE, BURST = 20, 2000
# The same, where more people are to come: all may be behind one address.
SECONDS_EACH, BURST_EACH = 10, 8
# Packets with a long header that a client of QUIC sends, acknowledgements and repeated ones among them.
QUIC_PACKETS = 5


def clients_nft(settings: Settings) -> str:
    """The rules, as often as they are read; what a full set does not take is let in."""
    people = settings.env.participants
    rate, burst = max(RATE, people // SECONDS_EACH), max(BURST, people * BURST_EACH)

    def over(name: str, packets: int) -> str:
        limit = f"limit rate over {rate * packets}/second burst {burst * packets} packets"
        return f"update @{name} {{ ip saddr {limit} }}"

    return f"""\
table ip clients
delete table ip clients
table ip clients {{
	set tcp4 {{ type ipv4_addr; flags dynamic; size 65535; timeout 2m; }}
	set quic {{ type ipv4_addr; flags dynamic; size 65535; timeout 2m; }}
	chain input {{
		type filter hook input priority 0;
		# Caddy asks itself whether it serves.
		iif lo accept
		tcp dport {{ 80, 443 }} tcp flags & (syn | ack) == syn {over("tcp4", 1)} counter reject with tcp reset
		udp dport 443 @th,64,1 1 {over("quic", QUIC_PACKETS)} counter drop
	}}
}}
"""
