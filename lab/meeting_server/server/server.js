#!/usr/bin/env node

'use strict';

// Stand-in for the multiparty-meeting server: its interfaces (HTTPS, sessions in Redis, Socket.io rooms, media through
// mediasoup, metrics), not its application. Started as `node server.js` here, it reads config/config.js.

const kinds = require('./lib/kinds');
const log = require('./lib/log');
const { load } = require('./lib/config');
const { connect, middleware } = require('./lib/session');
const { startWorkers } = require('./lib/media');
const { Rooms } = require('./lib/rooms');
const { web } = require('./lib/web');
const { mainListener, redirectListener, listening } = require('./lib/listeners');
const { sockets } = require('./lib/sockets');
const { exporter } = require('./lib/exporter');

const GRACE = 3000; // milliseconds until a stop no longer waits for open connections

async function main() {
  const config = load();
  const { instance } = config.standIn;
  const redis = connect(config);
  const session = middleware(config, redis);
  const workers = await startWorkers(config.mediasoup);
  const rooms = new Rooms(workers, config.mediasoup.router);

  const listener = mainListener(config, web(config, session, rooms, redis));
  const io = sockets(config, listener, session, rooms);
  // After Socket.io took the listener over and before anything answers: its responses carry the name too.
  listener.prependListener('request', (req, res) => res.setHeader('X-Instance', instance));
  io.engine.ws.on('headers', (headers) => headers.push(`X-Instance: ${instance}`));

  stopOnSignal({ io, listener, workers, redis });
  const redirect = redirectListener(config);
  if (redirect) await listening(redirect, config.listeningRedirectPort);
  if (kinds.exports(config.kind, config)) {
    const { port = 8889, listen } = config.prometheus;
    await listening(exporter(rooms, workers, config), port, listen);
  }
  await listening(listener, config.listeningPort);
  log('ready', { standIn: true, instance, port: config.listeningPort, https: !config.httpOnly });
}

function stopOnSignal({ io, listener, workers, redis }) {
  const stop = (signal) => {
    log('stopping', { signal });
    const leave = () => process.exit(0);
    setTimeout(leave, GRACE).unref();
    for (const worker of workers) worker.close();
    redis.disconnect();
    io.close(leave); // closes the main listener too; clients see a closed transport and reconnect elsewhere
    listener.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error) => {
  log('failed', { message: error.message });
  process.exit(1);
});
