import type { Resource } from './resource.ts';

/**
 * Which of two competing resources is the older one, and so wins (Istio compares creation times; files have none that
 * could be trusted): the time in the document, else the path in byte order, then the place in the file.
 */
export function compareAge(a: Resource, b: Resource): number {
  return (
    compareText(a.creationTimestamp, b.creationTimestamp) ||
    compareText(a.position.file, b.position.file) ||
    a.position.index - b.position.index ||
    compareText(a.name, b.name) ||
    compareText(a.namespace, b.namespace)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
