import { ineffectiveFields, isName } from '../effective-fields.ts';
import type { FieldPath } from '../field-path.ts';
import { EFFECTIVE_MESH_CONFIG } from '../read-mesh-config.ts';
import type { MeshConfigDocument } from '../schema/mesh-config.ts';
import { validateConnectionPool, validateOutlierDetection } from './connection-pool.ts';
import { validateExternalAuthorizer } from './external-authorizer.ts';
import type { Findings } from './finding.ts';
import { checkFormat } from './format.ts';
import { validateRetries } from './http-action.ts';
import { validateLoadBalancer } from './load-balancer.ts';
import { checkDuration } from './values.ts';

/** `ValidateMeshConfig` of Istio, for what is in force here; the rest is told to be without effect. */
export function validateMeshConfig(document: MeshConfigDocument, findings: Findings): void {
  checkDuration(document.connectTimeout, ['connectTimeout'], findings);
  for (const field of ['defaultHttpRetryPolicy', 'defaultInboundHttpRetryPolicy'] as const) {
    const policy = document[field];
    if (policy !== undefined) validateRetries(policy, [field], findings);
  }
  if (document.outboundTrafficPolicy !== undefined && document.outboundTrafficPolicy.mode === undefined) {
    findings.warn(
      ['outboundTrafficPolicy'],
      'a policy without mode means REGISTRY_ONLY: unknown hosts are refused',
      'Write `mode: REGISTRY_ONLY` or `mode: ALLOW_ANY`.',
    );
  }
  const { mode, tls } = document.outboundTrafficPolicy ?? {};
  if (tls !== undefined && mode !== 'ALLOW_ANY_DYNAMIC_DNS')
    findings.warn(
      ['outboundTrafficPolicy', 'tls'],
      `tls has no effect with mode ${mode ?? 'REGISTRY_ONLY'}`,
      'Write `mode: ALLOW_ANY_DYNAMIC_DNS`, or a DestinationRule for the hosts that are meant.',
    );
  const { localityLbSetting, defaultTrafficPolicy, tcpKeepalive } = document;
  validateLoadBalancer({ localityLbSetting }, true, [], findings);
  validateConnectionPool(
    defaultTrafficPolicy?.connectionPool,
    ['defaultTrafficPolicy', 'connectionPool'],
    findings,
  );
  validateOutlierDetection(
    defaultTrafficPolicy?.outlierDetection,
    ['defaultTrafficPolicy', 'outlierDetection'],
    findings,
  );
  checkDuration(tcpKeepalive?.time, ['tcpKeepalive', 'time'], findings);
  checkDuration(tcpKeepalive?.interval, ['tcpKeepalive', 'interval'], findings);
  document.extensionProviders?.forEach((provider, index) => {
    validateExternalAuthorizer(provider, ['extensionProviders', index], findings);
  });
  checkAccessLogs(document, findings);
  for (const path of ineffectiveFields(document, EFFECTIVE_MESH_CONFIG)) {
    const remedy = OLD_LOGS.has(String(path.at(-1))) ? 'Use envoyOtelAls, or envoyFileAccessLog.' : '';
    findings.warn(path, `${path.filter(isName).join('.')} has no effect in this version`, remedy, 'LAT0005');
  }
}

/** Envoy's own protocol for access logs. */
const OLD_LOGS: ReadonlySet<string> = new Set(['envoyHttpAls', 'envoyTcpAls']);

function checkAccessLogs(document: MeshConfigDocument, findings: Findings): void {
  const { accessLogFile = '', accessLogFormat = '', accessLogEncoding, extensionProviders = [] } = document;
  checkLogPath(accessLogFile, ['accessLogFile'], findings);
  checkFormat(accessLogFormat, ['accessLogFormat'], findings);
  if (accessLogEncoding === 'JSON' && accessLogFormat !== '' && !isJsonObject(accessLogFormat))
    findings.error(
      ['accessLogFormat'],
      'with accessLogEncoding JSON the format must be a JSON object',
      'E.g. `accessLogFormat: \'{"status": "%RESPONSE_CODE%"}\'`.',
    );
  extensionProviders.forEach(({ envoyFileAccessLog: file, envoyOtelAls: collected }, index) => {
    const at = ['extensionProviders', index, 'envoyFileAccessLog'];
    checkLogPath(file?.path ?? '', [...at, 'path'], findings);
    checkFormat(file?.logFormat, [...at, 'logFormat'], findings);
    const ofCollector = ['extensionProviders', index, 'envoyOtelAls', 'logFormat'];
    checkFormat(collected?.logFormat?.text ?? '', [...ofCollector, 'text'], findings);
    checkFormat(collected?.logFormat?.labels, [...ofCollector, 'labels'], findings);
  });
}

/** An agent's file system is read-only. */
function checkLogPath(path: string, at: FieldPath, findings: Findings): void {
  if (['', '/dev/stdout', '/dev/stderr'].includes(path)) return;
  findings.warn(
    at,
    `a proxy cannot write ${path}: its access log goes to its standard output`,
    'Write /dev/stdout and read it with `lateen logs`.',
  );
}

function isJsonObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}
