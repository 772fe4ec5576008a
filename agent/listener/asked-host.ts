import { readServerName } from '../tcp/server-name.ts';

/** What a caller's first bytes say of where it wants to go; nothing depends on it but words for people. */
export function readAskedHost(first: Buffer | null): {
  readonly host: string;
  readonly protocol: 'HTTP' | 'TLS' | 'TCP';
} {
  if (first === null) return { host: '', protocol: 'TCP' };
  const serverName = readServerName(first).name;
  if (serverName !== '') return { host: serverName, protocol: 'TLS' };
  const host = /^[A-Z]+ \S+ HTTP\/1\.[01]\r\n(?:.*\r\n)*?host:[ \t]*(\S+)\r\n/i.exec(
    first.toString('latin1'),
  );
  return host?.[1] === undefined ? { host: '', protocol: 'TCP' } : { host: host[1], protocol: 'HTTP' };
}
