import { Document, isCollection, parse, visit } from 'yaml';
import { DEFAULT_MESH_CONFIG } from '../../../istio/mesh-config.ts';
import { parseDocuments } from '../../../istio/parse-documents.ts';
import { readMeshConfig } from '../../../istio/read-mesh-config.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { MeshConfigDocument } from '../../../istio/schema/mesh-config.ts';
import { UNLIMITED } from '../../../model/cluster.ts';
import { LABEL } from '../../../model/labels.ts';
import { RESOURCE_KINDS, type ResourceKind, type Resources } from '../../../model/snapshot.ts';
import { containerFacts } from '../../testing/container-facts.ts';
import { buildWorld } from '../../world/build-world.ts';
import { compileSnapshot } from '../compile-snapshot.ts';
import { DEFAULT_RETRY } from '../routes/http-policies.ts';
import type { Workload } from '../world.ts';
import { indexWorld } from '../world-index.ts';

/** The first document of an input; Istio's documents follow it as users write them. */
interface GoldenHead {
  /** Container → its labels. Each has an agent, but those that say `lateen.inject: "false"`. */
  readonly containers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The container whose snapshot is looked at. */
  readonly proxy: string;
  /** `KIND NAME`, or `route NAME VIRTUAL-HOST`; `*` stands for any text. */
  readonly show: readonly string[];
  /** Of a cluster show also what every cluster has that no DestinationRule is about. */
  readonly full?: boolean;
  /** A mesh of tests. */
  readonly test?: boolean;
}

export interface GoldenOutput {
  readonly text: string;
  readonly shown: number;
}

/** The resources of interest of one proxy, as YAML without what is empty, 0 or false. Throws for an input that is wrong itself. */
export function compileGolden(input: string): GoldenOutput {
  const { head, documents } = splitGolden(input);
  const { resources, violations } = parseDocuments(documents, 'in.yaml', { isTestMesh: head.test === true });
  const errors = violations.filter(({ severity }) => severity === 'Error');
  if (errors.length > 0) throw new Error(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  const index = indexWorld(worldOf(head, resources));
  const proxy = index.world.workloads.find(({ name }) => name === head.proxy);
  if (proxy === undefined) throw new Error(`no container is called ${head.proxy}`);
  const compiled = compileSnapshot(index, proxy as Workload).resources;
  const plain = head.full === true ? {} : plainCluster();
  const shown = head.show.flatMap((selector) => select(compiled, selector, plain));
  return { text: print(Object.fromEntries(shown)), shown: shown.length };
}

export function splitGolden(input: string): { head: GoldenHead; documents: string } {
  const [first = '', ...rest] = input.split(/^---\n/m);
  return { head: parse(first) as GoldenHead, documents: rest.join('---\n') };
}

function worldOf(
  { containers, test = false }: Pick<GoldenHead, 'containers' | 'test'>,
  resources: readonly Resource[],
) {
  const facts = Object.entries(containers).map(([name, labels], index) =>
    // When a container was started says nothing about a document.
    ({ ...containerFacts(name, index + 1, labels), startedAt: '' }),
  );
  const document = resources.find(({ kind }) => kind === 'MeshConfig');
  return buildWorld({
    membership: { meshId: 'shop', project: 'shop', isTest: test },
    mesh: document === undefined ? DEFAULT_MESH_CONFIG : readMeshConfig(document.spec as MeshConfigDocument),
    containers: facts,
    openPorts: () => null,
    resources,
  }).world;
}

function select(compiled: Resources, selector: string, plain: object): [string, unknown][] {
  const [kind = '', name = '*', host = '*'] = selector.split(' ');
  if (!RESOURCE_KINDS.includes(kind as ResourceKind)) throw new Error(`unknown kind in ${selector}`);
  const map: ReadonlyMap<string, object> = compiled[kind as ResourceKind];
  return [...map]
    .filter(([key]) => matches(name, key))
    .map(([key, spec]) => [
      `${kind} ${key}`,
      view(kind === 'cluster' ? difference(spec, plain) : spec, host),
    ]);
}

/** The cluster of a service that nothing is said about. */
function plainCluster(): object {
  const index = indexWorld(worldOf({ containers: { a: { [LABEL.ports]: 'http:80' } } }, []));
  const [proxy] = index.world.workloads;
  if (proxy === undefined) throw new Error('a world of one container has a workload');
  return (
    compileSnapshot(index, proxy).resources.cluster.get('outbound|80||a.default.svc.cluster.local') ?? {}
  );
}

function difference(spec: object, plain: object): object {
  const usual = new Map(Object.entries(plain).map(([key, value]) => [key, JSON.stringify(value)]));
  return Object.fromEntries(
    Object.entries(spec).filter(([key, value]) => usual.get(key) !== JSON.stringify(value)),
  );
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(text);
}

function view(spec: object, host: string): unknown {
  // Its name is the key that it stands at.
  if (!('virtualHosts' in spec)) return withoutEmpty({ ...spec, name: '' });
  const virtualHosts = spec.virtualHosts as readonly { readonly name: string }[];
  return withoutEmpty({
    ...spec,
    name: '',
    virtualHosts: virtualHosts.filter(({ name }) => matches(host, name)),
  });
}

const MAX_INLINE = 120;

/** YAML with what fits into a line on one. */
function print(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Collection: (key, node) => {
      if (key !== null && isCollection(node) && JSON.stringify(node.toJSON()).length <= MAX_INLINE)
        node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** What says nothing is left out, so that a field that comes to the model changes only the outputs that use it. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .filter(([key, inner]) => !(key === 'rule' && String(inner).includes('#')))
    .map(([key, inner]) => [key, summaryOf(inner)] as const)
    .filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(kept);
}

/** What Istio sets everywhere, in a word. */
function summaryOf(value: unknown): unknown {
  if (value === UNLIMITED) return 'unlimited';
  return JSON.stringify(value) === JSON.stringify(DEFAULT_RETRY) ? 'default' : withoutEmpty(value);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === false || value === '' || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}
