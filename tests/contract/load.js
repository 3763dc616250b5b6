'use strict';

// Loads config.js as a release does and prints what its server reads: `node load.js config.js release.json [change]`.
// `change` is a JSON list: the path of a key of config.js, and its new name, or null to take it out.

const fs = require('fs');
const path = require('path');

const [file, release, change] = process.argv.slice(2);
const { replaces, shipped } = JSON.parse(fs.readFileSync(release));
const exported = require(path.resolve(file));

if (change) {
  const [keys, name] = JSON.parse(change);
  const last = keys.pop();
  const inner = keys.reduce((found, key) => found[key], exported);
  if (name) inner[name] = inner[last];
  delete inner[last];
}

const read = replaces ? Object.assign(shipped, exported) : exported;
const shown = (key, value) => (typeof value === 'function' ? '<function>' : value);
process.stdout.write(JSON.stringify({ exported, read }, shown));
