// What agents reported of the last minutes, in steps: of a second for two minutes, then of ten. Never knows the time by itself.
// Bounded whatever agents send: so many series, so many of one agent, so many cells of a step.
import type { ClusterReport, EdgeReport, PeerReport, TrafficReport } from '../../model/traffic.ts';
import { Outcomes } from './outcomes.ts';
import { addCell, addReport, emptyCell, type TrafficCell } from './traffic-cell.ts';

/** How far back the graph can look. */
export const KEPT_MS = 15 * 60_000;

/** The agent that reports, as the controller knows it. */
export interface Reporter {
  readonly container: string;
  readonly self: PeerReport;
}

/** Who spoke with whom, as one side tells it; all containers of a workload together. */
export interface Series extends Pick<EdgeReport, 'reporter' | 'service' | 'protocol' | 'isMutualTls'> {
  readonly source: PeerReport | null;
  readonly destination: PeerReport | null;
}

interface Kept {
  readonly series: Series;
  /** TCP connections that are open, by the reporter's container. */
  readonly open: Map<string, number>;
  lastMs: number;
}

interface Resolution {
  readonly stepMs: number;
  readonly keptMs: number;
  /** By the beginning of the step; in order of time. */
  readonly steps: Map<number, Map<Kept, TrafficCell>>;
}

const MAX_SERIES = 3000;
const MAX_SERIES_OF_ONE = 500;
const MAX_CELLS_OF_STEP = 800;
const MAX_CLUSTERS_OF_ONE = 1000;

