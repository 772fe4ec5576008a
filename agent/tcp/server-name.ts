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

/** What a complete client hello offers by ALPN (RFC 7301 §3.1). */
export function readAlpn(bytes: Buffer): string[] {
  if (bytes.length < 5 || bytes[0] !== 0x16) return [];
  const list = extensionOf(bytes.subarray(5, 5 + bytes.readUInt16BE(3)), ALPN);
  const names: string[] = [];
  let at = 2;
  while (list !== null && at < list.length) {
    const length = list[at] ?? 0;
    names.push(list.latin1Slice(at + 1, Math.min(list.length, at + 1 + length)));
    at += 1 + length;
  }
  return names;
}

const NONE = { name: '', incomplete: false } as const;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;

function serverNameOf(hello: Buffer): string {
  const extension = extensionOf(hello, SERVER_NAME);
  return extension === null ? '' : nameIn(extension);
}

function extensionOf(hello: Buffer, wanted: number): Buffer | null {
  if (hello[0] !== CLIENT_HELLO) return null;
  let at = 4 + 2 + 32;
  at += 1 + (hello[at] ?? 0);
  if (at + 2 > hello.length) return null;
  at += 2 + hello.readUInt16BE(at);
  at += 1 + (hello[at] ?? 0);
  if (at + 2 > hello.length) return null;
  const end = Math.min(hello.length, at + 2 + hello.readUInt16BE(at));
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    if (type === wanted) return hello.subarray(at + 4, Math.min(end, at + 4 + length));
    at += 4 + length;
  }
  return null;
}

function nameIn(extension: Buffer): string {
  if (extension.length < 5) return '';
  const length = extension.readUInt16BE(3);
  return extension.latin1Slice(5, Math.min(extension.length, 5 + length)).toLowerCase();
}
