import { nameFor, type Recipe, rivalNotes, serviceField, serviceOf, yamlOf } from './recipe.ts';

export const timeout: Recipe = {
  id: 'timeout',
  title: 'Timeout and retries',
  summary: 'Wait no longer than this, and try again what failed on the way.',
  fields: (known) => [
    serviceField(known, 'Calls to'),
    { name: 'timeout', label: 'Timeout', help: 'For all tries together.', kind: 'duration', initial: '5s' },
    {
      name: 'attempts',
      label: 'Retries',
      help: 'After the first try; 0 = none.',
      kind: 'number',
      initial: '2',
    },
    {
      name: 'perTry',
      label: 'Timeout of each try',
      help: 'Empty = only that for all of them.',
      kind: 'duration',
      initial: '2s',
      isOptional: true,
    },
    {
      name: 'retryOn',
      label: 'Try again on',
      help: 'Requests that are not safe to repeat need a service that bears it.',
      kind: 'choice',
      options: [
        {
          value: 'connect-failure,refused-stream,unavailable,cancelled',
          label: 'what surely was not handled',
        },
        {
          value: 'gateway-error,connect-failure,refused-stream,reset',
          label: 'bad gateways and lost connections',
        },
        { value: '5xx', label: 'every server error' },
      ],
      initial: 'connect-failure,refused-stream,unavailable,cancelled',
    },
  ],
  build: (known, values) => {
    const service = serviceOf(known, values);
    const host = service?.host ?? '';
    const attempts = Number(values['attempts'] ?? 0);
    const perTryTimeout = values['perTry'] ?? '';
    const retries =
      attempts === 0
        ? { attempts }
        : {
            attempts,
            ...(perTryTimeout === '' ? {} : { perTryTimeout }),
            retryOn: values['retryOn'] ?? '5xx',
          };
    return {
      file: `${nameFor(host)}-timeout.yaml`,
      text: yamlOf(`How long callers of ${host} wait, and how often they try.`, [
        {
          kind: 'VirtualService',
          name: nameFor(host),
          spec: {
            hosts: [host],
            http: [{ route: [{ destination: { host } }], timeout: values['timeout'] ?? '', retries }],
          },
        },
      ]),
      notes: rivalNotes(service, 'virtualServices'),
    };
  },
};
