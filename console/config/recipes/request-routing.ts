import { nameFor, type Recipe, rivalNotes, serviceOf, yamlOf } from './recipe.ts';
import { choicesOf, missingSubsets, versionedServiceField } from './subsets.ts';

export const requestRouting: Recipe = {
  id: 'request-routing',
  title: 'Request routing',
  summary: 'Send some requests to another version: a user, a browser, a tester, told by a header.',
  fields: (known, values) => {
    const service = versionedServiceField(known);
    const versions = choicesOf(serviceOf(known, { service: values['service'] ?? service.initial }));
    const options = versions.map((version) => ({ value: version, label: version }));
    return [
      service,
      { name: 'header', label: 'Header', help: 'Lower case.', kind: 'text', initial: 'end-user' },
      {
        name: 'match',
        label: 'Its value',
        help: '',
        kind: 'choice',
        options: [
          { value: 'exact', label: 'is exactly' },
          { value: 'prefix', label: 'begins with' },
          { value: 'regex', label: 'matches the expression' },
        ],
        initial: 'exact',
      },
      { name: 'value', label: 'Value', help: '', kind: 'text', initial: 'jason' },
      {
        name: 'special',
        label: 'Goes to',
        help: '',
        kind: 'choice',
        options,
        initial: versions.at(-1) ?? '',
      },
      {
        name: 'usual',
        label: 'All others go to',
        help: '',
        kind: 'choice',
        options,
        initial: versions[0] ?? '',
      },
    ];
  },
  build: (known, values) => {
    const service = serviceOf(known, values);
    const { header = '', match = 'exact', value = '', special = '', usual = '' } = values;
    const host = service?.host ?? '';
    const to = (subset: string) => [{ destination: { host, subset } }];
    const http = [
      { match: [{ headers: { [header.trim().toLowerCase()]: { [match]: value } } }], route: to(special) },
      { route: to(usual) },
    ];
    return {
      file: `${nameFor(host)}-by-request.yaml`,
      text: yamlOf(`Requests to ${host} by the header ${header.replace(/\s+/g, ' ')}.`, [
        { kind: 'VirtualService', name: nameFor(host), spec: { hosts: [host], http } },
        ...(service === undefined ? [] : missingSubsets(service, [...new Set([usual, special])])),
      ]),
      notes: rivalNotes(service, 'virtualServices'),
    };
  },
};
