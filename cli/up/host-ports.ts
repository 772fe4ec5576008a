import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { ComposeConfig } from './compose-config.ts';

/** A port of this machine that a compose file publishes. */
export interface HostPort {
  readonly service: string;
  /** Place of the entry in the list `ports`. */
  readonly index: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Ports of a fixed number; of a range Docker takes the first that is free. */
export function publishedPorts({ services }: ComposeConfig): HostPort[] {
  return Object.entries(services).flatMap(([service, { ports = [] }]) =>
    ports.flatMap(({ published = '', host_ip: address = '', protocol }, index) =>
      /^\d+$/.test(published) && published !== '0'
        ? [{ service, index, address, port: Number(published), protocol: protocol === 'udp' ? 'udp' : 'tcp' }]
        : [],
    ),
  ) as HostPort[];
}

/** Whether a server could listen there now: the only question that tells. An address that is not ours is not known. */
export async function isFree(port: number, address = '', protocol: 'tcp' | 'udp' = 'tcp'): Promise<boolean> {
  const code = protocol === 'tcp' ? await tryTcp(port, address) : await tryUdp(port, address);
  return code !== 'EADDRINUSE';
}

/** The first free port from `wanted` on, on loopback; null = none of fifty. */
export async function freePortFrom(wanted: number, taken: ReadonlySet<number>): Promise<number | null> {
  for (let port = wanted; port < wanted + 50; port++)
    if (!taken.has(port) && (await isFree(port, '127.0.0.1')) && (await isFree(port))) return port;
  return null;
}

const hostOf = (address: string) => (address === '' ? {} : { host: address });

function tryTcp(port: number, address: string): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    server.listen({ port, exclusive: true, ...hostOf(address) }, () => server.close(() => resolve('')));
  });
}

function tryUdp(port: number, address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.bind({ port, exclusive: true, ...(address === '' ? {} : { address }) }, () =>
      socket.close(() => resolve('')),
    );
  });
}
