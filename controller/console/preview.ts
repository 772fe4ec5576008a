import { stringify } from 'yaml';
import { formatViolation } from '../../istio/format-violation.ts';
import type { Violation } from '../../istio/violation.ts';
import type { PreviewView } from '../../model/console.ts';
import type { RouteConfigSpec } from '../../model/route.ts';
import { RESOURCE_KINDS, type ResourceKind, type Resources } from '../../model/snapshot.ts';
import { compileSnapshot } from '../compile/compile-snapshot.ts';
import type { WorldIndex } from '../compile/world-index.ts';

type ProxyChanges = PreviewView['proxies'][number];
type Change = ProxyChanges['changes'][number];

export interface Situation {
  readonly index: WorldIndex;
  readonly violations: readonly Violation[];
}

/** A page can show so much; what is beyond is named without its texts. */
const MAX_TEXT_BYTES = 3_000_000;
const MAX_CHANGES_OF_PROXY = 500;
const TOO_MUCH = '# This change is as large as many others together: it is not shown here.\n';

/** What each proxy would get in place of what it has, and what would be said that is not said now. */
export function previewView(before: Situation, after: Situation, file: string): PreviewView {
  const told = new Set(before.violations.map(formatViolation));
  const violations = after.violations.filter(
    (each) => each.file === file || !told.has(formatViolation(each)),
  );
  const writer = new YamlWriter();
  const proxies = after.index.world.workloads.flatMap((workload): ProxyChanges[] => {
    const old = before.index.workloadsById.get(workload.id);
    if (workload.proxy === null || old === undefined) return [];
    const [from, to] = [
      compileSnapshot(before.index, old).resources,
      compileSnapshot(after.index, workload).resources,
    ];
    const changes = RESOURCE_KINDS.flatMap((kind) => changesOf(kind, from, to, writer));
    return changes.length === 0
      ? []
      : [{ proxy: workload.name, changes: changes.slice(0, MAX_CHANGES_OF_PROXY) }];
  });
  return { violations, proxies };
}

function changesOf(kind: ResourceKind, before: Resources, after: Resources, writer: YamlWriter): Change[] {
  // Proxies share what is the same for them, as one object.
  if (before[kind] === after[kind]) return [];
  const [from, to] = [partsOf(kind, before), partsOf(kind, after)];
  const names = [...new Set([...from.keys(), ...to.keys()])];
  return names.flatMap((name): Change[] => {
    const [old, made] = [from.get(name), to.get(name)];
    if (old === made || (old !== undefined && made !== undefined && isEqual(old, made))) return [];
    const change = old === undefined ? 'added' : made === undefined ? 'removed' : 'changed';
    return [{ change, kind, name, before: writer.write(old), after: writer.write(made) }];
  });
}

/** Of routes each virtual host is told by itself: a whole port's would be too much to read. */
function partsOf(kind: ResourceKind, resources: Resources): ReadonlyMap<string, object> {
  if (kind !== 'route') return resources[kind] as ReadonlyMap<string, object>;
  return new Map([...resources.route.values()].flatMap(virtualHosts));
}

function virtualHosts({ name, virtualHosts: hosts }: RouteConfigSpec): [string, object][] {
  return hosts.map((host) => [`${name} ${host.name}`, host]);
}

/** Keys print themselves as redacted, so that a new one alone is no change that is seen. */
function isEqual(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

class YamlWriter {
  readonly #known = new Map<object, string>();
  #bytes = 0;

  write(value: object | undefined): string {
    if (value === undefined) return '';
    const known = this.#known.get(value);
    if (known !== undefined && this.#take(known)) return known;
    if (this.#bytes >= MAX_TEXT_BYTES) return TOO_MUCH;
    const made = stringify(JSON.parse(JSON.stringify(value)), { aliasDuplicateObjects: false, lineWidth: 0 });
    this.#known.set(value, made);
    return this.#take(made) ? made : TOO_MUCH;
  }

  #take({ length }: string): boolean {
    if (this.#bytes + length > MAX_TEXT_BYTES) return false;
    this.#bytes += length;
    return true;
  }
}
