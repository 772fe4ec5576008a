import type { Violation } from '../../istio/violation.ts';
import {
  type Flushed,
  MAX_KEPT_OBSERVATIONS,
  MAX_WAITING_OBSERVATIONS,
  type ObservedRequest,
} from '../../model/observation.ts';
import type { ControllerMessage } from '../../model/push.ts';
import type {
  TestApplied,
  TestRefusal,
  TestRequestQuery,
  TestRequests,
  TestSettled,
} from '../../model/test-mesh.ts';
import type { World } from '../compile/world.ts';
import type { FileState } from '../last-good/last-good.ts';
import { createFindRule } from '../world/find-rule.ts';
import { AppliedFiles } from './applied-files.ts';
import { Observations } from './observations.ts';
import type { TestProxy } from './test-proxies.ts';
import { Waiting } from './waiting.ts';

export interface TestMeshDeps {
  world(): World | null;
  /** Nothing is waiting to be built. */
  isCurrent(): boolean;
  violations(): readonly Violation[];
  proxies(): readonly TestProxy[];
  isConnected(container: string): boolean;
  /** Gives the containers of the proxies that were told. */
  broadcast(message: ControllerMessage): readonly string[];
  /** The files are to be taken in anew, by {@link TestMesh.over}. */
  onFiles(): void;
}

export type TestAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: 404 | 422 | 504; readonly refusal: TestRefusal };

/** An application may take so long to open its ports before it counts as one that opens none. */
const PORTS_MS = 3000;
const FLUSH_MS = 5000;

/** What a mesh of tests can do beside the rest: apply and take back, wait until it is in force, and tell what it saw. */
export class TestMesh {
  readonly #deps: TestMeshDeps;
  readonly #applied = new AppliedFiles();
  readonly #observations = new Observations();
  readonly #waiting = new Waiting();
  /** Container → requests that its proxy could not tell of. */
  readonly #lost = new Map<string, number>();
  /** What was asked for behind this one is complete. */
  #lostUpTo = 0;
  /** Flush → containers that have not answered. */
  readonly #flushes = new Map<string, Set<string>>();
  #count = 0;

  constructor(deps: TestMeshDeps) {
    this.#deps = deps;
  }

  over(files: ReadonlyMap<string, FileState>): ReadonlyMap<string, FileState> {
    return this.#applied.over(files);
  }

  /** A World, a push or a proxy's answer. */
  onChange(): void {
    this.#waiting.look();
  }

  onObservations(requests: readonly ObservedRequest[]): void {
    this.#observations.add(requests, createFindRule(this.#deps.world()?.resources ?? []));
  }

