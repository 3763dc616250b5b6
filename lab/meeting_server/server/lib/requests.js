'use strict';

const log = require('./log');
const { transportOptions } = require('./media');

/** What a participant may ask for, by upstream's method names; each returns what the caller is answered with. */
const requests = {
  getRouterRtpCapabilities: (config, room) => room.router.rtpCapabilities,

  async join(config, room, peer, { displayName, rtpCapabilities }) {
    if (peer.joined) throw new Error('Peer already joined');
    peer.displayName = displayName || peer.id;
    peer.rtpCapabilities = rtpCapabilities;
    const others = room.othersThan(peer);
    peer.joined = true;
    room.tellOthers(peer, 'newPeer', peer.info);
    for (const other of others) {
      for (const producer of other.producers.values()) forward(send(config, room, other, producer, peer));
    }
    return { peers: others.map((other) => other.info), chatHistory: room.chatHistory };
  },

  async createWebRtcTransport(config, room, peer, data) {
    const transport = await room.router.createWebRtcTransport(transportOptions(config, data));
    peer.transports.set(transport.id, transport);
    if (peer.socket.disconnected) transport.close(); // it left while the SFU was at work
    const { maxIncomingBitrate } = config.mediasoup.webRtcTransport;
    if (maxIncomingBitrate) await transport.setMaxIncomingBitrate(maxIncomingBitrate);
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    return { id, iceParameters, iceCandidates, dtlsParameters };
  },

  async connectWebRtcTransport(config, room, peer, { transportId, dtlsParameters }) {
    await transportOf(peer, transportId).connect({ dtlsParameters });
  },

  async restartIce(config, room, peer, { transportId }) {
    return transportOf(peer, transportId).restartIce();
  },

  async getTransportStats(config, room, peer, { transportId }) {
    return transportOf(peer, transportId).getStats();
  },

  async resumeConsumer(config, room, peer, { consumerId }) {
    const consumer = peer.consumers.get(consumerId);
    if (!consumer) throw new Error(`consumer with id "${consumerId}" not found`);
    await consumer.resume();
  },

  async getProducerStats(config, room, peer, { producerId }) {
    const producer = peer.producers.get(producerId);
    if (!producer) throw new Error(`producer with id "${producerId}" not found`);
    return producer.getStats();
  },

  async produce(config, room, peer, { transportId, kind, rtpParameters, appData }) {
    const producer = await transportOf(joined(peer), transportId).produce({
      kind, rtpParameters, appData: { ...appData, peerId: peer.id },
    });
    peer.producers.set(producer.id, producer);
    for (const other of room.othersThan(peer)) forward(send(config, room, peer, producer, other));
    return { id: producer.id };
  },

  chatMessage(config, room, peer, { chatMessage }) {
    room.chatHistory.push(chatMessage);
    room.tellOthers(peer, 'chatMessage', { peerId: peer.id, chatMessage });
  },
};

function joined(peer) {
  if (!peer.joined) throw new Error('Peer not yet joined');
  return peer;
}

function transportOf(peer, transportId) {
  const transport = peer.transports.get(transportId);
  if (!transport) throw new Error(`transport with id "${transportId}" not found`);
  return transport;
}

/** Lets a forwarding go on by itself; it fails when its receiver leaves meanwhile, which concerns nobody else. */
function forward(work) {
  work.catch((error) => log('forward-failed', { message: error.message }));
}

/** Forwards `producer` of `from` to `to`, which is told by a `newConsumer` request. */
async function send(config, room, from, producer, to) {
  const { rtpCapabilities, receiving } = to;
  if (!rtpCapabilities || !receiving || !room.router.canConsume({ producerId: producer.id, rtpCapabilities })) return;
  const consumer = await receiving.consume({
    producerId: producer.id, rtpCapabilities, paused: !config.kind.tells || producer.kind === 'video',
  });
  to.consumers.set(consumer.id, consumer);
  const { id, kind, rtpParameters, type, producerPaused } = consumer;
  const offer = { peerId: from.id, producerId: producer.id, id, kind, rtpParameters, type, producerPaused };
  if (config.kind.tells) {
    to.notify('newConsumer', offer); // audio flows already; video when the receiver asks for it
    return;
  }
  // Media flows when the receiver says that it is ready for it.
  to.socket.emit('request', { method: 'newConsumer', data: offer }, (error) => error || consumer.resume());
}

module.exports = { requests };
