'use strict';

const express = require('express');
const prom = require('prom-client');

/**
 * What monitoring reads: `/` has upstream 3.4's names, `/metrics` those of 3.5. `/rooms` is the stand-in's own: who is
 * where, for tests. It names participants, so the exporter belongs on the private network.
 */
function exporter(rooms, workers, paths) {
  const registers = { '/': current(rooms), '/metrics': aggregated(rooms, workers) };
  const app = express();
  for (const [path, register] of Object.entries(registers).filter(([name]) => paths.includes(name))) {
    app.get(path, async (req, res) => res.set('Content-Type', register.contentType).end(await register.metrics()));
  }
  app.get('/rooms', (req, res) => res.json(Object.fromEntries(
    [...rooms.values()].map((room) => [room.id, [...room.peers.values()].map((peer) => peer.id)]),
  )));
  return app;
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

function aggregated(rooms, workers) {
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
  return register;
}

function gauge(register, name, help, collect, labelNames = []) {
  return new prom.Gauge({ name, help, labelNames, registers: [register], collect() { return collect(this); } });
}

module.exports = { exporter };
