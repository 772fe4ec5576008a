import { ProtocolError } from './protocol-error.ts';

/** The header by which a proxy tells where a connection came from (haproxy's proxy-protocol.txt, versions 1 and 2). */

export interface ProxiedConnection {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

export type ProxyProtocolVersion = 'V1' | 'V2';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** The longest line of version 1 (§2.1). */
const MAX_LINE_BYTES = 107;
const FIXED_BYTES = 16;
const [LOCAL, PROXY] = [0x20, 0x21];
const [OVER_TCP4, OVER_TCP6] = [0x11, 0x21];

/** `connection` null = the proxy speaks for itself. */
export function encodeProxyHeader(
  version: ProxyProtocolVersion,
  connection: ProxiedConnection | null,
): Buffer {
  return version === 'V1' ? encodeLine(connection) : encodeBinary(connection);
}

function encodeLine(connection: ProxiedConnection | null): Buffer {
  if (connection === null) return Buffer.from('PROXY UNKNOWN\r\n');
  const { sourceAddress, sourcePort, destinationAddress, destinationPort } = connection;
  const family = sourceAddress.includes(':') ? 'TCP6' : 'TCP4';
  return Buffer.from(
    `PROXY ${family} ${sourceAddress} ${destinationAddress} ${sourcePort} ${destinationPort}\r\n`,
  );
}

function encodeBinary(connection: ProxiedConnection | null): Buffer {
  if (connection === null) return Buffer.concat([SIGNATURE, Buffer.from([LOCAL, 0, 0, 0])]);
  const { sourceAddress, sourcePort, destinationAddress, destinationPort } = connection;
  const addresses = [sourceAddress, destinationAddress].map(addressBytes);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  const body = Buffer.concat([...addresses, ports]);
  const head = Buffer.from([PROXY, sourceAddress.includes(':') ? OVER_TCP6 : OVER_TCP4, 0, body.length]);
  return Buffer.concat([SIGNATURE, head, body]);
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [left = '', right] = address.split('::');
  const [head, tail] = [groupsOf(left), groupsOf(right ?? '')];
  const groups = [...head, ...new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0), ...tail];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

export interface ProxyHeader {
  /** null = nobody is told of: the proxy's own address holds. */
  readonly connection: ProxiedConnection | null;
  /** Where what is proxied begins. */
  readonly end: number;
}

/**
 * Reads a header of either version.
 * @returns null = more bytes are needed
 * @throws ProtocolError for bytes that are none
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | null {
  const looked = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.compare(SIGNATURE, 0, looked, 0, looked) === 0)
    return bytes.length < FIXED_BYTES ? null : readBinary(bytes);
  if (!'PROXY '.startsWith(bytes.latin1Slice(0, Math.min(6, bytes.length)))) throw notProxied();
  const lineEnd = bytes.subarray(0, MAX_LINE_BYTES).indexOf('\r\n');
  if (lineEnd < 0 && bytes.length >= MAX_LINE_BYTES) throw notProxied();
  return lineEnd < 0 ? null : { connection: readLine(bytes.latin1Slice(0, lineEnd)), end: lineEnd + 2 };
}

function readLine(line: string): ProxiedConnection | null {
  const [, family = '', sourceAddress = '', destinationAddress = '', source, destination] = line.split(' ');
  if (family === 'UNKNOWN') return null;
  if (family !== 'TCP4' && family !== 'TCP6') throw notProxied();
  const [sourcePort, destinationPort] = [Number(source), Number(destination)];
  const isV6 = family === 'TCP6';
  const isWhole = [sourceAddress, destinationAddress].every((each) =>
    isV6 ? /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(each) : /^\d{1,3}(\.\d{1,3}){3}$/.test(each),
  );
  if (!isWhole || ![sourcePort, destinationPort].every((port) => Number.isInteger(port) && port < 65_536))
    throw notProxied();
  return { sourceAddress, sourcePort, destinationAddress, destinationPort };
}

function readBinary(bytes: Buffer): ProxyHeader | null {
  const command = bytes[12] as number;
  const end = FIXED_BYTES + bytes.readUInt16BE(14);
  if (command !== LOCAL && command !== PROXY) throw notProxied();
  if (bytes.length < end) return null;
  const family = bytes[13] as number;
  const size = family === OVER_TCP4 ? 4 : 16;
  if (command === LOCAL || (family !== OVER_TCP4 && family !== OVER_TCP6)) return { connection: null, end };
  if (end < FIXED_BYTES + 2 * size + 4) throw notProxied();
  const ports = FIXED_BYTES + 2 * size;
  return {
    end,
    connection: {
      sourceAddress: addressText(bytes.subarray(FIXED_BYTES, FIXED_BYTES + size)),
      destinationAddress: addressText(bytes.subarray(FIXED_BYTES + size, ports)),
      sourcePort: bytes.readUInt16BE(ports),
      destinationPort: bytes.readUInt16BE(ports + 2),
    },
  };
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':');
}

const notProxied = () => new ProtocolError('bad_proxy_header', 'no PROXY header where one is needed');
