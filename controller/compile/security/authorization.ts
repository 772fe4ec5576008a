import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { Resource } from '../../../istio/resource.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRule,
  AuthorizationSource,
} from '../../../istio/schema/security.ts';
import type {
  Attribute,
  AuthorizationRuleSpec,
  AuthorizationSpec,
  ConditionSpec,
} from '../../../model/authorization.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { externalAuthorizer } from './external-authorizer.ts';
import { securityPolicies } from './policy-scope.ts';

/** The AuthorizationPolicies that decide at a proxy; what one becomes is the same object for every proxy. */
export function compileAuthorization(
  index: WorldIndex,
  proxy: Workload,
): ReadonlyMap<string, AuthorizationSpec> {
  const { shared, world } = index;
  const specs = securityPolicies(index, proxy, index.authorizationPolicies).map((policy) =>
    shared.keep(`authorization ${policy.namespace}/${policy.name}`, [policy, world.mesh], () =>
      compilePolicy(index, policy),
    ),
  );
  return shared.keep(`authorization of ${proxy.id}`, specs, () => mapOf(specs));
}

const mapOf = (specs: readonly AuthorizationSpec[]) => new Map(specs.map((spec) => [spec.name, spec]));

function compilePolicy(index: WorldIndex, policy: Resource<AuthorizationPolicySpec>): AuthorizationSpec {
  const { spec, namespace, name, annotations } = policy;
  const { mesh } = index.world;
  return {
    name: `${namespace}/${name}`,
    action: spec.action ?? 'ALLOW',
    isDryRun: DRY_RUN.test(annotations['istio.io/dry-run'] ?? ''),
    rules: (spec.rules ?? []).map((rule) => compileRule(rule, namespace, mesh)),
    provider: spec.action === 'CUSTOM' ? externalAuthorizer(index, spec.provider?.name ?? '') : null,
  };
}

/** What Go's `strconv.ParseBool`, which Istio reads the annotation with, takes for true. */
const DRY_RUN = /^(1|t|T|true|TRUE|True)$/;

/** `from`, `to` and `when`, of whatever kind. */
export function compileRule(
  rule: Pick<AuthorizationRule, 'from' | 'to' | 'when'>,
  namespace: string,
  mesh: MeshConfig,
): AuthorizationRuleSpec {
  const { from = [], to = [], when = [] } = rule;
  return {
    from: from.map(({ source = {} }) => compileSource(source, namespace, mesh)),
    to: to.map(({ operation = {} }) => compileOperation(operation)),
    when: when.map(({ key = '', values = [], notValues = [] }) => {
      const { attribute, steps } = parseKey(key);
      const prepare = (list: readonly string[]) => prepareValues(attribute, list, namespace, mesh);
      return { attribute, key: steps, values: prepare(values), notValues: prepare(notValues) };
    }),
  };
}

const SOURCE_FIELDS = [
  ['source.principal', 'principals', 'notPrincipals'],
  ['request.auth.principal', 'requestPrincipals', 'notRequestPrincipals'],
  ['source.namespace', 'namespaces', 'notNamespaces'],
  ['source.serviceAccount', 'serviceAccounts', 'notServiceAccounts'],
  ['source.trustDomain', 'trustDomains', 'notTrustDomains'],
  ['source.ip', 'ipBlocks', 'notIpBlocks'],
  ['remote.ip', 'remoteIpBlocks', 'notRemoteIpBlocks'],
] as const satisfies readonly (readonly [Attribute, keyof AuthorizationSource, keyof AuthorizationSource])[];

function compileSource(source: AuthorizationSource, namespace: string, mesh: MeshConfig): ConditionSpec[] {
  return SOURCE_FIELDS.flatMap(([attribute, field, negative]) => {
    const prepare = (list: readonly string[] = []) => prepareValues(attribute, list, namespace, mesh);
    return condition(attribute, prepare(source[field]), prepare(source[negative]));
  });
}

const OPERATION_FIELDS = [
  ['request.host', 'hosts', 'notHosts'],
  ['destination.port', 'ports', 'notPorts'],
  ['request.method', 'methods', 'notMethods'],
  ['request.path', 'paths', 'notPaths'],
] as const satisfies readonly (readonly [
  Attribute,
  keyof AuthorizationOperation,
  keyof AuthorizationOperation,
])[];

function compileOperation(operation: AuthorizationOperation): ConditionSpec[] {
  return OPERATION_FIELDS.flatMap(([attribute, field, negative]) =>
    condition(attribute, operation[field] ?? [], operation[negative] ?? []),
  );
}

function condition(
  attribute: Attribute,
  values: readonly string[],
  notValues: readonly string[],
): ConditionSpec[] {
  return values.length + notValues.length === 0 ? [] : [{ attribute, key: [], values, notValues }];
}

const PLAIN_KEYS: ReadonlySet<string> = new Set<Attribute>([
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.principal',
  'source.serviceAccount',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
]);

/** `request.headers[x-user]`, `request.auth.claims[realm][role]`; names of headers are compared in lower case. */
function parseKey(key: string): { attribute: Attribute; steps: string[] } {
  if (PLAIN_KEYS.has(key)) return { attribute: key as Attribute, steps: [] };
  const name = key.split('[', 1)[0] ?? '';
  const steps = bracketed(key.slice(name.length));
  if (name === 'request.headers') return { attribute: name, steps: steps.map((step) => step.toLowerCase()) };
  if (name === 'request.auth.claims') return { attribute: name, steps };
  return { attribute: 'unknown', steps: [] };
}

/** `[a][b]` → `a`, `b`. */
export function bracketed(text: string): string[] {
  return [...text.matchAll(/\[([^[\]]*)\]/g)].map(([, step = '']) => step);
}

function prepareValues(
  attribute: Attribute,
  values: readonly string[],
  namespace: string,
  { trustDomain, trustDomainAliases }: MeshConfig,
): readonly string[] {
  if (attribute === 'source.serviceAccount')
    return values.map((value) => (value.includes('/') ? value : `${namespace}/${value}`));
  if (attribute !== 'source.principal') return values;
  return values.flatMap((value) => withAliases(value, [trustDomain, ...trustDomainAliases]));
}

/**
 * A principal of the mesh's own trust domain means the same account under each of its other names
 * (MeshConfig.trustDomainAliases); `cluster.local` always means the mesh's own.
 */
function withAliases(principal: string, domains: readonly string[]): string[] {
  const slash = principal.indexOf('/');
  const domain = principal.slice(0, Math.max(0, slash));
  if (domain !== 'cluster.local' && !domains.includes(domain)) return [principal];
  return [...new Set(domains)].map((each) => `${each}${principal.slice(slash)}`);
}
