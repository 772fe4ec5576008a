import { percentsOf } from '../weights.ts';
import { nameFor, type Recipe, rivalNotes, serviceOf, yamlOf } from './recipe.ts';
import { choicesOf, missingSubsets, versionedServiceField } from './subsets.ts';

const share = (version: string) => `share:${version}`;

export const trafficShift: Recipe = {
  id: 'traffic-shift',
  title: 'Traffic shift',
  summary: 'Give a new version a part of the traffic, and more of it as it proves itself.',
  fields: (known, values) => {
    const service = versionedServiceField(known);
    const chosen = serviceOf(known, { service: values['service'] ?? service.initial });
    const versions = choicesOf(chosen);
    return [
      service,
      ...versions.map((version, index) => ({
        name: share(version),
        label: `Share of ${version}`,
        help: index === 0 ? 'In percent; what does not sum to 100 is made to.' : '',
        kind: 'percent' as const,
        initial: index === 0 ? '90' : index === versions.length - 1 ? '10' : '0',
      })),
    ];
  },
  build: (known, values) => {
    const service = serviceOf(known, values);
    const host = service?.host ?? '';
    const versions = choicesOf(service);
    const weights = percentsOf(versions.map((version) => Number(values[share(version)] ?? 0)));
    const route = versions
      .map((subset, index) => ({ destination: { host, subset }, weight: weights[index] ?? 0 }))
      .filter(({ weight }) => weight > 0);
    const used = route.map(({ destination }) => destination.subset);
    return {
      file: `${nameFor(host)}-shift.yaml`,
      text: yamlOf(`Traffic of ${host} by version: move the weights as the new one proves itself.`, [
        { kind: 'VirtualService', name: nameFor(host), spec: { hosts: [host], http: [{ route }] } },
        ...(service === undefined ? [] : missingSubsets(service, used)),
      ]),
      notes: rivalNotes(service, 'virtualServices'),
    };
  },
};
