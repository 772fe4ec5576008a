import { formatFieldPath } from './field-path.ts';
import { type RateLimitConfig, rateLimitConfig } from './schema/config-map.ts';
import { checkSchema } from './schema-violations.ts';
import { readYaml } from './yaml-document.ts';

/** Texts in a ConfigMap that configure envoyproxy/ratelimit, as Istio's rate-limit task has one. */
export interface ReadRateLimitConfig {
  /** Key in `data`. */
  readonly key: string;
  /** null = it has faults. */
  readonly config: RateLimitConfig | null;
  readonly faults: readonly RateLimitConfigFault[];
}

export interface RateLimitConfigFault {
  /** Line within the text, from 1. */
  readonly line: number;
  readonly message: string;
  readonly remedy: string;
}

const IS_LIMITS = /^\s*["']?domain["']?\s*:/m;

/** A ConfigMap of anything else is none of ours. */
export function hasRateLimitConfig({ data }: Readonly<Record<string, unknown>>): boolean {
  return Object.values(data ?? {}).some((text) => typeof text === 'string' && IS_LIMITS.test(text));
}

export function readRateLimitConfigs(data: Readonly<Record<string, string>>): ReadRateLimitConfig[] {
  return Object.entries(data)
    .filter(([, text]) => IS_LIMITS.test(text))
    .map(([key, text]) => readConfig(key, text));
}

function readConfig(key: string, text: string): ReadRateLimitConfig {
  const [document] = readYaml(text);
  if (document === undefined) return { key, config: null, faults: [] };
  if (document.faults.length > 0) return { key, config: null, faults: document.faults };
  const faults = checkSchema(rateLimitConfig, document.value, []).map(({ path, message, remedy }) => {
    const line = document.places.get(formatFieldPath(path))?.line ?? document.line;
    return { line, message: `${message} (${formatFieldPath(path)})`, remedy };
  });
  return { key, config: faults.length > 0 ? null : (document.value as RateLimitConfig), faults };
}