  onFlushed(container: string, { id, lost }: Flushed): void {
    if (lost > (this.#lost.get(container) ?? 0)) this.#lostUpTo = this.#observations.mark;
    this.#lost.set(container, lost);
    this.#flushes.get(id)?.delete(container);
    this.#waiting.look();
  }

  /** In force as a whole, or not at all. */
  async apply(text: string, name: string, patienceMs: number): Promise<TestAnswer<TestApplied>> {
    const applied = this.#applied.parse(text, name);
    const { id, file, parsed } = applied;
    if (parsed.violations.some(isError)) return invalid(parsed.violations);
    if (parsed.resources.length === 0)
      return refuse(422, 'there is no document in it', 'Write a document of Istio, in YAML.');
    this.#applied.add(applied);
    this.#deps.onFiles();
    const problem = await this.#inForce(patienceMs);
    const found = this.#deps.violations().filter((violation) => violation.file === file);
    if (problem === '' && !found.some(isError)) return { ok: true, value: { id, file, violations: found } };
    await this.restore(id, patienceMs);
    return found.some(isError)
      ? invalid(found)
      : refuse(504, `${problem}; it was taken back`, 'Look into the log of that proxy.');
  }

  /** 0 = all that was applied. */
  async restore(id: number, patienceMs: number): Promise<TestAnswer<TestApplied>> {
    if (!this.#applied.remove(id)) return refuse(404, `nothing is applied under ${id}`, 'It was taken back.');
    this.#deps.onFiles();
    const problem = await this.#inForce(patienceMs);
    return problem === ''
      ? { ok: true, value: { id, file: '', violations: [] } }
      : refuse(504, problem, 'Look into the log of that proxy.');
  }

  /** These containers have proxies that hold what is in force, and serve. */
  async settled(containers: readonly string[], patienceMs: number): Promise<TestAnswer<TestSettled>> {
    const find = (waitedMs: number) =>
      this.#isSettled() && containers.every((id) => this.#serves(id, waitedMs)) ? true : null;
    if ((await this.#waiting.until(find, patienceMs, [PORTS_MS])) === null)
      return refuse(
        504,
        this.#whyNot(containers),
        'Has it the label lateen.inject: "true"? Look into its log.',
      );
    const errors = this.#deps.violations().filter(isError);
    return { ok: true, value: { proxies: this.#deps.proxies().length, violations: errors } };
  }

  /** All requests that were over when it was asked. */
  async requests(query: TestRequestQuery): Promise<TestRequests> {
    const unheard = await this.#flush();
    const problem =
      unheard.length > 0
        ? `these proxies did not say what they saw: ${unheard.join(', ')}`
        : this.#lossAmong(query);
    return { requests: this.#observations.find(query), mark: this.#observations.mark, problem };
  }

  /** '' = nothing that was asked for had to go. */
  #lossAmong({ after = 0 }: TestRequestQuery): string {
    const { dropped, mark } = this.#observations;
    const lost = [...this.#lost.values()].reduce((sum, each) => sum + each, 0);
    const isComplete = after >= dropped && (lost === 0 || after >= this.#lostUpTo);
    return isComplete
      ? ''
      : `requests are missing: of ${mark + lost} that proxies saw ${dropped + lost} were more than is kept ` +
          `(${MAX_KEPT_OBSERVATIONS} in the mesh, each seen by caller and callee; ${MAX_WAITING_OBSERVATIONS} that wait in a proxy)`;
  }

  /** Containers of proxies that have not answered. */
  async #flush(): Promise<readonly string[]> {
    const id = String(++this.#count);
    const open = new Set(this.#deps.broadcast({ type: 'flush', id }));
    this.#flushes.set(id, open);
    const find = () => ([...open].every((each) => !this.#deps.isConnected(each)) ? true : null);
    const isDone = await this.#waiting.until(find, FLUSH_MS);
    this.#flushes.delete(id);
    return isDone === null ? [...open] : [];
  }

  /** '' = every proxy acknowledged it. */
  async #inForce(patienceMs: number): Promise<string> {
    const find = () => (this.#isSettled() || this.#refusal() !== null ? true : null);
    if ((await this.#waiting.until(find, patienceMs)) === null) return this.#whyNot([]);
    return this.#refusal() ?? '';
  }

  #isSettled(): boolean {
    return this.#deps.isCurrent() && this.#deps.proxies().every(({ state }) => state === 'SYNCED');
  }

  #refusal(): string | null {
    // Before it is built it is of what was there before.
    if (!this.#deps.isCurrent()) return null;
    const refusing = this.#deps.proxies().find(({ state }) => state === 'NACKED');
    return refusing === undefined ? null : `${refusing.name} refused it: ${refusing.lastError}`;
  }

  /** `ID@START`: that start of it or a later one. */
  #serves(asked: string, waitedMs: number): boolean {
    const [container = '', start = ''] = asked.split('@');
    const proxy = this.#deps.proxies().find(({ workload }) => workload.id === container);
    if (proxy === undefined || proxy.startedAt < start) return false;
    const { workload } = proxy;
    if (workload.proxy === 'gateway' || waitedMs > PORTS_MS) return true;
    const services = this.#deps.world()?.services.filter(({ members }) => members.includes(container)) ?? [];
    const ports = services.flatMap((service) => service.ports).filter(({ protocol }) => protocol !== 'udp');
    const { openPorts } = workload;
    const isOpen = ports.every(({ targetPort }) => openPorts === null || openPorts.includes(targetPort));
    return isOpen && workload.health === 'ready';
  }

  #whyNot(containers: readonly string[]): string {
    const proxies = this.#deps.proxies();
    const late = proxies
      .filter(({ state }) => state !== 'SYNCED')
      .map(({ name, state }) => `${name} ${state}`);
    const missing = containers.filter(
      (asked) => !proxies.some(({ workload, startedAt }) => `${workload.id}@${startedAt}`.startsWith(asked)),
    );
    const unknown = missing.map((id) => `${id.slice(0, 12)} is no running container of this mesh`);
    return `not in force at every proxy: ${[...late, ...unknown].join(', ') || 'nothing has been read yet'}`;
  }
}

const isError = ({ severity }: Violation) => severity === 'Error';

function invalid(violations: readonly Violation[]): TestAnswer<never> {
  const [first] = violations.filter(isError);
  return {
    ...{ ok: false, status: 422 },
    refusal: { error: first?.message ?? '', remedy: first?.remedy ?? '', violations },
  };
}

function refuse(status: 404 | 422 | 504, error: string, remedy: string): TestAnswer<never> {
  return { ok: false, status, refusal: { error, remedy, violations: [] } };
}
