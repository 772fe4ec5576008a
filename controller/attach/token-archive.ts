import { AGENT_UID } from '../../model/ports.ts';

const BLOCK = 512;

/**
 * A tar archive (POSIX ustar) of one small file that only its owner may read: how a token gets into a container, by
 * the archive API, without being in its environment or on a volume.
 */
export function createTokenArchive(name: string, content: string): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000400\0', 100);
  header.write(octal(AGENT_UID, 7), 108);
  header.write(octal(AGENT_UID, 7), 116);
  header.write(octal(body.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)} `, 148);
  const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
  return Buffer.concat([header, body, padding, Buffer.alloc(2 * BLOCK)]);
}

const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
