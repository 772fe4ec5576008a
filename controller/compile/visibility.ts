/** exportTo of VirtualServices, DestinationRules and services: `*` all, `.` the own namespace, names of namespaces. */

/** What a resource says, else the mesh's default (`defaultServiceExportTo` and its like). */
export function exportToOf(
  exportTo: readonly string[] | undefined,
  meshDefault: readonly string[],
): readonly string[] {
  return exportTo === undefined || exportTo.length === 0 ? meshDefault : exportTo;
}

export function isVisible(exportTo: readonly string[], owner: string, viewer: string): boolean {
  return exportTo.some(
    (target) => target === '*' || target === viewer || (target === '.' && owner === viewer),
  );
}

/**
 * Order in which a proxy's rules are looked at: private ones of its namespace, then those exported to it by name, then
 * public ones; the caller keeps the order of age inside each group (ISTIO.md §1.1, "spec.exportTo").
 */
export function visibilityRank(exportTo: readonly string[], owner: string, viewer: string): number {
  if (exportTo.includes('*')) return 2;
  return owner === viewer && (exportTo.includes('.') || exportTo.includes(viewer)) ? 0 : 1;
}