export class TrafficStore {
  readonly #startedMs: number;
  readonly #series = new Map<string, Kept>();
  readonly #outcomes = new Outcomes();
  readonly #seriesOf = new Map<string, number>();
  readonly #clusters = new Map<string, Map<string, ClusterReport>>();
  readonly #fine: Resolution = { stepMs: 1000, keptMs: 125_000, steps: new Map() };
  readonly #coarse: Resolution = { stepMs: 10_000, keptMs: KEPT_MS, steps: new Map() };

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  /** Whether other hosts are ejected than before. */
  add({ container, self }: Reporter, { isFirst, edges, clusters }: TrafficReport, nowMs: number): boolean {
    const before = this.#ejectedOf(container);
    if (isFirst) this.forget(container);
    for (const edge of edges) {
      const kept = this.#keptFor(self, edge);
      if (kept === null) continue;
      kept.lastMs = nowMs;
      if (edge.open !== undefined) setOrDelete(kept.open, container, edge.open);
      for (const resolution of [this.#fine, this.#coarse]) this.#count(resolution, kept, edge, nowMs);
    }
    for (const report of clusters) this.#setCluster(container, report);
    return this.#ejectedOf(container) !== before;
  }

  /** Its agent is gone, or begins anew: nothing is open there that is not told again. */
  forget(container: string): void {
    this.#clusters.delete(container);
    for (const { open } of this.#series.values()) open.delete(container);
  }

  /** Clusters of a proxy that have something to tell. */
  clustersOf(container: string): readonly ClusterReport[] {
    return [...(this.#clusters.get(container)?.values() ?? [])];
  }

  /** Containers whose proxies have ejected the host. */
  ejectedBy(hostAndPort: string): string[] {
    const containers: string[] = [];
    for (const [container, clusters] of this.#clusters)
      for (const { ejected } of clusters.values())
        if (ejected.includes(hostAndPort)) {
          containers.push(container);
          break;
        }
    return containers;
  }

  oldestMs(nowMs: number): number {
    return Math.max(this.#startedMs, nowMs - KEPT_MS);
  }

  /** The step of what is still kept of that time. */
  stepMs(fromMs: number, nowMs: number): number {
    return this.#resolutionFor(fromMs, nowMs).stepMs;
  }

  /** All of a span of time together, by series; its ends are those of steps. */
  sum(fromMs: number, untilMs: number, nowMs: number): Map<Series, TrafficCell> {
    const sums = new Map<Series, TrafficCell>();
    for (const [atMs, cells] of this.#resolutionFor(fromMs, nowMs).steps) {
      if (atMs < fromMs || atMs >= untilMs) continue;
      // What is open at the end of it counts, and each step has all that is.
      for (const sum of sums.values()) sum.open = 0;
      for (const [{ series }, cell] of cells) {
        let sum = sums.get(series);
        if (sum === undefined) {
          sum = emptyCell();
          sums.set(series, sum);
        }
        addCell(sum, cell);
      }
    }
    return sums;
  }

  /** How many cells are kept, for tests of what is bounded. */
  get size(): { series: number; cells: number } {
    const cells = [this.#fine, this.#coarse].flatMap(({ steps }) =>
      [...steps.values()].map(({ size }) => size),
    );
    return { series: this.#series.size, cells: cells.reduce((sum, size) => sum + size, 0) };
  }

  /** Time goes on where nobody reports: what is open stays open, and what is old goes. */
  tick(nowMs: number): void {
    for (const resolution of [this.#fine, this.#coarse]) this.#stepAt(resolution, nowMs);
  }

  #ejectedOf(container: string): string {
    return this.clustersOf(container)
      .flatMap(({ cluster, ejected }) => (ejected.length === 0 ? [] : `${cluster} ${ejected.join(' ')}`))
      .sort()
      .join('\n');
  }

  #resolutionFor(fromMs: number, nowMs: number): Resolution {
    return fromMs >= nowMs - this.#fine.keptMs + this.#fine.stepMs ? this.#fine : this.#coarse;
  }

  #count(resolution: Resolution, kept: Kept, edge: EdgeReport, nowMs: number): void {
    const cells = this.#stepAt(resolution, nowMs);
    let cell = cells.get(kept);
    if (cell === undefined) {
      if (cells.size >= MAX_CELLS_OF_STEP) return;
      cell = emptyCell();
      cells.set(kept, cell);
    }
    addReport(cell, edge, this.#outcomes);
    cell.open = openOf(kept);
  }

  /** The step of now; the first look at it makes it, with what is open, and drops those that are too old. */
  #stepAt({ stepMs, keptMs, steps }: Resolution, nowMs: number): Map<Kept, TrafficCell> {
    const atMs = Math.floor(nowMs / stepMs) * stepMs;
    const known = steps.get(atMs);
    if (known !== undefined) return known;
    const made = new Map<Kept, TrafficCell>();
    for (const kept of this.#series.values()) {
      const open = openOf(kept);
      if (open > 0 && made.size < MAX_CELLS_OF_STEP) made.set(kept, { ...emptyCell(), open });
    }
    steps.set(atMs, made);
    // A clock that was set back leaves steps of the future behind: they would never grow old.
    for (const each of steps.keys()) if (each < nowMs - keptMs || each > atMs) steps.delete(each);
    if (keptMs === KEPT_MS) this.#dropOldSeries(nowMs);
    return made;
  }

  #dropOldSeries(nowMs: number): void {
    for (const [key, kept] of this.#series) {
      if (kept.lastMs >= nowMs - KEPT_MS || kept.open.size > 0) continue;
      this.#series.delete(key);
      const owner = ownerOf(kept.series);
      setOrDelete(this.#seriesOf, owner, (this.#seriesOf.get(owner) ?? 1) - 1);
    }
  }

  /** null = there are too many. */
  #keptFor(self: PeerReport, { reporter, peer, service, protocol, isMutualTls }: EdgeReport): Kept | null {
    const series: Series = {
      ...{ reporter, service, protocol, isMutualTls },
      source: reporter === 'source' ? self : peer,
      destination: reporter === 'source' ? peer : self,
    };
    const key = JSON.stringify(series);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const owner = ownerOf(series);
    const own = this.#seriesOf.get(owner) ?? 0;
    if (this.#series.size >= MAX_SERIES || own >= MAX_SERIES_OF_ONE) return null;
    const made: Kept = { series, open: new Map(), lastMs: 0 };
    this.#series.set(key, made);
    this.#seriesOf.set(owner, own + 1);
    return made;
  }

  #setCluster(container: string, report: ClusterReport): void {
    const all = this.#clusters.get(container) ?? new Map<string, ClusterReport>();
    this.#clusters.set(container, all);
    const { cluster, ejected, ...figures } = report;
    const isQuiet = ejected.length === 0 && Object.values(figures).every((figure) => figure === 0);
    if (isQuiet) all.delete(cluster);
    else if (all.has(cluster) || all.size < MAX_CLUSTERS_OF_ONE) all.set(cluster, report);
  }
}

/** The workload whose proxy told it. */
function ownerOf({ reporter, source, destination }: Series): string {
  const self = reporter === 'source' ? source : destination;
  return `${self?.namespace}/${self?.workload}`;
}

function openOf({ open }: Kept): number {
  let sum = 0;
  for (const count of open.values()) sum += count;
  return sum;
}

function setOrDelete(map: Map<string, number>, key: string, value: number): void {
  if (value > 0) map.set(key, value);
  else map.delete(key);
}
