import type { Known, KnownService } from '../known.ts';
import { type DocumentParts, type Field, nameFor, serviceField } from './recipe.ts';

/** Services of which there is more than one version, first. */
export function versionedServiceField(known: Known): Field {
  const services = known.services.filter(({ versions, subsets }) => versions.length + subsets.length > 0);
  const sorted = services.toSorted((a, b) => choicesOf(b).length - choicesOf(a).length);
  return {
    ...serviceField(known),
    help: 'Services whose containers have the label version, or that have subsets.',
    options: sorted.map(({ host }) => ({ value: host, label: host })),
    initial: sorted[0]?.host ?? '',
  };
}

/** Versions that a route can name: subsets that are there, and labels that can be made subsets. */
export function choicesOf(service: KnownService | undefined): readonly string[] {
  if (service === undefined) return [];
  return [...new Set([...service.subsets, ...service.versions])].sort();
}

/** A DestinationRule for the versions that are no subsets yet. */
export function missingSubsets(service: KnownService, versions: readonly string[]): DocumentParts[] {
  const missing = versions.filter((version) => !service.subsets.includes(version));
  if (missing.length === 0) return [];
  const suffix = service.destinationRules.length === 0 ? '' : '-versions';
  const subsets = missing.map((version) => ({ name: version, labels: { version } }));
  return [
    {
      kind: 'DestinationRule',
      name: `${nameFor(service.host)}${suffix}`,
      spec: { host: service.host, subsets },
    },
  ];
}
