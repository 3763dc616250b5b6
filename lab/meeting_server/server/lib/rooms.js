'use strict';

const crypto = require('crypto');
const log = require('./log');

const DESERTED = 10000; // milliseconds an empty room stays, as upstream

/** A participant: its socket and what it holds at the SFU. */
class Peer {
  constructor(id, socket) {
    this.id = id;
    this.socket = socket;
    this.joined = false;
    this.displayName = id;
    this.rtpCapabilities = null;
    this.transports = new Map();
    this.producers = new Map();
    this.consumers = new Map();
  }

  get info() {
    return { id: this.id, displayName: this.displayName };
  }

  /** The transport the participant receives on. */
  get receiving() {
    return [...this.transports.values()].find((transport) => transport.appData.consuming);
  }

  notify(method, data = {}) {
    this.socket.emit('notification', { method, data });
  }

  close() {
    for (const transport of this.transports.values()) transport.close();
    this.socket.disconnect(true);
  }
}

/** A room lives in this process and nowhere else: the same name on another instance is another room. */
class Room {
  constructor(id, router, onDeserted) {
    this.id = id;
    this.router = router;
    this.peers = new Map();
    this.chatHistory = [];
    this.onDeserted = onDeserted;
    this.key = crypto.randomUUID();
  }

  /** What a participant's session holds that has been let into this very room. */
  token(peerId) {
    return crypto.createHmac('sha256', this.key).update(peerId).digest('hex');
  }

  add(peer) {
    clearTimeout(this.countdown);
    this.peers.set(peer.id, peer);
  }

  remove(peer) {
    // A participant that came back has taken the place of its former self, whose socket closes later.
    if (this.peers.get(peer.id) !== peer) return;
    this.peers.delete(peer.id);
    if (peer.joined) this.tellOthers(peer, 'peerClosed', { peerId: peer.id });
    this.left();
  }

  /** Somebody left, also out of the lobby: an empty room is closed after a while. */
  left() {
    // Telling somebody whose connection breaks at that removes them too, before this one is done.
    clearTimeout(this.countdown);
    if (!this.peers.size) this.countdown = setTimeout(this.onDeserted, DESERTED);
  }

  othersThan(peer) {
    return [...this.peers.values()].filter((other) => other.joined && other !== peer);
  }

  tellOthers(peer, method, data) {
    for (const other of this.othersThan(peer)) other.notify(method, data);
  }
}

/** All rooms of this process. */
class Rooms {
  constructor(workers, { mediaCodecs }) {
    this.workers = workers;
    this.mediaCodecs = mediaCodecs;
    this.rooms = new Map();
    this.opening = new Map();
  }

  get size() {
    return this.rooms.size;
  }

  get(id) {
    return this.rooms.get(id);
  }

  values() {
    return this.rooms.values();
  }

  /** The room of this name, opened if need be; two visitors that come at once find the same one. */
  async find(id) {
    if (this.rooms.has(id)) return this.rooms.get(id);
    if (!this.opening.has(id)) this.opening.set(id, this.open(id).finally(() => this.opening.delete(id)));
    return this.opening.get(id);
  }

  async open(id) {
    const worker = this.workers[this.rooms.size % this.workers.length];
    const router = await worker.createRouter({ mediaCodecs: this.mediaCodecs, appData: { pid: worker.pid } });
    const room = new Room(id, router, () => {
      log('room-closed', { room: id });
      router.close();
      this.rooms.delete(id);
    });
    this.rooms.set(id, room);
    log('room-opened', { room: id });
    return room;
  }
}

module.exports = { Peer, Rooms };
