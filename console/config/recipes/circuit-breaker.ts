import { nameFor, type Recipe, rivalNotes, serviceField, serviceOf, yamlOf } from './recipe.ts';

export const circuitBreaker: Recipe = {
  id: 'circuit-breaker',
  title: 'Circuit breaker',
  summary: 'Refuse at once what a service cannot bear, and leave hosts alone that keep failing.',
  fields: (known) => [
    serviceField(known),
    {
      name: 'connections',
      label: 'Connections at most',
      help: 'Of each calling proxy.',
      kind: 'number',
      initial: '100',
    },
    {
      name: 'pending',
      label: 'Requests that may wait',
      help: 'What is above gets 503 at once.',
      kind: 'number',
      initial: '100',
    },
    {
      name: 'errors',
      label: 'Errors in a row',
      help: 'Then a host is left alone.',
      kind: 'number',
      initial: '5',
    },
    { name: 'away', label: 'For', help: 'Longer each time.', kind: 'duration', initial: '30s' },
    {
      name: 'most',
      label: 'Of all hosts at most, in percent',
      help: 'So that somebody is left to answer.',
      kind: 'percent',
      initial: '50',
    },
  ],
  build: (known, values) => {
    const service = serviceOf(known, values);
    const host = service?.host ?? '';
    const number = (name: string) => Math.round(Number(values[name] ?? 0));
    const suffix = (service?.destinationRules.length ?? 0) === 0 ? '' : '-circuit-breaker';
    return {
      file: `${nameFor(host)}-circuit-breaker.yaml`,
      text: yamlOf(`What ${host} is spared when it cannot keep up.`, [
        {
          kind: 'DestinationRule',
          name: `${nameFor(host)}${suffix}`,
          spec: {
            host,
            trafficPolicy: {
              connectionPool: {
                tcp: { maxConnections: number('connections') },
                http: { http1MaxPendingRequests: number('pending') },
              },
              outlierDetection: {
                consecutive5xxErrors: number('errors'),
                interval: '10s',
                baseEjectionTime: values['away'] ?? '30s',
                maxEjectionPercent: number('most'),
              },
            },
          },
        },
      ]),
      notes: rivalNotes(service, 'destinationRules'),
    };
  },
};
