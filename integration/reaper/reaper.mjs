// Does what Ryuk of testcontainers does, where Ryuk's own image cannot be had: it is told label filters over TCP, and when
// its last client is gone for a while it deletes containers, networks and volumes with these labels, and ends.
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = Number.parseInt(process.env.RYUK_RECONNECTION_TIMEOUT ?? '10s', 10) * 1000;
const ATTEMPTS = 10;
const filters = new Set();
let clients = 0;

const server = createServer((socket) => {
  clients += 1;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    for (const line of chunk.toString().split('\r\n'))
      if (line.startsWith('label=')) filters.add(line.slice('label='.length));
    socket.write('ACK\n');
  });
  socket.on('close', () => {
    clients -= 1;
    setTimeout(endIfLeft, PAUSE_MS);
  });
});
server.listen(8080, () => console.log('Started'));

let isEnding = false;

async function endIfLeft() {
  if (clients > 0 || isEnding) return;
  isEnding = true;
  const isOther = ({ Labels: labels }) => labels['org.testcontainers.ryuk'] !== 'true';
  const containers = (await list('/containers/json?all=1&')).filter(isOther).map(({ Id }) => Id);
  const networks = (await list('/networks?')).map(({ Id }) => Id);
  const volumes = (await list('/volumes?')).map(({ Name }) => Name);
  for (const id of containers) await remove(`/containers/${id}?force=1&v=1`);
  for (const id of networks) await remove(`/networks/${id}`);
  for (const name of volumes) await remove(`/volumes/${name}`);
  process.exit(0);
}

async function list(path) {
  const found = [];
  for (const label of filters) {
    const { body } = await ask(
      'GET',
      `${path}filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`,
    );
    const answer = JSON.parse(body);
    found.push(...(Array.isArray(answer) ? answer : (answer.Volumes ?? [])));
  }
  return found;
}

async function remove(path) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { status, body } = await ask('DELETE', path);
    if (status < 300 || status === 404) return;
    console.log(`${path}: ${status} ${body.trim()}`);
    await sleep(1000);
  }
}

function ask(method, path) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: '/var/run/docker.sock', method, path }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, body });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
