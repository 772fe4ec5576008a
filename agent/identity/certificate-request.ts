import { type KeyObject, sign } from 'node:crypto';

/**
 * A certificate request without names (RFC 2986): it says "this is my key, and I have it". Whose certificate it
 * becomes, the controller knows by itself. Written by hand since an X.509 library would double the agent.
 */
export function encodeCertificateRequest(publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const info = encode(
    SEQUENCE,
    encode(INTEGER, Buffer.from([0])),
    encode(SEQUENCE),
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(ATTRIBUTES),
  );
  const signature = sign('sha256', info, privateKey);
  return encode(
    SEQUENCE,
    info,
    encode(SEQUENCE, encode(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256)),
    encode(BIT_STRING, NO_UNUSED_BITS, signature),
  );
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
/** Context-specific and constructed, number 0. */
const ATTRIBUTES = 0xa0;
/** 1.2.840.10045.4.3.2 (RFC 5758 §3.2). */
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const NO_UNUSED_BITS = Buffer.from([0]);

/** Tag, length, contents (X.690 §8.1); nothing here is longer than 64 KiB. */
function encode(tag: number, ...contents: readonly Buffer[]): Buffer {
  const length = contents.reduce((sum, each) => sum + each.length, 0);
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), ...contents]);
}
