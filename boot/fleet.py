"""The fleet's own certificate, between the edges and the meeting nodes."""

# The one name in it: edges ask for it, instances answer to it. ICANN reserved ".internal" for private use (2024-07-29).
FLEET_NAME = "fleet.multiparty-meeting.internal"
