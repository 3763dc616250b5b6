'use strict';

const os = require('os');
const { KINDS, read } = require('./kinds');

/** The deployment's configuration, or an error that names the key; the sections the server relies on are filled in. */
function load() {
  const written = require('../config/config.js');
  const { server = 'multiparty-meeting' } = written.standIn || {};
  const kind = KINDS[server];
  if (!kind) throw new Error(`config.js: standIn.server is '${server}', allowed: ${Object.keys(KINDS).join(', ')}`);
  const config = read(kind, written);
  if (!config.cookieSecret) {
    throw new Error('config.js: cookieSecret is missing; it has to be the same on every instance');
  }
  const { sessionMiddleware = kind.release ? 'upstream' : 'bounded', instance } = config.standIn || {};
  if (!['bounded', 'upstream'].includes(sessionMiddleware)) {
    throw new Error(`config.js: standIn.sessionMiddleware is '${sessionMiddleware}', allowed: bounded, upstream`);
  }
  return { ...config, kind, standIn: { server, sessionMiddleware, instance: instance || os.hostname() } };
}

module.exports = { load };
