'use strict';

const socketIo = require('socket.io');
const log = require('./log');
const { admits, turnServers } = require('./kinds');
const { Peer } = require('./rooms');
const { requests } = require('./requests');

/**
 * Socket.io on the main listener. Version 2, whose clients speak EIO=3: the one upstream's 3.x releases and their
 * browser client use; a client of version 3 or later cannot talk to it, nor the other way round.
 */
function sockets(config, listener, session, rooms) {
  // Five seconds for a pong: the default at the time of upstream's releases, raised to twenty in 2022.
  const io = socketIo(listener, { cookie: false, pingTimeout: 5000 });
  // The session is loaded for its cookie alone; nothing is sent on this response.
  io.use((socket, next) => session(socket.request, {}, next));
  io.on('connection', (socket) => welcome(config, rooms, socket).catch((error) => {
    log('welcome-failed', { message: error.message });
    socket.disconnect(true);
  }));
  return io;
}

async function welcome(config, rooms, socket) {
  const { roomId, peerId } = socket.handshake.query;
  if (!roomId || !peerId) {
    socket.disconnect(true);
    return;
  }
  const room = await rooms.find(roomId);
  if (socket.disconnected) return;
  const former = room.peers.get(peerId);
  const session = socket.request.session || {};
  // Who has the room's token in the session has been here: upstream lets nobody else take a peer's place.
  const back = session.token === room.token(peerId);
  if (former && !back) {
    socket.disconnect(true);
    return;
  }
  const peer = new Peer(peerId, socket);
  if (!back && !admits(config, room)) {
    park(room, peer);
    return;
  }
  room.add(peer);
  if (former) former.close();
  log('peer-connected', { room: roomId, peer: peerId, back: Boolean(former) });

  socket.on('request', (request, answer) => handle(config, room, peer, request, answer));
  socket.on('disconnect', (reason) => {
    log('peer-disconnected', { room: roomId, peer: peerId, reason });
    for (const transport of peer.transports.values()) transport.close();
    room.remove(peer);
  });
  if (back) {
    peer.notify('roomBack');
    return;
  }
  if (session.save) {
    session.token = room.token(peerId);
    session.save();
  }
  const standIn = { instance: config.standIn.instance, sessionCreatedBy: session.createdBy || null };
  peer.notify('roomReady', { standIn, turnServers: turnServers(config.kind, config) });
}

/** In the lobby until somebody lets the guest in, which nobody here does. */
function park(room, peer) {
  log('peer-parked', { room: room.id, peer: peer.id });
  peer.notify('enteredLobby');
  peer.notify('signInRequired');
  peer.socket.on('disconnect', () => room.left());
}

async function handle(config, room, peer, { method, data }, answer) {
  if (!Object.hasOwn(requests, method)) {
    answer(`unknown request.method "${method}"`);
    return;
  }
  try {
    answer(null, await requests[method](config, room, peer, data || {}));
  } catch (error) {
    log('request-failed', { method, peer: peer.id, message: error.message });
    answer(error.message);
  }
}

module.exports = { sockets };
