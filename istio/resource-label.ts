import type { Resource } from './resource.ts';

/** `VirtualService default/reviews`: what a resource is called in messages, and its identity. */
export function resourceLabel({
  kind,
  namespace,
  name,
}: Pick<Resource, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** Codes, or `*`, in a resource's own annotation: its owner knows, and wants to hear no more of it. */
const SUPPRESS = 'galley.istio.io/analyze-suppress';

export function isSuppressed({ annotations }: Pick<Resource, 'annotations'>, code: string): boolean {
  const codes = (annotations[SUPPRESS] ?? '').split(',').map((text) => text.trim());
  return codes.includes('*') || codes.includes(code);
}
