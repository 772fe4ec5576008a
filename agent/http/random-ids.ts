import { randomFillSync } from 'node:crypto';

/** Made ahead: the system's random bytes and their digits cost a call each, however many they are. */
const BATCH_BYTES = 4096;
const UUID_BYTES = 16;

/** Gives so many random bytes as hexadecimal digits. `edit` sees each batch first. */
export function createRandomHex(edit: (bytes: Buffer) => void = () => {}): (bytes: number) => string {
  let digits = '';
  let at = 0;
  return (bytes) => {
    const count = 2 * bytes;
    if (at + count > digits.length) {
      const batch = randomFillSync(Buffer.allocUnsafeSlow(BATCH_BYTES));
      edit(batch);
      digits = batch.toString('hex');
      at = 0;
    }
    at += count;
    return digits.slice(at - count, at);
  };
}

/** UUIDs of version 4 (RFC 9562 §5.4), at half of what `randomUUID` costs. */
export function createRequestIds(): () => string {
  const take = createRandomHex(markAsVersion4);
  return () => {
    const hex = take(UUID_BYTES);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

function markAsVersion4(batch: Buffer): void {
  for (let at = 0; at < batch.length; at += UUID_BYTES) {
    batch[at + 6] = ((batch[at + 6] as number) & 0x0f) | 0x40;
    batch[at + 8] = ((batch[at + 8] as number) & 0x3f) | 0x80;
  }
}
