import { createHash } from 'node:crypto';

/**
 * How a proxy proves which container it is in: it writes what only whoever got the challenge can know to its standard
 * error, and the controller reads that container's log from Docker. The log holds a hash: who reads it can do nothing
 * with it.
 */
export function proofLine(challenge: string): string {
  return `lateen: proof of identity ${createHash('sha256').update(challenge).digest('hex')}`;
}
