import { formatFieldPath } from '../../istio/field-path.ts';
import type { MeshConfig } from '../../istio/mesh-config.ts';
import { defaultConfig } from '../../istio/schema/default-config.ts';
import { checkSchema } from '../../istio/schema-violations.ts';
import { readYaml } from '../../istio/yaml-document.ts';
import { LABEL, type Labels } from '../../model/labels.ts';

export interface ProxyConfigLabel {
  readonly holdApplicationUntilProxyStarts: boolean | undefined;
  readonly faults: readonly { readonly message: string; readonly remedy: string }[];
}

const EFFECTIVE = 'holdApplicationUntilProxyStarts';

/** Istio's annotation `proxy.istio.io/config`, as a label: a ProxyConfig in YAML over that of MeshConfig. */
export function readProxyConfigLabel(labels: Labels): ProxyConfigLabel {
  const text = labels[LABEL.proxyConfig];
  if (text === undefined) return { holdApplicationUntilProxyStarts: undefined, faults: [] };
  const [document] = readYaml(text);
  const faults = (document?.faults ?? []).map(({ message, remedy }) => told(message, remedy));
  const value = document?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const remedy = `Write a mapping, e.g. '{"${EFFECTIVE}": true}'.`;
    return {
      holdApplicationUntilProxyStarts: undefined,
      faults: faults.length > 0 ? faults : [told('it is no mapping', remedy)],
    };
  }
  for (const { path, message, remedy } of checkSchema(defaultConfig, value, []))
    faults.push(told(path.length === 0 ? message : `${formatFieldPath(path)}: ${message}`, remedy));
  const fields = value as Readonly<Record<string, unknown>>;
  for (const field of Object.keys(fields)) {
    if (field !== EFFECTIVE && field in defaultConfig.shape)
      faults.push(told(`${field} has no effect in this version`, ''));
  }
  const hold = fields[EFFECTIVE];
  return { holdApplicationUntilProxyStarts: typeof hold === 'boolean' ? hold : undefined, faults };
}

const told = (message: string, remedy: string) => ({
  message: `label ${LABEL.proxyConfig}: ${message}`,
  remedy,
});

/** Whether the application waits for its proxy: its own labels decide, else MeshConfig's `defaultConfig`. */
export function holdsApplication(labels: Labels, mesh: MeshConfig): boolean {
  const short = labels[LABEL.holdApplication];
  if (short === 'true' || short === 'false') return short === 'true';
  return readProxyConfigLabel(labels).holdApplicationUntilProxyStarts ?? mesh.holdApplicationUntilProxyStarts;
}
