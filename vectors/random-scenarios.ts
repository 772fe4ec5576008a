import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, CallRequest, Hop, Scenario, ScenarioService, ScenarioWorkload } from './scenario.ts';

/**
 * Generated scenarios: one a line in `data/random/KIND.jsonl`, with a fixed cluster for each kind, and answers in a
 * compact form that leaves out what the generator does not vary.
 */
export interface RandomScenario {
  /** `random/KIND-SEED`. */
  readonly name: string;
  /** Real Istio refuses the documents, for that reason; '' = it does not. */
  readonly refused: string;
  /** Its own `calls` are empty: those below take their place. */
  readonly scenario: Scenario;
  readonly calls: readonly RandomCall[];
}

export interface RandomCall {
  readonly name: string;
  readonly request: CallRequest;
  readonly answer: CompactAnswer;
}

/** What is absent was not there (`arrivals`: not recorded). */
export interface CompactAnswer {
  readonly status: number;
  readonly body?: string;
  readonly location?: string;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly workload?: string;
  readonly path?: string;
  readonly host?: string;
  readonly requestHeaders?: Readonly<Record<string, string>>;
  readonly arrivals?: number;
  /** Whose log has `route`, `cluster`, `flags` and `details`; absent = that of the caller's own proxy. */
  readonly at?: string;
  readonly route?: string;
  readonly cluster?: string;
  readonly flags?: string;
  readonly details?: string;
}

const KINDS = ['routes', 'gw', 'authz'] as const;
type Kind = (typeof KINDS)[number];

const CLIENT: ScenarioWorkload = { name: 'client', labels: { app: 'client' }, proxy: 'sidecar' };
const SHOPS: readonly ScenarioWorkload[] = ['v1', 'v2'].map((version) => ({
  name: `shop-${version}`,
  labels: { app: 'shop', version },
}));
const DEPOT: ScenarioWorkload = { name: 'depot', labels: { app: 'depot' } };
const INGRESS: ScenarioWorkload = {
  ...{ name: 'ingress', namespace: 'istio-system', labels: { istio: 'ingressgateway' }, proxy: 'gateway' },
};

const WORKLOADS: Readonly<Record<Kind, readonly ScenarioWorkload[]>> = {
  routes: [CLIENT, ...SHOPS, DEPOT],
  gw: [INGRESS, { name: 'shop', labels: { app: 'shop' } }, DEPOT],
  authz: [
    CLIENT,
    { name: 'stranger', namespace: 'other', proxy: 'sidecar' },
    { name: 'plain' },
    { name: 'shop', labels: { app: 'shop' }, proxy: 'sidecar' },
  ],
};

const SERVICES: readonly ScenarioService[] = ['shop', 'depot'].map((name) => ({
  name,
  selector: { app: name },
  ports: [{ name: 'http', port: 8080 }],
}));

interface Line {
  readonly seed: number;
  readonly config: string;
  readonly refused?: string;
  readonly calls?: readonly (CallRequest & { readonly answer: CompactAnswer })[];
}

export function loadRandomScenarios(): RandomScenario[] {
  return KINDS.flatMap((kind) => {
    const file = join(import.meta.dirname, 'data', 'random', `${kind}.jsonl`);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => createScenario(kind, JSON.parse(line) as Line));
  });
}

function createScenario(kind: Kind, { seed, config, refused = '', calls = [] }: Line): RandomScenario {
  const name = `random/${kind}-${seed}`;
  return {
    name,
    refused,
    scenario: {
      ...{ name, title: name, about: '', config, services: SERVICES, calls: [] },
      workloads: WORKLOADS[kind],
    },
    calls: calls.map(({ answer, from = CLIENT.name, ...request }, index) => ({
      name: `call ${index + 1}: ${request.method} ${request.url} ${JSON.stringify(request.headers)}`,
      request: { ...request, ...(kind === 'gw' ? { via: from } : { from }) },
      answer,
    })),
  };
}

/** Headers that the generator varies, or that follow from what it varies. */
const VARIED = ['x-user', 'x-env', 'x-mode', 'end-user', 'x-set', 'x-add', 'x-envoy-original-path'];

/** What happened, in the compact form. */
export function compact(answer: Answer, recorded: CompactAnswer): CompactAnswer {
  const { status = 0, headers = {}, body = '', backend, hops = [], arrivals = [] } = answer;
  const hop: Partial<Hop> = hops.find(({ proxy }) => proxy === (recorded.at ?? CLIENT.name)) ?? {};
  const responseHeaders = pick(headers, VARIED);
  const requestHeaders = pick(backend?.headers ?? {}, [...VARIED, 'x-envoy-attempt-count']);
  return {
    status,
    ...(body !== '' && { body }),
    ...(headers['location'] !== undefined && { location: headers['location'] }),
    ...(Object.keys(responseHeaders).length > 0 && { responseHeaders }),
    ...(backend !== undefined && { workload: backend.workload, path: backend.path, host: backend.host }),
    ...(recorded.requestHeaders !== undefined && { requestHeaders }),
    ...(recorded.arrivals !== undefined && { arrivals: arrivals.length }),
    ...(recorded.at !== undefined && { at: hop.proxy ?? 'nowhere' }),
    ...(hop.route !== undefined && { route: hop.route }),
    ...(recorded.at === undefined && hop.cluster !== undefined && { cluster: hop.cluster }),
    ...(hop.flags !== undefined && { flags: hop.flags }),
    ...(recorded.details !== undefined && { details: hop.details ?? '' }),
  };
}

function pick(headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
