"""What the meeting server's service has, whichever way the server is delivered."""

from boot.unit import RESTARTED, Directives, daemon

SERVICE = "multiparty-meeting.service"
USER = "multiparty-meeting"
HOME = "/opt/multiparty-meeting"
SEED = "/etc/multiparty/meeting"  # root's copies; a step installs the server's
CERTIFICATE = "/etc/multiparty-meeting/tls/fleet.pem"
KEY = "/etc/multiparty-meeting/tls/fleet.key"
UNIT = daemon("multiparty-meeting")
# A dead mediasoup worker ends the process after 2 s: it must come back by itself, every time.
RESTART: Directives = {**RESTARTED, "LimitNOFILE": 65536}
