export const HEADER_BYTES = 8;
export const STANDARD_ERROR = 2;

/**
 * Docker's log of a container without a terminal: frames of a header (stream, three zeros, length in big endian) and a
 * payload. Gives the whole lines of standard error; what is framed otherwise ends it.
 */
export function readErrorLines(log: Buffer): string[] {
  let text = '';
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const end = at + HEADER_BYTES + log.readUInt32BE(at + 4);
    if (log.readUInt32BE(at) !== STANDARD_ERROR << 24 || end > log.length) break;
    text += log.toString('utf8', at + HEADER_BYTES, end);
    at = end;
  }
  return text.split('\n').slice(0, -1);
}
