import type { GatewayServer } from './schema/gateway.ts';
import { HTTP_PROTOCOLS, TLS_PROTOCOLS } from './validate/values.ts';

/** What is spoken on a server's port: of each family one port serves one (ISTIO.md §3, "same port mixed"). */
export function gatewayFamily({ port }: GatewayServer): 'http' | 'tls' | 'tcp' {
  const protocol = (port?.protocol ?? '').toUpperCase();
  if (HTTP_PROTOCOLS.has(protocol)) return 'http';
  return TLS_PROTOCOLS.has(protocol) ? 'tls' : 'tcp';
}
