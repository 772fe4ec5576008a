import { nameFor, type Recipe, rivalNotes, serviceField, serviceOf, yamlOf } from './recipe.ts';

export const fault: Recipe = {
  id: 'fault',
  title: 'Fault',
  summary: 'Hold requests up or fail them on purpose, to see what callers make of it.',
  fields: (known, values) => [
    serviceField(known, 'Calls to'),
    {
      name: 'what',
      label: 'What happens',
      help: '',
      kind: 'choice',
      options: [
        { value: 'delay', label: 'they are held up' },
        { value: 'abort', label: 'they fail' },
      ],
      initial: 'delay',
    },
    (values['what'] ?? 'delay') === 'delay'
      ? { name: 'delay', label: 'For', help: 'Such as 2s or 250ms.', kind: 'duration', initial: '2s' }
      : {
          name: 'status',
          label: 'With status',
          help: 'An HTTP status, such as 503.',
          kind: 'number',
          initial: '503',
        },
    { name: 'percent', label: 'Share of requests in percent', help: '', kind: 'percent', initial: '10' },
    {
      name: 'header',
      label: 'Only with header',
      help: 'NAME: VALUE; empty = all requests.',
      kind: 'text',
      initial: '',
      isOptional: true,
    },
  ],
  build: (known, values) => {
    const service = serviceOf(known, values);
    const host = service?.host ?? '';
    const percentage = { value: Number(values['percent'] ?? 0) };
    const made =
      values['what'] === 'abort'
        ? { abort: { percentage, httpStatus: Number(values['status'] ?? 503) } }
        : { delay: { percentage, fixedDelay: values['delay'] ?? '' } };
    const route = [{ destination: { host } }];
    const match = headerMatch(values['header'] ?? '');
    const http =
      match === null ? [{ fault: made, route }] : [{ match: [match], fault: made, route }, { route }];
    return {
      file: `${nameFor(host)}-fault.yaml`,
      text: yamlOf(`A fault on purpose in calls to ${host}: remove it after the trial.`, [
        { kind: 'VirtualService', name: nameFor(host), spec: { hosts: [host], http } },
      ]),
      notes: rivalNotes(service, 'virtualServices'),
    };
  },
};

/** `end-user: jason`; a name alone = the header is there. */
function headerMatch(text: string): object | null {
  const [name = '', ...rest] = text.split(':');
  if (name.trim() === '') return null;
  const value = rest.join(':').trim();
  return { headers: { [name.trim().toLowerCase()]: value === '' ? {} : { exact: value } } };
}
