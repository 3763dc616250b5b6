'use strict';

const express = require('express');
const prom = require('prom-client');
const { ofAll, ofStreams } = require('./figures');

/**
 * What monitoring reads: `/` has upstream 3.4's names, `/metrics` those of 3.5; figures of streams only what stands in
 * for a release. `/rooms` is the stand-in's own: who is where, for tests. It names participants, so the exporter
 * belongs on the private network.
 */
function exporter(rooms, workers, { kind, prometheus }) {
  const own = { '/': current(rooms), '/metrics': aggregated(rooms, workers, kind) };
  const streams = { '/': ofStreams, '/metrics': kept(ofAll, prometheus.period) };
  const app = express();
  for (const path of kind.metrics) {
    app.get(path, async (req, res) => {
      const registers = [own[path]];
      if (kind.release) registers.push(await streams[path](rooms, prometheus));
      res.set('Content-Type', own[path].contentType).end(await prom.Registry.merge(registers).metrics());
    });
  }
  app.get('/rooms', (req, res) => res.json(Object.fromEntries(
    [...rooms.values()].map((room) => [room.id, [...room.peers.values()].map((peer) => peer.id)]),
  )));
  return app;
}

/** The same figures until `period` seconds are over, as upstream 3.5; without it they are asked for each time. */
function kept(figures, period = 0) {
  let last;
  let until = 0;
  return async (...about) => {
    if (Date.now() >= until) {
      last = await figures(...about);
      until = Date.now() + period * 1000;
    }
    return last;
  };
}

function current(rooms) {
  const register = new prom.Registry();
  gauge(register, 'edumeet_rooms', 'Rooms', (metric) => metric.set(rooms.size));
  const labels = ['room_id'];
  gauge(register, 'edumeet_peers', 'Participants by room', (metric) => {
    metric.reset(); // a closed room's line goes with it
    for (const room of rooms.values()) metric.set({ room_id: room.id }, room.peers.size);
  }, labels);
  return register;
}

function aggregated(rooms, workers, kind) {
  const register = new prom.Registry();
  prom.collectDefaultMetrics({ prefix: 'mediasoup_', register });
  const peers = () => [...rooms.values()].reduce((sum, room) => sum + room.peers.size, 0);
  gauge(register, 'mediasoup_workers_count', 'SFU workers', (metric) => metric.set(workers.length));
  gauge(register, 'mediasoup_rooms', 'Rooms', (metric) => metric.set(rooms.size));
  gauge(register, 'mediasoup_peers', 'Participants', (metric) => metric.set(peers()));
  gauge(register, 'mediasoup_workers_memory', 'Resident memory of the SFU workers, bytes', async (metric) => {
    const usages = await Promise.all(workers.map((worker) => worker.getResourceUsage()));
    metric.set(usages.reduce((sum, usage) => sum + usage.ru_maxrss * 1024, 0));
  });
  if (kind.release) gauge(register, 'mediasoup_workers_cpu', 'Processors that the SFU workers keep busy', busy(workers));
  return register;
}

/** Since it was last asked; of a process' life the first time. */
function busy(workers) {
  let before = { used: 0, at: Date.now() - process.uptime() * 1000 };
  return async (metric) => {
    const usages = await Promise.all(workers.map((worker) => worker.getResourceUsage()));
    const now = { used: usages.reduce((sum, usage) => sum + usage.ru_utime + usage.ru_stime, 0), at: Date.now() };
    metric.set((now.used - before.used) / Math.max(now.at - before.at, 1));
    before = now;
  };
}

function gauge(register, name, help, collect, labelNames = []) {
  return new prom.Gauge({ name, help, labelNames, registers: [register], collect() { return collect(this); } });
}

module.exports = { exporter };
