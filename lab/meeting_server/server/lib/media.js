'use strict';

const mediasoup = require('mediasoup');
const log = require('./log');

/** Starts the SFU's workers; a dead one ends the process after two seconds, as upstream, for systemd to start it anew. */
async function startWorkers({ numWorkers, worker: settings }) {
  const workers = [];
  for (let i = 0; i < numWorkers; i += 1) {
    const worker = await mediasoup.createWorker(settings);
    worker.on('died', () => {
      log('worker-died', { pid: worker.pid });
      setTimeout(() => process.exit(1), 2000);
    });
    workers.push(worker);
  }
  log('workers', { count: workers.length, ports: [settings.rtcMinPort, settings.rtcMaxPort] });
  return workers;
}

/** Options of a WebRTC transport for one participant; no release of upstream's offers data channels. */
function transportOptions(config, { forceTcp, producing, consuming }) {
  const { maxIncomingBitrate, ...options } = config.mediasoup.webRtcTransport;
  return {
    ...options,
    enableTcp: true,
    enableUdp: !forceTcp,
    preferUdp: !forceTcp,
    appData: { producing, consuming },
  };
}

module.exports = { startWorkers, transportOptions };
