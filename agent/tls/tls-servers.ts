import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { DownstreamTlsSpec } from '../../model/listener.ts';
import { resolveMaterial, type Secrets } from './tls-material.ts';
import { createTlsServer, type TlsServer } from './tls-server.ts';

/** null = it has no certificate that works: connections to it are cut off, those to others go on. */
export type TlsServerFactory = (spec: DownstreamTlsSpec, secrets: Secrets) => TlsServer | null;

export interface TlsServers {
  readonly create: TlsServerFactory;
  /** Called before tables are built: what the tables before did not use is let go of. */
  turn(): void;
}

/**
 * Servers are kept from tables to tables for as long as nothing about them changes, and with them the keys of the
 * tickets by which callers resume their sessions.
 */
export function createTlsServers(log: Logger): TlsServers {
  let before = new Map<string, TlsServer | null>();
  let current = new Map<string, TlsServer | null>();
  const make = (spec: DownstreamTlsSpec, material: ReturnType<typeof resolveMaterial>) => {
    const names = [...spec.certificates, spec.trust].filter((name) => name !== '').join(', ');
    try {
      if (!('missing' in material)) return createTlsServer(spec, material);
      log.error('a TLS server has no certificate; its connections are cut off', { error: material.missing });
    } catch (error) {
      log.error('a TLS server cannot use its certificate; its connections are cut off', {
        secrets: names,
        error: errorMessage(error),
      });
    }
    return null;
  };
  return {
    create(spec, secrets) {
      const material = resolveMaterial(secrets, spec.certificates, spec.trust);
      const key = JSON.stringify([spec, 'missing' in material ? material.missing : material.digest]);
      const known = current.get(key) ?? before.get(key);
      const server = known === undefined ? make(spec, material) : known;
      current.set(key, server);
      return server;
    },
    turn() {
      before = current;
      current = new Map();
    },
  };
}
