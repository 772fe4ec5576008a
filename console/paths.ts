// Addresses of the console's own pages, and how a path is taken apart.
import type { RuleRef } from '../model/console.ts';

const part = encodeURIComponent;

export const servicePath = (namespace: string, name: string) => `/services/${part(namespace)}/${part(name)}`;
export const workloadPath = (name: string) => `/workloads/${part(name)}`;
/** The logs of a workload, with only the lines that hold a text. */
export const logsPath = (name: string, of: 'app' | 'agent', find = '') =>
  `${workloadPath(name)}?tab=logs&of=${of}${find === '' ? '' : `&find=${part(find)}`}`;
export const graphPath = (selected: string) => `/graph?selected=${part(selected)}`;
export const tracePath = (traceId: string) => `/traces/${part(traceId)}`;

export function configPath({ file, line }: Pick<RuleRef, 'file' | 'line'>): string {
  return `/config?file=${part(file)}${line > 0 ? `&line=${line}` : ''}`;
}

export function tracesPath(filter: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(filter).toString();
  return query === '' ? '/traces' : `/traces?${query}`;
}

/** `/services/:namespace/:name` against a path; null = another page. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/');
  const parts = path.split('/');
  if (wanted.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, name] of wanted.entries()) {
    const text = parts[index] ?? '';
    if (!name.startsWith(':')) {
      if (name !== text) return null;
    } else {
      const value = decode(text);
      if (value === '') return null;
      params[name.slice(1)] = value;
    }
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
