'use strict';

// What the servers that this one stands in for differ in, by `meeting.server`'s names. The users' own build is the only
// one that knows Sentinel and has a /health of its own.
const KINDS = {
  'multiparty-meeting': { release: false, replaces: false, tells: false, metrics: ['/', '/metrics'] },
  'edumeet-3.4': { release: true, replaces: false, tells: false, metrics: ['/'] },
  'edumeet-3.5': { release: true, replaces: true, tells: true, metrics: ['/', '/metrics'] },
};
// Of 3.5, whose every key config.js replaces as a whole.
const DEFAULTS = {
  activateOnHostJoin: true,
  backupTurnServers: [{ urls: ['turn:turn.example.com:443?transport=tcp'], username: 'example', credential: 'example' }],
  fileTracker: 'wss://tracker.openwebtorrent.com',
  prometheus: { enabled: false },
  roomsUnlocked: [],
  turnAPIURI: '',
};
const NORMAL = 4261; // the role that everybody has

/** What the server of this kind reads of its configuration. */
function read(kind, config) {
  return kind.replaces ? { ...DEFAULTS, ...config } : config;
}

/** Whether the exporter runs: 3.5 asks for it by name. */
function exports_(kind, config) {
  return Boolean(config.prometheus) && (!kind.replaces || config.prometheus.enabled);
}

/** The TURN servers that a browser is told of: 3.4 asks whether the key is there, 3.5 whether it is true. */
function turnServers(kind, config) {
  const told = kind.replaces ? config.backupTurnServers : 'backupTurnServers' in config;
  return told ? config.backupTurnServers : undefined;
}

/** Whether somebody without a login comes in, and is not left in the lobby. */
function admits({ accessFromRoles, activateOnHostJoin }, room) {
  const roles = accessFromRoles && accessFromRoles.BYPASS_LOBBY;
  return !roles || roles.some((role) => role.id === NORMAL) || Boolean(activateOnHostJoin && room.peers.size);
}

module.exports = { KINDS, admits, exports: exports_, read, turnServers };
