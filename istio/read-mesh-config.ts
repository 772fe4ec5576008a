import { parseDurationMs } from './duration.ts';
import { DEFAULT_MESH_CONFIG, type MeshConfig } from './mesh-config.ts';
import type { MeshConfigDocument } from './schema/mesh-config.ts';

/** A MeshConfig document over the defaults: top-level fields override whole (ISTIO.md §7). */
export function readMeshConfig(document: MeshConfigDocument): MeshConfig {
  const defaults = DEFAULT_MESH_CONFIG;
  const ms = (text: string | undefined, fallback: number) =>
    text === undefined ? fallback : (parseDurationMs(text) ?? fallback);
  const normalization = document.pathNormalization?.normalization ?? 'DEFAULT';
  const policy = document.outboundTrafficPolicy;
  return {
    accessLogFile: document.accessLogFile ?? defaults.accessLogFile,
    accessLogFormat: document.accessLogFormat ?? defaults.accessLogFormat,
    accessLogEncoding: document.accessLogEncoding ?? defaults.accessLogEncoding,
    outboundTrafficPolicy:
      policy === undefined ? defaults.outboundTrafficPolicy : (policy.mode ?? 'REGISTRY_ONLY'),
    pathNormalization: normalization === 'DEFAULT' ? 'BASE' : normalization,
    connectTimeoutMs: ms(document.connectTimeout, defaults.connectTimeoutMs),
    rootNamespace: document.rootNamespace ?? defaults.rootNamespace,
    trustDomain: document.trustDomain ?? defaults.trustDomain,
    protocolDetectionTimeoutMs: ms(document.protocolDetectionTimeout, defaults.protocolDetectionTimeoutMs),
    numTrustedProxies:
      document.defaultConfig?.gatewayTopology?.numTrustedProxies ?? defaults.numTrustedProxies,
    holdApplicationUntilProxyStarts: document.defaultConfig?.holdApplicationUntilProxyStarts ?? false,
    terminationDrainDurationMs: ms(
      document.defaultConfig?.terminationDrainDuration,
      defaults.terminationDrainDurationMs,
    ),
  };
}
