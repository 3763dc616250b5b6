'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');

/** The main listener: HTTPS, or HTTP with `httpOnly`. HTTP/1.1 alone, the only one the real server does reliably. */
function mainListener(config, app) {
  // Read even when unused, as upstream does: a deployment that forgets them fails in the lab too.
  const tls = { cert: fs.readFileSync(config.tls.cert), key: fs.readFileSync(config.tls.key), minVersion: 'TLSv1.2' };
  return config.httpOnly ? http.createServer(app) : https.createServer(tls, app);
}

/** The listener that sends plain HTTP to HTTPS, or null: with `httpOnly`, and with `listeningRedirectPort: 0`. */
function redirectListener(config) {
  if (config.httpOnly || !config.listeningRedirectPort) return null;
  return http.createServer((req, res) => {
    const host = String(req.headers.host || '').replace(/:\d+$/, '');
    res.writeHead(302, { Location: `https://${host}${req.url}`, 'X-Instance': config.standIn.instance }).end();
  });
}

/** Resolves when `server` listens, rejects when it cannot. */
function listening(server, ...where) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(...where, resolve);
  });
}

module.exports = { mainListener, redirectListener, listening };
