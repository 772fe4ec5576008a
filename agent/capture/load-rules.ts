import { constants, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { errorCode, errorMessage, LateenError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { CAPTURE_ANSWER, CAPTURE_RULES, CAPTURED } from '../../model/agent-container.ts';
import { type CaptureOptions, captureRules } from './capture-rules.ts';

const REMEDY = 'The agent needs CAP_NET_ADMIN and a kernel with nf_tables (5.2 or newer).';

/**
 * Loads the rules of the capture, and where the kernel lacks zones (CONFIG_NF_CONNTRACK_ZONES) the rest of them.
 * @throws LateenError with nft's own words
 */
export async function loadCaptureRules(
  options: Omit<CaptureOptions, 'hasZones'>,
  log: Logger,
  load: (rules: string) => Promise<void> = loadRules,
): Promise<void> {
  try {
    await load(captureRules({ ...options, hasZones: true }));
  } catch (error) {
    await load(captureRules({ ...options, hasZones: false }));
    log.warn('a look-up in a thousand may miss the names of the mesh: the kernel has no zones', {
      reason: errorMessage(error),
      remedy: 'Use a kernel with CONFIG_NF_CONNTRACK_ZONES.',
    });
  }
}

/**
 * Has a ruleset loaded in one transaction. The proxy itself never has the right to: the supervisor left a helper behind
 * (agent/supervisor/entrypoint.sh) that waits at one pipe for the rules, answers with nft's own words at the other, and
 * ends for good once they are loaded. What a process that crashed has loaded is there still.
 * @throws LateenError with nft's own words
 */
async function loadRules(rules: string): Promise<void> {
  if (existsSync(CAPTURED)) return;
  const failed = (reason: string) =>
    new LateenError('CAPTURE_FAILED', `the capture rules were not loaded: ${reason}`, { remedy: REMEDY });
  // Nobody would ever read from a pipe of which there is only the name.
  if (!existsSync(CAPTURE_RULES)) throw failed('the agent was not started as root');
  const answer = readFile(CAPTURE_ANSWER, 'utf8');
  try {
    await writeFile(CAPTURE_RULES, rules, { flag: constants.O_WRONLY });
  } catch (error) {
    throw failed(errorCode(error));
  }
  const words = (await answer).trim();
  if (words !== 'loaded') throw failed(words);
}
