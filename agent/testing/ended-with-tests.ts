import type { AddressInfo, Server } from 'node:net';
import { after } from 'node:test';
import type { Dataplane } from '../dataplane.ts';

/** Servers and data planes of a test file: they end behind its last test. */

const servers: Server[] = [];
const dataplanes: Dataplane[] = [];

after(async () => {
  await Promise.all(dataplanes.map((dataplane) => dataplane.drain(0)));
  for (const server of servers) server.close();
});

/** On a free port, which it gives. */
export function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

export function endWithTests(dataplane: Dataplane): Dataplane {
  dataplanes.push(dataplane);
  return dataplane;
}
