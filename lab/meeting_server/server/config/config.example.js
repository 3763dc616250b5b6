'use strict';

// Base of the stand-in's configuration. A deployment writes `config.js` beside this file, which loads it and merges its
// own keys over it. Names and defaults are those of the multiparty-meeting server; `standIn` is the stand-in's own.
module.exports = {
  listeningPort: 443,
  listeningRedirectPort: 80,
  httpOnly: false,
  tls: { cert: 'certs/cert.pem', key: 'certs/key.pem' },
  cookieName: 'multiparty-meeting.sid',
  redisOptions: {},
  mediasoup: {
    numWorkers: 1,
    worker: { logLevel: 'warn', logTags: ['info', 'ice', 'dtls', 'sctp'], rtcMinPort: 40000, rtcMaxPort: 49999 },
    router: {
      mediaCodecs: [
        { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
        { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
      ],
    },
    webRtcTransport: {
      listenIps: [{ ip: '0.0.0.0', announcedIp: null }],
      initialAvailableOutgoingBitrate: 1000000,
      maxIncomingBitrate: 1500000,
    },
  },
  standIn: {
    // Which server it stands in for: 'multiparty-meeting', 'edumeet-3.4' or 'edumeet-3.5' (lib/kinds.js).
    server: 'multiparty-meeting',
    // What X-Instance says; null is the host's name.
    instance: null,
    // 'bounded': no request waits longer than two seconds for Redis, and /health never does.
    // 'upstream': every request waits for its session, /health included, as the real server's do.
    sessionMiddleware: 'bounded',
  },
};
