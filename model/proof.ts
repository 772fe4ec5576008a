import { createHash } from 'node:crypto';

const PREFIX = 'lateen: proof of identity';

/**
 * How a proxy proves which container it is in: it writes what only whoever got the challenge can know to its standard
 * error, and the controller reads that container's log from Docker. The log holds a hash: who reads it can do nothing
 * with it.
 */
export function proofLine(challenge: string): string {
  return `${PREFIX} ${createHash('sha256').update(challenge).digest('hex')}`;
}

/** What others say, for the same standard error: callers choose words of an access log, and must prove nothing there. */
export function withoutProof(text: string): string {
  return text.includes(PREFIX) ? text.replaceAll(PREFIX, `${PREFIX}?`) : text;
}
