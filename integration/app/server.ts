/**
 * The application of the integration tests: answers with what it saw, and makes calls from inside its container when
 * told to on the driver port (which tests exclude from capture).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { drive } from './drive.ts';

const name = process.env['NAME'] ?? hostname();
const version = process.env['VERSION'] ?? '';
const ports = (process.env['PORTS'] ?? '8080').split(',').filter(Boolean).map(Number);
const tcpPorts = (process.env['TCP_PORTS'] ?? '').split(',').filter(Boolean).map(Number);
const tlsPorts = (process.env['TLS_PORTS'] ?? '').split(',').filter(Boolean).map(Number);
const driverPort = Number(process.env['DRIVER_PORT'] ?? '7070');

let isHealthy = true;

const servers: Server[] = ports.map((port) =>
  createServer((request, response) => void answer(port, request, response))
    .on('upgrade', (_, socket) => echo(socket))
    .listen(port),
);
for (const port of tlsPorts) {
  // Callers need a certificate of that authority, where there is one.
  const ca = process.env['TLS_CLIENT_CA'];
  const identity = {
    ...{ key: process.env['TLS_KEY'], cert: process.env['TLS_CERTIFICATE'] },
    ...(ca !== undefined && { ca, requestCert: true }),
  };
  servers.push(
    createTlsServer(identity, (request, response) => void answer(port, request, response)).listen(port),
  );
}
for (const port of tcpPorts) {
  // Server first, as MySQL and SMTP are: a proxy that waits for the client would hang.
  createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`220 ${name} greets\n`);
    socket.on('data', (chunk) => socket.write(`${name}: ${chunk.toString()}`));
  }).listen(port);
}
createServer((request, response) => void drive(request, response)).listen(driverPort);

async function answer(port: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://app');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (url.pathname === '/unhealthy') isHealthy = false;
  if (url.pathname === '/healthy') isHealthy = true;
  if (url.pathname === '/healthz') {
    response.writeHead(isHealthy ? 200 : 500).end();
    return;
  }
  if (url.pathname === '/close') {
    request.socket.destroy();
    return;
  }
  const delayMs = Number(url.searchParams.get('delay') ?? request.headers['x-echo-delay'] ?? 0);
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const status = Number(url.searchParams.get('status') ?? request.headers['x-echo-status'] ?? 200);
  const size = Number(url.searchParams.get('size') ?? 0);
  const body = JSON.stringify({
    name,
    version,
    hostname: hostname(),
    port,
    method: request.method,
    path: request.url,
    headers: request.headers,
    remote: request.socket.remoteAddress,
    ...tellTls(request.socket),
    bodyBytes: Buffer.concat(chunks).length,
    padding: 'x'.repeat(size),
  });
  const kept = url.searchParams.get('cache');
  if (kept !== null) response.setHeader('cache-control', kept);
  response.writeHead(status, { 'content-type': 'application/json', 'x-app': name }).end(body);
}

/** What a caller asked for and showed, where it spoke TLS. */
function tellTls(socket: Socket) {
  if (!(socket instanceof TLSSocket)) return {};
  return { serverName: socket.servername, caller: socket.getPeerCertificate()?.subjectaltname };
}

/** As a WebSocket behaves to those between its ends: an upgrade, then bytes both ways. */
function echo(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
  socket.on('data', (chunk: Buffer) => socket.write(`${name} ${version}: ${chunk.toString()}`));
  socket.on('end', () => socket.end());
}

/** Applications exist that go on for a while after they were told to stop. */
process.on('SIGTERM', () => setTimeout(stop, Number(process.env['STOP_AFTER_MS'] ?? '0')));

/** In-flight requests finish; new connections are refused. */
function stop(): void {
  let open = servers.length;
  for (const server of servers) {
    server.close(() => {
      open -= 1;
      if (open === 0) process.exit(0);
    });
    server.closeIdleConnections();
  }
  setTimeout(() => process.exit(0), 8000).unref();
}
