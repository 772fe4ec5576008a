import { dlopen } from 'node:ffi';
import type { Socket } from 'node:net';
import { LateenError } from '../../base/errors.ts';

/**
 * Where a connection was going before nftables redirected it: `getsockopt(SO_ORIGINAL_DST)` (linux/netfilter_ipv4.h)
 * on the socket's file descriptor. The only use of the experimental `node:ffi`; 0.9 µs a call.
 */
export interface OriginalDestination {
  readonly address: string;
  readonly port: number;
}

const SOL_IP = 0;
const SOL_IPV6 = 41;
/** Also IP6T_SO_ORIGINAL_DST. */
const SO_ORIGINAL_DST = 80;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SOCK_STREAM = 1;
const AF_INET = 2;

/** `struct sockaddr_in6`, the larger of the two. */
const ADDRESS_BYTES = 28;

type GetSockOpt = (fd: number, level: number, option: number, value: Buffer, length: Buffer) => number;

/** Gives the destination, or null for a connection that was not redirected. */
export type ReadOriginalDestination = (socket: Socket) => OriginalDestination | null;

/** @throws LateenError if this Node or this C library cannot do it */
export function createOriginalDestinationReader(): ReadOriginalDestination {
  const getsockopt = loadGetSockOpt();
  const value = Buffer.alloc(ADDRESS_BYTES);
  const length = Buffer.alloc(4);
  return (socket) => {
    const fd = fileDescriptor(socket);
    if (fd < 0) return null;
    const level = socket.remoteFamily === 'IPv6' ? SOL_IPV6 : SOL_IP;
    length.writeInt32LE(ADDRESS_BYTES);
    if (getsockopt(fd, level, SO_ORIGINAL_DST, value, length) !== 0) return null;
    return readAddress(value);
  };
}

function loadGetSockOpt(): GetSockOpt {
  try {
    const { functions } = dlopen('libc.so.6', {
      getsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'buffer'], return: 'i32' },
    });
    return functions.getsockopt as unknown as GetSockOpt;
  } catch (cause) {
    throw new LateenError('FFI_UNAVAILABLE', 'getsockopt cannot be called through node:ffi', {
      cause,
      remedy: 'The agent needs exactly the Node that its image has, on Linux with glibc.',
    });
  }
}

/**
 * Asks a socket for its type, which is known, so that a wrong calling convention shows at start.
 * @throws LateenError
 */
export function testOriginalDestination(socket: Socket): void {
  const value = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeInt32LE(4);
  const status = loadGetSockOpt()(fileDescriptor(socket), SOL_SOCKET, SO_TYPE, value, length);
  if (status === 0 && value.readInt32LE() === SOCK_STREAM) return;
  throw new LateenError('FFI_BROKEN', 'getsockopt through node:ffi gave a wrong answer', {
    remedy: 'The agent needs exactly the Node that its image has, on Linux with glibc.',
  });
}

/** Node keeps it on the handle; -1 once the socket is closed. */
function fileDescriptor(socket: Socket): number {
  const handle = (socket as unknown as { readonly _handle: { readonly fd: number } | null })._handle;
  return handle?.fd ?? -1;
}

/** `struct sockaddr_in` and `sockaddr_in6`: family in host order, port in network order. */
function readAddress(value: Buffer): OriginalDestination {
  const port = value.readUInt16BE(2);
  if (value.readUInt16LE(0) === AF_INET) return { address: value.subarray(4, 8).join('.'), port };
  const groups = Array.from({ length: 8 }, (_, index) => value.readUInt16BE(8 + index * 2).toString(16));
  return { address: compressIpv6(groups.join(':')), port };
}

/** RFC 5952 §4.2: the longest run of zero groups becomes `::`. */
function compressIpv6(address: string): string {
  const [longest = ''] = (address.match(/\b0(?::0)+\b/g) ?? []).sort((a, b) => b.length - a.length);
  if (longest === '') return address;
  return address
    .replace(longest, '')
    .replace(/^$/, '::')
    .replace(/^:(?!:)/, '::')
    .replace(/([^:]):$/, '$1::')
    .replace(/:{3,}/, '::');
}
