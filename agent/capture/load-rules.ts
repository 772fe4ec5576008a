import { spawnSync } from 'node:child_process';
import { LateenError } from '../../base/errors.ts';

/**
 * Loads a ruleset in one transaction. Synchronous on purpose: nothing of the agent may run between the capture and the
 * drop of privileges that follows it.
 * @throws LateenError with nft's own words
 */
export function loadRules(rules: string): void {
  const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: rules, encoding: 'utf8' });
  if (status === 0) return;
  throw new LateenError(
    'CAPTURE_FAILED',
    `nft refused the capture rules: ${error?.message ?? stderr.trim()}`,
    {
      remedy: 'The agent needs CAP_NET_ADMIN and a kernel with nf_tables (5.2 or newer).',
    },
  );
}
