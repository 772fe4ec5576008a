import type { Logger } from '../base/log.ts';
import { analyzeEntrances } from '../istio/analyze.ts';
import { DEFAULT_MESH_CONFIG } from '../istio/mesh-config.ts';
import { readMeshConfig } from '../istio/read-mesh-config.ts';
import type { Resource } from '../istio/resource.ts';
import type { MeshConfigDocument } from '../istio/schema/mesh-config.ts';
import type { Violation } from '../istio/violation.ts';
import { LABEL } from '../model/labels.ts';
import type { OpenPorts } from '../model/push.ts';
import type { World } from './compile/world.ts';
import { indexWorld, type WorldIndex } from './compile/world-index.ts';
import { type FileState, type LastGood, type Settled, settle } from './last-good/last-good.ts';
import { type PushTrigger, SourceMetrics } from './source-metrics.ts';
import { ViolationLog } from './violation-log.ts';
import { type BuiltWorld, buildWorld } from './world/build-world.ts';
import type { ContainerFacts } from './world/container-facts.ts';
import {
  containersOfMesh,
  isInjected,
  isMember,
  type Membership,
  ownsNamespace,
  roleOf,
} from './world/membership.ts';
import { OpenPortsReports } from './world/open-ports.ts';

export interface ControllerDeps {
  readonly membership: Membership;
  readonly selfId: string;
  readonly log: Logger;
  readonly lastGood: LastGood;
  saveLastGood(inForce: LastGood): void;
  /** Documents that are in force from now on. */
  onResources(resources: readonly Resource[]): void;
  /** Key sets of issuers, by where they were fetched. */
  jwks(): ReadonlyMap<string, string>;
  onWorld(index: WorldIndex): void;
}

/**
 * From the sources to a World: keeps the newest state of each source, and rebuilds when one changed. The first change
 * acts at once; what comes while it is being handled is taken together.
 */
