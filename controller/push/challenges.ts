import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { proofLine } from '../../model/proof.ts';

export interface ChallengesDeps {
  readonly now: () => number;
  /** The last lines of a container's standard error, by Docker. */
  readErrors(container: string): Promise<readonly string[]>;
}

/** As long as a proxy on a busy machine may need from the challenge to its answer. */
const LIFE_MS = 30_000;
/** Many more than there are agents that start at one moment. */
const MAX_OPEN = 4096;
/** The daemon copies a log a moment after it was written. */
const LOOKS_AFTER_MS = [0, 10, 20, 40, 80, 160, 320, 640];

/**
 * Which container a caller of the control socket is in. All agents of a mesh share that socket, so a caller's word counts
 * for nothing: it gets a challenge, and must make its hash appear in the log of the container that it claims to be.
 * Nobody but that container's own processes, and those who may use Docker, can write there.
 */
export class Challenges {
  readonly #deps: ChallengesDeps;
  readonly #open = new Map<string, { readonly container: string; readonly untilMs: number }>();

  constructor(deps: ChallengesDeps) {
    this.#deps = deps;
  }

  issue(container: string): string {
    const challenge = randomBytes(32).toString('base64url');
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(challenge, { container, untilMs: this.#deps.now() + LIFE_MS });
    return challenge;
  }

  /** The container that the challenge was for and whose log has the answer; null = none. Each is worth one answer. */
  async settle(challenge: string): Promise<string | null> {
    const claim = this.#open.get(challenge);
    this.#open.delete(challenge);
    if (claim === undefined || claim.untilMs < this.#deps.now()) return null;
    const wanted = proofLine(challenge);
    for (const pauseMs of LOOKS_AFTER_MS) {
      if (pauseMs > 0) await sleep(pauseMs);
      if ((await this.#deps.readErrors(claim.container)).includes(wanted)) return claim.container;
    }
    return null;
  }
}
