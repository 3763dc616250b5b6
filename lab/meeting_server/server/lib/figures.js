'use strict';

// Figures of streams under the names of upstream's releases, asked of the SFU when the exporter is asked.

const prom = require('prom-client');

const LABELS = [
  'pid', 'room_id', 'peer_id', 'display_name', 'user_agent', 'transport_id',
  'proto', 'local_addr', 'remote_addr', 'id', 'kind', 'codec', 'type',
];
// By the words of a name, in the order that upstream has them in: of which figures, and what of them is said.
const EACH = ['mean', 'min', 'max', 'p25'];
const AGGREGATED = [
  ['audio_bitrates_in', ['sum', ...EACH]],
  ['audio_scores_in', EACH],
  ['video_bitrates_in', ['sum', ...EACH]],
  ['video_scores_in', EACH],
  ['packets_counts_in', ['sum', ...EACH]],
  ['packets_losts_in', ['sum', ...EACH]],
  ['packets_retransmitted_in', ['sum', ...EACH]],
  ['audio_bitrates_out', ['sum', ...EACH]],
  ['video_bitrates_out', ['sum', ...EACH]],
  ['spatial_layers_out', EACH],
  ['temporal_layers_out', EACH],
  ['round_trip_times_out', EACH],
];
const COUNTS = { audio_in_count: 'audio_bitrates_in', video_in_count: 'video_bitrates_in',
  audio_out_count: 'audio_bitrates_out', video_out_count: 'video_bitrates_out' };

/** Bytes and score of each stream, with whose it is: upstream's `/`. */
async function ofStreams(rooms, options) {
  const register = new prom.Registry();
  const of = {
    producer: metrics(register, 'producer'),
    consumer: metrics(register, 'consumer'),
  };
  for (const [room, peer] of everybody(rooms)) {
    for (const [what, streams, passed] of [
      ['producer', peer.producers, 'inbound-rtp'], ['consumer', peer.consumers, 'outbound-rtp'],
    ]) {
      for (const stream of streams.values()) {
        const transport = transportOf(peer, what);
        if (!transport || transport.iceState !== 'completed') continue;
        for (const said of (await stats(stream)).filter(({ type }) => type === passed)) {
          const labels = whose(rooms.values(), room, peer, transport, stream, said, options);
          of[what].byteCount.inc(labels, said.byteCount);
          of[what].score.set(labels, said.score);
        }
      }
    }
  }
  return register;
}

function metrics(register, what) {
  const common = { labelNames: LABELS, registers: [register] };
  return {
    byteCount: new prom.Counter({ name: `mediasoup_${what}_byte_count_bytes`, help: `${what}.byteCount`, ...common }),
    score: new prom.Gauge({ name: `mediasoup_${what}_score`, help: `${what}.score`, ...common }),
  };
}

/** As upstream: of several rooms the first is named, whoever is where. */
function whose([first], room, peer, transport, stream, { type }, { deidentify, quiet }) {
  const { protocol, localIp, localPort, remoteIp, remotePort } = transport.iceSelectedTuple;
  const shown = (ip) => (deidentify ? ip.split('.').map((part, n) => (n < 2 ? 'xx' : part)).join('.') : ip);
  return {
    pid: room.router.appData.pid,
    room_id: first.id,
    peer_id: peer.id,
    display_name: peer.displayName,
    user_agent: peer.socket.client.request.headers['user-agent'],
    transport_id: quiet ? '' : transport.id,
    proto: protocol,
    local_addr: `${shown(localIp)}:${localPort}`,
    remote_addr: `${shown(remoteIp)}:${remotePort}`,
    id: quiet ? '' : stream.id,
    kind: stream.kind,
    codec: stream.rtpParameters.codecs[0].mimeType.split('/')[1],
    type,
  };
}

/** Sums, means and quarters over all streams of the instance: upstream 3.5's `/metrics`. */
async function ofAll(rooms) {
  const register = new prom.Registry();
  const found = Object.fromEntries(AGGREGATED.map(([name]) => [name, []]));
  const add = (name, value) => found[name].push(value || 0);
  for (const [, peer] of everybody(rooms)) {
    for (const producer of peer.producers.values()) {
      for (const said of (await stats(producer)).filter(({ type }) => type === 'inbound-rtp')) {
        add(`${said.kind}_bitrates_in`, said.bitrate);
        add(`${said.kind}_scores_in`, said.score);
        add('packets_counts_in', said.packetCount);
        add('packets_losts_in', said.packetsLost);
        add('packets_retransmitted_in', said.packetsRetransmitted);
      }
    }
    for (const consumer of peer.consumers.values()) {
      for (const said of (await stats(consumer)).filter(({ type }) => type === 'outbound-rtp')) {
        add(`${said.kind}_bitrates_out`, said.bitrate);
        add('round_trip_times_out', said.roundTripTime);
        if (said.kind === 'video') {
          const layers = consumer.currentLayers || {};
          add('spatial_layers_out', layers.spatialLayer);
          add('temporal_layers_out', layers.temporalLayer);
        }
      }
    }
  }
  for (const [name, wanted] of AGGREGATED) {
    for (const what of wanted) gauge(register, `${name}_${what}`, SAID[what](found[name]));
  }
  for (const [name, of] of Object.entries(COUNTS)) gauge(register, name, found[of].length);
  return register;
}

function gauge(register, name, value) {
  new prom.Gauge({ name: `mediasoup_${name}`, help: `MediaSoup ${name}`, registers: [register] }).set(value);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
// Of nobody upstream says 0.
const SAID = {
  sum,
  mean: (values) => (values.length ? sum(values) / values.length : 0),
  min: (values) => (values.length ? Math.min(...values) : 0),
  max: (values) => (values.length ? Math.max(...values) : 0),
  p25: (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 4)] || 0,
};

function* everybody(rooms) {
  for (const room of rooms.values()) {
    for (const peer of room.peers.values()) yield [room, peer];
  }
}

function transportOf(peer, what) {
  const receives = what === 'consumer';
  return [...peer.transports.values()].find(({ appData }) => Boolean(appData.consuming) === receives);
}

/** What the SFU says of a stream; nothing of one that has been closed meanwhile. */
async function stats(stream) {
  return stream.closed ? [] : stream.getStats().catch(() => []);
}

module.exports = { ofAll, ofStreams };
