// A person in a room, as upstream's page has them: signalling, a transport each way, microphone and camera, and whatever
// the server forwards. Relays alone, by the TURN servers that the server tells of.
import { Device } from 'mediasoup-client';
import io from 'socket.io-client';

const KINDS = ['audio', 'video'];

function connected(room, peer) {
  const socket = io(location.origin, { query: { roomId: room, peerId: peer }, reconnection: false });
  const request = (method, data = {}) => new Promise((resolve, reject) => {
    socket.emit('request', { method, data }, (error, result) => (error ? reject(new Error(`${method}: ${error}`)) : resolve(result)));
  });
  return { socket, request };
}

async function transport(device, request, producing, iceServers) {
  const given = await request('createWebRtcTransport', { forceTcp: false, producing, consuming: !producing });
  const options = { ...given, iceServers, iceTransportPolicy: 'relay' };
  const made = producing ? device.createSendTransport(options) : device.createRecvTransport(options);
  made.on('connect', ({ dtlsParameters }, done, failed) => {
    request('connectWebRtcTransport', { transportId: made.id, dtlsParameters }).then(done, failed);
  });
  made.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
    request('produce', { transportId: made.id, kind, rtpParameters, appData }).then(done, failed);
  });
  return made;
}

/** Packets that came of each kind, and by what each way goes: the local candidate's type and the relay's protocol. */
async function seen(ways) {
  const found = { audio: 0, video: 0, ways: [] };
  for (const way of ways) {
    const stats = await way.getStats();
    for (const one of stats.values()) {
      if (one.type === 'inbound-rtp') found[one.kind] += one.packetsReceived ?? 0;
      if (one.type === 'candidate-pair' && (one.selected ?? one.nominated) && one.state === 'succeeded') {
        const local = stats.get(one.localCandidateId);
        found.ways.push([local.candidateType, local.relayProtocol, local.url ?? '']);
      }
    }
  }
  return found;
}

/** Comes to a room and stays; resolves when others' media may come and the own goes. */
window.comes = async ({ room, peer }) => {
  const { socket, request } = connected(room, peer);
  const ready = new Promise((resolve, reject) => {
    socket.on('notification', ({ method, data }) => method === 'roomReady' && resolve(data.turnServers));
    for (const event of ['connect_error', 'error', 'disconnect']) socket.on(event, (why) => reject(new Error(`${event}: ${why}`)));
  });
  const iceServers = await ready;
  const device = new Device();
  await device.load({ routerRtpCapabilities: await request('getRouterRtpCapabilities') });
  const send = await transport(device, request, true, iceServers);
  const receive = await transport(device, request, false, iceServers);
  const takes = async ({ id, producerId, kind, rtpParameters }) => {
    const consumer = await receive.consume({ id, producerId, kind, rtpParameters });
    await request('resumeConsumer', { consumerId: id });
    const player = document.createElement(kind);
    Object.assign(player, { autoplay: true, muted: true, srcObject: new MediaStream([consumer.track]) });
    document.body.append(player);
  };
  socket.on('request', ({ data }, answer) => { answer(null); takes(data); });
  socket.on('notification', ({ method, data }) => method === 'newConsumer' && takes(data));
  await request('join', { displayName: peer, rtpCapabilities: device.recvRtpCapabilities ?? device.rtpCapabilities });
  const own = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for (const track of own.getTracks()) await send.produce({ track });
  window.looks = () => seen([send, receive]);
  return { iceServers };
};

/** What is seen once enough of each kind has come, or at the end of the time. */
window.hears = async ({ packets, seconds }) => {
  const ends = Date.now() + seconds * 1000;
  let found = await window.looks();
  while (KINDS.some((kind) => found[kind] < packets) && Date.now() < ends) {
    await new Promise((resolve) => { setTimeout(resolve, 200); });
    found = await window.looks();
  }
  return found;
};
