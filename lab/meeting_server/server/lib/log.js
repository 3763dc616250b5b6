'use strict';

// One line per event on standard output; journald and the tests read it there. Callers pass names and numbers, never
// cookies, passwords or whole option objects.
module.exports = function log(event, fields = {}) {
  const words = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  process.stdout.write(`${[event, ...words].join(' ')}\n`);
};
