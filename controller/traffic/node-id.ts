/** How the nodes of the graph are called (model/console.ts, `GraphNode.id`). */
export const UNKNOWN_NODE = 'unknown';

/** @param version '' = the workload has none */
export function workloadNode(namespace: string, workload: string, version: string): string {
  return `workload/${namespace}/${workload}/${version}`;
}

export function externalNode(host: string): string {
  return `external/${host}`;
}

/** Where nobody answered. */
export function serviceNode(host: string): string {
  return `service/${host}`;
}
