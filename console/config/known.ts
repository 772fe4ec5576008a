import { parseAllDocuments } from 'yaml';
import type { ServiceView, WorkloadView } from '../../model/console.ts';
import { LABEL, type Labels } from '../../model/labels.ts';

/** Names that completion and wizards offer. */
export interface Known {
  readonly services: readonly KnownService[];
  /** NAME, or NAMESPACE/NAME outside `default`. */
  readonly gateways: readonly string[];
  readonly namespaces: readonly string[];
}

export interface KnownService {
  /** As routes of `default` say it. */
  readonly host: string;
  readonly hostname: string;
  readonly kind: ServiceView['kind'];
  readonly ports: readonly number[];
  /** Values of the label `version` of its containers. */
  readonly versions: readonly string[];
  /** Names of the subsets that DestinationRules make. */
  readonly subsets: readonly string[];
  readonly destinationRules: readonly KnownRule[];
  /** For calls within the mesh. */
  readonly virtualServices: readonly KnownRule[];
  readonly mtls: ServiceView['mtls'];
  /** Labels by which its containers are selected; {} = they have none in common. */
  readonly selector: Labels;
}

export interface KnownRule {
  /** NAME, or NAMESPACE/NAME outside `default`. */
  readonly label: string;
  readonly file: string;
}

interface Document extends KnownRule {
  readonly kind: string;
  readonly namespace: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

const DEFAULT = 'default';

export function knownOf(
  services: readonly ServiceView[],
  workloads: readonly WorkloadView[],
  files: readonly { readonly file: string; readonly text: string }[],
): Known {
  const documents = files.flatMap(readDocuments);
  const rules = documents.filter(({ kind }) => kind === 'DestinationRule');
  const routes = documents.filter(({ kind, spec }) => kind === 'VirtualService' && isForMesh(spec));
  const known = services.map((service): KnownService => {
    const ownRules = rules.filter((rule) => means(rule, rule.spec['host'], service));
    const ownRoutes = routes.filter((route) =>
      listOf(route.spec['hosts']).some((host) => means(route, host, service)),
    );
    return {
      host: service.kind !== 'external' && service.namespace === DEFAULT ? service.name : service.hostname,
      hostname: service.hostname,
      kind: service.kind,
      ports: service.ports.map(({ number }) => number),
      versions: unique(service.endpoints.map(({ version }) => version)),
      subsets: unique(
        ownRules.flatMap(({ spec }) => listOf(spec['subsets']).map((subset) => textAt(subset, 'name'))),
      ),
      destinationRules: ownRules.map(({ label, file }) => ({ label, file })),
      virtualServices: ownRoutes.map(({ label, file }) => ({ label, file })),
      mtls: service.mtls,
      selector: selectorOf(service, workloads),
    };
  });
  return {
    services: known,
    gateways: unique(documents.filter(({ kind }) => kind === 'Gateway').map(({ label }) => label)),
    namespaces: unique([DEFAULT, 'istio-system', ...services.map(({ namespace }) => namespace)]),
  };
}

/** The first of these labels that all containers of a service have alike. */
const SELECTING = ['istio', LABEL.app, LABEL.composeService];

function selectorOf({ endpoints }: ServiceView, workloads: readonly WorkloadView[]): Labels {
  const names = new Set(endpoints.map(({ workload }) => workload));
  const members = workloads.filter(({ name }) => names.has(name));
  for (const label of SELECTING) {
    const values = unique(members.map(({ labels }) => labels[label] ?? ''));
    const [value = ''] = values;
    if (values.length === 1 && members.every(({ labels }) => labels[label] === value))
      return { [label]: value };
  }
  return {};
}

/** The service that a host in a document means. */
export function findKnown(known: Known, host: string): KnownService | undefined {
  const wanted = host.toLowerCase();
  return known.services.find(
    (service) =>
      service.host === wanted || service.hostname === wanted || shortForms(service.hostname).includes(wanted),
  );
}

/** `reviews`, `reviews.default`, `reviews.default.svc` mean `reviews.default.svc.cluster.local`. */
function shortForms(hostname: string): string[] {
  const [name = '', namespace = '', kind] = hostname.split('.');
  return kind === 'svc' ? [`${name}.${namespace}`, `${name}.${namespace}.svc`] : [];
}

function means(document: Document, host: unknown, service: ServiceView): boolean {
  if (typeof host !== 'string') return false;
  const isShort = !host.includes('.');
  if (isShort) return service.name === host && service.namespace === document.namespace;
  return service.hostname === host || shortForms(service.hostname).includes(host);
}

const isForMesh = (spec: Document['spec']) =>
  spec['gateways'] === undefined || listOf(spec['gateways']).includes('mesh');

function readDocuments({ file, text }: { readonly file: string; readonly text: string }): Document[] {
  const parsed = parseAllDocuments(text, { merge: true, uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((each) => {
    const value = jsOf(each);
    const kind = textAt(value, 'kind');
    const metadata = (value as Readonly<Record<string, unknown>> | null)?.['metadata'];
    const name = textAt(metadata, 'name');
    const namespace = textAt(metadata, 'namespace') || DEFAULT;
    const spec = (value as Readonly<Record<string, unknown>> | null)?.['spec'];
    if (kind === '' || name === '' || typeof spec !== 'object' || spec === null) return [];
    const label = namespace === DEFAULT ? name : `${namespace}/${name}`;
    return [{ kind, namespace, label, file, spec: spec as Document['spec'] }];
  });
}

/** A text that is being typed may mean nothing. */
function jsOf(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // Broken aliases: nothing can be known of it.
    return null;
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function textAt(value: unknown, key: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const text = (value as Readonly<Record<string, unknown>>)[key];
  return typeof text === 'string' ? text : '';
}

const unique = (words: readonly string[]) => [...new Set(words)].filter((word) => word !== '').sort();
