import { constants, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { errorCode, LateenError } from '../../base/errors.ts';
import { CAPTURE_ANSWER, CAPTURE_RULES, CAPTURED } from '../../model/agent-container.ts';

const REMEDY = 'The agent needs CAP_NET_ADMIN and a kernel with nf_tables (5.2 or newer).';

/**
 * Has a ruleset loaded in one transaction. The proxy itself never has the right to: the supervisor left a helper behind
 * (agent/supervisor/entrypoint.sh) that waits at one pipe for the rules, answers with nft's own words at the other, and
 * ends for good once they are loaded. What a process that crashed has loaded is there still.
 * @throws LateenError with nft's own words
 */
export async function loadRules(rules: string): Promise<void> {
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
