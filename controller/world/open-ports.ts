import type { ContainerFacts } from './container-facts.ts';

/** How long a container may be thought closed before its agent has said a word. */
const SILENCE_MS = 10_000;

/**
 * What agents say about their applications: their ports, and their active health checks. A container that has just started and whose agent has not spoken
 * counts as closed for a while; after that, and after a restart of the controller, silence means nothing.
 */
export class OpenPortsReports {
  readonly #wall: () => number;
  readonly #reports = new Map<string, { startedAt: string; open: readonly number[]; isFailing: boolean }>();

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** Whether this is news. */
  report({ id, startedAt }: ContainerFacts, open: readonly number[], isFailing = false): boolean {
    const known = this.#reports.get(id);
    this.#reports.set(id, { startedAt, open, isFailing });
    return (
      known?.startedAt !== startedAt || known.open.join() !== open.join() || known.isFailing !== isFailing
    );
  }

  /** The container's active health check fails, by its agent's word. */
  isFailing({ id, startedAt }: ContainerFacts): boolean {
    const report = this.#reports.get(id);
    return report?.startedAt === startedAt && report.isFailing;
  }

  /** Ports that the container's application listens on; null = not known. */
  of(facts: ContainerFacts): readonly number[] | null {
    const report = this.#reports.get(facts.id);
    if (report?.startedAt === facts.startedAt) return report.open;
    return this.silenceEndsInMs(facts) > 0 ? [] : null;
  }

  /** ms until silence about this container means nothing; 0 = it does already, or its agent has spoken. */
  silenceEndsInMs({ id, startedAt, state }: ContainerFacts): number {
    if (state !== 'running' || this.#reports.get(id)?.startedAt === startedAt) return 0;
    return Math.max(0, Date.parse(startedAt) + SILENCE_MS - this.#wall());
  }

  /** Forgets containers that are gone. */
  keep(containers: ReadonlyMap<string, ContainerFacts>): void {
    for (const id of this.#reports.keys()) if (!containers.has(id)) this.#reports.delete(id);
  }
}
