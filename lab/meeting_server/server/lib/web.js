'use strict';

const path = require('path');
const express = require('express');

const PUBLIC = path.join(__dirname, '..', 'public');

/** What a browser asks for before Socket.io: the page, the session, the login round trip; and what a probe asks for. */
function web(config, session, rooms, redis) {
  const { instance } = config.standIn;
  const app = express();
  app.disable('x-powered-by');
  // `trustProxy` is upstream's key and names the proxies; `behindReverseProxy` is the key of builds that trust any.
  app.set('trust proxy', config.trustProxy ?? Boolean(config.behindReverseProxy));
  app.use(session);

  // Upstream's releases have no such route: they answer with the page.
  const health = (req, res) => res.json({
    status: 'ok', standIn: true, instance, redis: redis.status, rooms: rooms.size, uptime: Math.round(process.uptime()),
  });
  if (!config.kind.release) app.get('/health', health);

  app.get('/session', (req, res) => {
    if (!req.session) return res.status(503).json({ error: 'no answer from the session store', instance });
    req.session.views = (req.session.views || 0) + 1;
    req.session.createdBy ??= instance;
    const { views, createdBy } = req.session;
    return res.json({ sid: req.sessionID, views, createdBy, instance, clientIp: req.ip });
  });

  // The identity provider's part of the round trip is left out: the visitor comes straight back with the same `state`.
  app.get('/auth/login', (req, res) => {
    const { peerId, roomId } = req.query;
    if (!peerId || !roomId) return res.status(400).json({ error: 'peerId and roomId are required', instance });
    const state = Buffer.from(JSON.stringify({ peerId, roomId })).toString('base64');
    return res.redirect(`/auth/callback?state=${encodeURIComponent(state)}`);
  });

  app.get('/auth/callback', (req, res) => {
    const state = decoded(req.query.state);
    if (!state) return res.status(400).json({ error: 'state is not base64 JSON with peerId and roomId', instance });
    const room = rooms.get(state.roomId);
    // Upstream looks the peer up in its own process: a callback at another instance finds nobody.
    return res.json({ ...state, instance, peerIsHere: Boolean(room && room.peers.has(state.peerId)) });
  });

  app.get('*', (req, res) => {
    if (req.session) req.session.createdBy ??= instance;
    res.sendFile(path.join(PUBLIC, 'index.html'));
  });
  return app;
}

function decoded(state) {
  try {
    const { peerId, roomId } = JSON.parse(Buffer.from(String(state), 'base64').toString());
    return peerId && roomId ? { peerId, roomId } : null;
  } catch {
    return null;
  }
}

module.exports = { web };
