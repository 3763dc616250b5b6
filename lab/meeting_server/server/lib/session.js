'use strict';

const expressSession = require('express-session');
const Redis = require('ioredis');
const RedisStore = require('connect-redis').default;
const log = require('./log');

const HOUR = 60 * 60 * 1000;
const PATIENCE = 2000; // milliseconds a request waits for Redis in 'bounded' mode

/**
 * The Redis client. `redisOptions` goes to ioredis as it is; with a `cluster` list, which names nodes, the other keys go
 * to its cluster client, a `redisOptions` of their own for each node among them.
 */
function connect(config) {
  if (config.kind.release) return nodeRedis(config.redisOptions);
  // Upstream's client queues commands for as long as Redis is away: without this ioredis would answer with an error.
  const waiting = config.standIn.sessionMiddleware === 'upstream'
    ? { maxRetriesPerRequest: null }
    : { commandTimeout: PATIENCE };
  const { cluster, ...options } = config.redisOptions;
  return watched(cluster
    ? new Redis.Cluster(cluster, { ...options, redisOptions: { ...waiting, ...options.redisOptions } })
    : new Redis({ ...waiting, ...options }));
}

/** As upstream's client: it knows one address, and ends the process at a lost connection unless told to try again. */
function nodeRedis({ host = '127.0.0.1', port = 6379, password, retry_strategy: retry }) {
  const retryStrategy = retry ? (attempt) => retry({ attempt }) : () => null;
  const client = watched(new Redis({ host, port, password, maxRetriesPerRequest: null, retryStrategy }));
  if (!retry) {
    client.on('end', () => {
      log('failed', { message: 'the connection to Redis was lost' });
      process.exit(1);
    });
  }
  return client;
}

function watched(client) {
  // Without a listener a lost connection would be reported as an unhandled error on every retry.
  let last = '';
  client.on('error', (error) => {
    if (error.message !== last) log('redis-error', { message: error.message });
    last = error.message;
  });
  client.on('ready', () => {
    last = '';
    log('redis-ready', client.stream ? { host: client.stream.remoteAddress, port: client.stream.remotePort } : {});
  });
  client.on('close', () => log('redis-closed'));
  return client;
}

/** The session middleware, upstream's settings: every visitor gets a session, and it lives an hour from last use. */
function middleware(config, client) {
  const session = expressSession({
    secret: config.cookieSecret,
    name: config.cookieName,
    resave: true,
    saveUninitialized: true,
    store: new RedisStore({ client }),
    cookie: { secure: true, httpOnly: true, maxAge: HOUR },
  });
  return config.standIn.sessionMiddleware === 'upstream' ? session : bounded(session);
}

/** `session` that lets a request go on without a session when Redis does not answer, and leaves /health alone. */
function bounded(session) {
  return (req, res, next) => {
    if (req.path === '/health') return next();
    let gone = false;
    const go = (error) => {
      // A save that fails calls back a second time, when the response is already on its way.
      if (error) log('session-unavailable', { message: error.message });
      if (!gone) next();
      gone = true;
    };
    // The cluster's client asks again and again while a master is being replaced.
    const timer = setTimeout(() => gone || go(new Error('no answer in time')), PATIENCE);
    return session(req, res, (error) => {
      clearTimeout(timer);
      go(error);
    });
  };
}

module.exports = { connect, middleware };
