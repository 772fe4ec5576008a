import type { FieldPath } from '../field-path.ts';
import type { Resource } from '../resource.ts';
import type { Destination, VirtualServiceSpec } from '../schema/virtual-service.ts';

export interface PlacedDestination {
  readonly destination: Destination;
  readonly path: FieldPath;
  /** Copies that are sent beside the request. */
  readonly isMirror: boolean;
}

/** Every destination of a VirtualService, with its place in the document. */
export function destinationsOf({ spec }: Resource<VirtualServiceSpec>): PlacedDestination[] {
  const found: PlacedDestination[] = [];
  const add = (destination: Destination | undefined, path: FieldPath, isMirror = false) => {
    if (destination !== undefined) found.push({ destination, path, isMirror });
  };
  (spec.http ?? []).forEach((route, index) => {
    const path = ['spec', 'http', index];
    (route.route ?? []).forEach((entry, place) => {
      add(entry.destination, [...path, 'route', place, 'destination']);
    });
    add(route.mirror, [...path, 'mirror'], true);
    (route.mirrors ?? []).forEach((entry, place) => {
      add(entry.destination, [...path, 'mirrors', place, 'destination'], true);
    });
  });
  for (const field of ['tls', 'tcp'] as const) {
    (spec[field] ?? []).forEach((route, index) => {
      (route.route ?? []).forEach((entry, place) => {
        add(entry.destination, ['spec', field, index, 'route', place, 'destination']);
      });
    });
  }
  return found;
}
