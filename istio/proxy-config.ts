import { LABEL, type Labels } from '../model/labels.ts';
import { ineffectiveFields, isName } from './effective-fields.ts';
import { formatFieldPath } from './field-path.ts';
import { defaultConfig, type ProxyConfig } from './schema/default-config.ts';
import { checkSchema } from './schema-violations.ts';
import { readYaml } from './yaml-document.ts';

/**
 * How a proxy behaves: `defaultConfig` of MeshConfig, and over it what a container says in its label
 * `proxy.istio.io/config` (Istio's annotation of that name).
 */

/** Paths within a ProxyConfig that are in force here. */
export const EFFECTIVE_PROXY_CONFIG: ReadonlySet<string> = new Set([
  'tracingServiceName',
  ...['sampling', 'customTags', 'enableIstioTags', 'maxPathTagLength'].map((field) => `tracing.${field}`),
  ...['numTrustedProxies', 'forwardClientCertDetails', 'proxyProtocol'].map(
    (field) => `gatewayTopology.${field}`,
  ),
  'holdApplicationUntilProxyStarts',
  'terminationDrainDuration',
  ...[
    'profile',
    'httpRequestHeadersTimeout',
    'httpHeadersWithUnderscoresAction',
    'httpMergeSlashes',
    'httpPathWithEscapedSlashesAction',
  ].map((field) => `connectionSettings.${field}`),
  ...['forwardedClientCert', 'setCurrentClientCertDetails', 'requestId', 'server', 'attemptCount'].map(
    (field) => `proxyHeaders.${field}`,
  ),
  ...['envoyDebugHeaders', 'xForwardedHost', 'xForwardedPort'].map((field) => `proxyHeaders.${field}`),
]);

export interface ProxyConfigLabel {
  /** null = there is none, or it cannot be read. */
  readonly config: ProxyConfig | null;
  readonly faults: readonly { readonly message: string; readonly remedy: string }[];
}

export function readProxyConfigLabel(labels: Labels): ProxyConfigLabel {
  const text = labels[LABEL.proxyConfig];
  if (text === undefined) return { config: null, faults: [] };
  const [document] = readYaml(text);
  const faults = (document?.faults ?? []).map(({ message, remedy }) => told(message, remedy));
  const value = document?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const remedy = `Write a mapping, e.g. '{"holdApplicationUntilProxyStarts": true}'.`;
    return { config: null, faults: faults.length > 0 ? faults : [told('it is no mapping', remedy)] };
  }
  const wrong = checkSchema(defaultConfig, value, []);
  for (const { path, message, remedy } of wrong)
    faults.push(told(path.length === 0 ? message : `${formatFieldPath(path)}: ${message}`, remedy));
  if (wrong.length > 0) return { config: null, faults };
  for (const path of ineffectiveFields(value, EFFECTIVE_PROXY_CONFIG))
    faults.push(told(`${path.filter(isName).join('.')} has no effect in this version`, ''));
  return { config: value as ProxyConfig, faults };
}

const told = (message: string, remedy: string) => ({
  message: `label ${LABEL.proxyConfig}: ${message}`,
  remedy,
});

/** That of a container: its label's fields over the mesh's, those of `proxyHeaders` one by one (Istio's mergeProxyConfig). */
export function proxyConfigOf(byDefault: ProxyConfig, labels: Labels): ProxyConfig {
  const { config } = readProxyConfigLabel(labels);
  if (config === null) return byDefault;
  return { ...byDefault, ...config, proxyHeaders: { ...byDefault.proxyHeaders, ...config.proxyHeaders } };
}

/** Whether the application waits for its proxy: its own labels decide, else MeshConfig's `defaultConfig`. */
export function holdsApplication(labels: Labels, byDefault: ProxyConfig): boolean {
  const short = labels[LABEL.holdApplication];
  if (short === 'true' || short === 'false') return short === 'true';
  return proxyConfigOf(byDefault, labels).holdApplicationUntilProxyStarts ?? false;
}
