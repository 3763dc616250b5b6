"""The blocks of config.js that the deployment sets a part of, whole: names and values of upstream's own configuration.

Read in the shipped configuration of edumeet 3.4.0 and 3.5.6. The number of SFU workers is the server's processors'.
"""

from typing import Any

from settings.servers import ServerName

_BITRATE = {"x-google-start-bitrate": 1000}
_H264 = {"packetization-mode": 1, "level-asymmetry-allowed": 1, **_BITRATE}


def _video(name: str, **parameters: str | int) -> dict[str, Any]:
    return {"kind": "video", "mimeType": f"video/{name}", "clockRate": 90000, "parameters": parameters}


_CODECS = [
    {"kind": "audio", "mimeType": "audio/opus", "clockRate": 48000, "channels": 2},
    _video("VP8", **_BITRATE),
    _video("VP9", **{"profile-id": 2}, **_BITRATE),
    _video("h264", **{"profile-level-id": "4d0032"}, **_H264),
    _video("h264", **{"profile-level-id": "42e01f"}, **_H264),
]


def _mediasoup(**bitrates: int) -> dict[str, Any]:
    return {
        "worker": {"logLevel": "warn", "logTags": ["info", "ice", "dtls", "rtp", "srtp", "rtcp"]},
        "router": {"mediaCodecs": _CODECS},
        "webRtcTransport": {"initialAvailableOutgoingBitrate": 1_000_000, **bitrates},
    }


_3_4 = _mediasoup(maxIncomingBitrate=1_500_000)
_3_5 = _mediasoup(maxIncomingBitrate=15_000_000)
# What browsers are told to find files' seeders at. Without one they ask a third party's, which their page names; no
# host has this name (RFC 6761).
_NO_TRACKER = {"fileTracker": "wss://tracker.invalid"}

BLOCKS: dict[ServerName, dict[str, Any]] = {
    "multiparty-meeting": {"mediasoup": _3_4},
    "edumeet-3.4": {"mediasoup": _3_4, **_NO_TRACKER},
    "edumeet-3.5": {"mediasoup": _3_5, **_NO_TRACKER},
}
