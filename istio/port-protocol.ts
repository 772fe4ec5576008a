/** How a port's protocol is told by its name or appProtocol (ISTIO.md §8, "port protocol selection"). */
export type SelectedProtocol =
  | 'http'
  | 'http2'
  | 'grpc'
  | 'grpc-web'
  | 'https'
  | 'tls'
  | 'tcp'
  | 'udp'
  | 'auto';

const BY_NAME: Readonly<Record<string, SelectedProtocol>> = {
  http: 'http',
  http2: 'http2',
  https: 'https',
  grpc: 'grpc',
  tcp: 'tcp',
  tls: 'tls',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
  udp: 'udp',
};

const BY_APP_PROTOCOL: Readonly<Record<string, SelectedProtocol>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
  ws: 'http',
  wss: 'https',
};

/** Ports whose servers speak first: waiting for the client's bytes would hang them. */
const SERVER_FIRST: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/** The name counts up to its first dash; `httpfoo` is no http. */
export function selectProtocol(name: string, appProtocol: string, port: number): SelectedProtocol {
  const declared = appProtocol.toLowerCase();
  if (declared !== '') return BY_APP_PROTOCOL[declared] ?? fromName(declared) ?? 'auto';
  return fromName(name.toLowerCase()) ?? defaultProtocol(port);
}

/** Served as HTTP with nothing to be detected but which HTTP it is. */
export const isPlainHttp = (protocol: SelectedProtocol): boolean => protocol === 'http' || isHttp2(protocol);

export const isHttp2 = (protocol: SelectedProtocol): boolean =>
  protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web';

export function defaultProtocol(port: number): SelectedProtocol {
  return SERVER_FIRST.has(port) ? 'tcp' : 'auto';
}

function fromName(name: string): SelectedProtocol | null {
  if (name.startsWith('grpc-web')) return 'grpc-web';
  return BY_NAME[name.split('-')[0] ?? ''] ?? null;
}