export class Controller {
  readonly #deps: ControllerDeps;
  readonly violationLog: ViolationLog;
  readonly metrics = new SourceMetrics();
  #files: ReadonlyMap<string, FileState> | null = null;
  #containers: ReadonlyMap<string, ContainerFacts> | null = null;
  #inForce: LastGood;
  #isScheduled = false;
  readonly #openPorts = new OpenPortsReports(Date.now);
  #cancelSilence: () => void = () => {};
  index: WorldIndex | null = null;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#inForce = deps.lastGood;
    this.violationLog = new ViolationLog(deps.log);
  }

  get files(): ReadonlyMap<string, FileState> {
    return this.#files ?? new Map();
  }

  get world(): World | null {
    return this.index?.world ?? null;
  }

  /** Whether a container of the mesh, with a proxy beside it, has that address. */
  hasProxyAt(address: string): boolean {
    const workloads = this.world?.workloads ?? [];
    return workloads.some(
      ({ proxy, addresses }) => proxy !== null && addresses.some((each) => each.address === address),
    );
  }

  /** Nothing is waiting to be built. */
  get isCurrent(): boolean {
    return !this.#isScheduled && this.index !== null;
  }

  onFiles(files: ReadonlyMap<string, FileState>): void {
    this.#files = files;
    this.#schedule('config');
  }

  /** Facts that did not change are the same objects. */
  onContainers(containers: ReadonlyMap<string, ContainerFacts>): void {
    const ofMesh = containersOfMesh(this.#deps.membership, containers);
    if (this.#containers !== null && hasSameEntries(this.#containers, ofMesh)) return;
    this.#containers = ofMesh;
    this.#schedule('endpoint');
  }

  /** The agent of this container says which ports the application listens on, and whether its health check fails. */
  onOpenPorts(facts: ContainerFacts, { open, isFailing = false }: OpenPorts): void {
    if (this.#openPorts.report(facts, open, isFailing)) this.#schedule('endpoint');
  }

  /** A key set came or changed. */
  onKeySets(): void {
    this.#schedule('jwks');
  }

  #schedule(trigger: PushTrigger): void {
    this.metrics.onTrigger(trigger);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#rebuild();
    });
  }

  #rebuild(): void {
    // Half of the truth would push half of the mesh: both sources must have been read once.
    if (this.#files === null || this.#containers === null) return;
    const settled = settle(this.#inForce, this.#files);
    if (!hasSameDocuments(this.#inForce, settled.inForce)) this.#deps.saveLastGood(settled.inForce);
    this.metrics.onConfig(this.#inForce, settled.inForce);
    this.#inForce = settled.inForce;
    this.#deps.onResources(settled.resources);
    const { world, violations } = this.#build(settled, this.#containers);
    this.violationLog.update(violations);
    this.index = indexWorld(world, this.index);
    this.#deps.onWorld(this.index);
    this.#openPorts.keep(this.#containers);
    this.#awaitEndOfSilence(this.#containers);
  }

  #build(settled: Settled, containers: ReadonlyMap<string, ContainerFacts>): BuiltWorld {
    const { world, violations } = buildWorld({
      membership: this.#deps.membership,
      mesh: meshConfigOf(settled.resources),
      containers: containers.values(),
      openPorts: (facts) => this.#openPorts.of(facts),
      isFailing: (facts) => this.#openPorts.isFailing(facts),
      resources: settled.resources,
      jwks: this.#deps.jwks(),
    });
    const { services, workloads } = world;
    const entrances = analyzeEntrances(world.resources, { services, workloads, nowMs: Date.now() });
    return { world, violations: [...settled.violations, ...violations, ...entrances, ...this.#rivals()] };
  }

  /**
   * What would be in force, and what would be said, if that file were so (null = if it were gone). Changes nothing; null =
   * nothing has been read yet.
   */
  preview(
    file: string,
    state: FileState | null,
  ): { index: WorldIndex; violations: readonly Violation[] } | null {
    if (this.#files === null || this.#containers === null || this.index === null) return null;
    const files = new Map(this.#files);
    if (state === null) files.delete(file);
    else files.set(file, state);
    const inOrder = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    const { world, violations } = this.#build(settle(this.#inForce, inOrder), this.#containers);
    return { index: indexWorld(world, this.index), violations };
  }

  /** A container whose agent never speaks is not kept waiting for ever. */
  #awaitEndOfSilence(containers: ReadonlyMap<string, ContainerFacts>): void {
    this.#cancelSilence();
    const waits = [...containers.values()]
      .filter((facts) => isInjected(facts) || ownsNamespace(facts))
      .map((facts) => this.#openPorts.silenceEndsInMs(facts))
      .filter((ms) => ms > 0);
    if (waits.length === 0) return;
    const timer = setTimeout(() => this.#schedule('endpoint'), Math.min(...waits) + 1);
    timer.unref();
    this.#cancelSilence = () => clearTimeout(timer);
  }

  /** Two controllers of one mesh would both attach agents to the same containers. */
  #rivals() {
    const { membership, selfId } = this.#deps;
    return [...(this.#containers?.values() ?? [])]
      .filter(
        (facts) =>
          facts.id !== selfId &&
          facts.state === 'running' &&
          roleOf(facts) === 'controller' &&
          isMember(membership, facts),
      )
      .map((facts) => ({
        code: 'LAT0104',
        severity: 'Error' as const,
        message: `a second controller claims the mesh ${membership.meshId}: ${facts.name} and this one`,
        remedy: `Stop one of them, or give it another ${LABEL.mesh}.`,
        resource: `Container ${facts.name}`,
        file: facts.name,
        line: 0,
        column: 0,
        path: '',
      }));
  }
}

function hasSameEntries<Value>(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of b) if (a.get(key) !== value) return false;
  return true;
}

/** Files that did not change give the same objects. */
function hasSameDocuments(a: LastGood, b: LastGood): boolean {
  return hasSameEntries(new Map(Object.entries(a)), new Map(Object.entries(b)));
}

function meshConfigOf(resources: readonly Resource[]) {
  const document = resources.find(({ kind }) => kind === 'MeshConfig');
  return document === undefined ? DEFAULT_MESH_CONFIG : readMeshConfig(document.spec as MeshConfigDocument);
}
