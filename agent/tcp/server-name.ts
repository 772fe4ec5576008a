/**
 * The SNI of a TLS client hello (RFC 8446 §4.1.2, RFC 6066 §3), read without taking part in the handshake.
 * `incomplete` = more bytes are needed; '' = there is none, or these bytes are no client hello. Reads one record: a
 * hello that is split over several gives ''.
 */
export function readServerName(bytes: Buffer): { readonly name: string; readonly incomplete: boolean } {
  if (bytes.length < 5) return { name: '', incomplete: true };
  if (bytes[0] !== 0x16) return NONE;
  const end = 5 + bytes.readUInt16BE(3);
  if (bytes.length < end) return { name: '', incomplete: true };
  return { name: serverNameOf(bytes.subarray(5, end)), incomplete: false };
}

const NONE = { name: '', incomplete: false } as const;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

function serverNameOf(hello: Buffer): string {
  if (hello[0] !== CLIENT_HELLO) return '';
  let at = 4 + 2 + 32;
  at += 1 + (hello[at] ?? 0);
  if (at + 2 > hello.length) return '';
  at += 2 + hello.readUInt16BE(at);
  at += 1 + (hello[at] ?? 0);
  if (at + 2 > hello.length) return '';
  const end = Math.min(hello.length, at + 2 + hello.readUInt16BE(at));
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    if (type === SERVER_NAME) return nameIn(hello.subarray(at + 4, Math.min(end, at + 4 + length)));
    at += 4 + length;
  }
  return '';
}

function nameIn(extension: Buffer): string {
  if (extension.length < 5) return '';
  const length = extension.readUInt16BE(3);
  return extension.latin1Slice(5, Math.min(extension.length, 5 + length)).toLowerCase();
}
