'use strict';

const os = require('os');

/** The deployment's configuration, or an error that names the key; the sections the server relies on are filled in. */
function load() {
  const config = require('../config/config.js');
  if (!config.cookieSecret) {
    throw new Error('config.js: cookieSecret is missing; it has to be the same on every instance');
  }
  const { sessionMiddleware = 'bounded', instance } = config.standIn || {};
  if (!['bounded', 'upstream'].includes(sessionMiddleware)) {
    throw new Error(`config.js: standIn.sessionMiddleware is '${sessionMiddleware}', allowed: bounded, upstream`);
  }
  return { ...config, standIn: { sessionMiddleware, instance: instance || os.hostname() } };
}

module.exports = { load };
