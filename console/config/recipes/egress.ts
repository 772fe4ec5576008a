import { nameFor, type Recipe, yamlOf } from './recipe.ts';

export const egress: Recipe = {
  id: 'egress',
  title: 'Egress',
  summary: 'Make a host outside known to the mesh: then it can be watched, routed, limited and retried.',
  fields: (_known, values) => [
    { name: 'host', label: 'Host', help: 'Outside of the mesh.', kind: 'host', initial: 'api.example.com' },
    {
      name: 'protocol',
      label: 'Applications speak',
      help: '',
      kind: 'choice',
      options: [
        { value: 'TLS', label: 'TLS: it is passed on unopened' },
        { value: 'HTTP', label: 'HTTP' },
        { value: 'ORIGINATE', label: 'HTTP, and the proxy speaks TLS to the host' },
        { value: 'TCP', label: 'TCP: a database, a queue …' },
      ],
      initial: 'TLS',
    },
    {
      name: 'port',
      label: 'Port',
      help: 'That they connect to.',
      kind: 'number',
      initial: PORTS[values['protocol'] ?? 'TLS'] ?? '443',
    },
    ...(isHttp(values['protocol'] ?? 'TLS')
      ? [
          {
            name: 'timeout',
            label: 'Timeout',
            help: 'Empty = none.',
            kind: 'duration' as const,
            initial: '10s',
            isOptional: true,
          },
        ]
      : []),
  ],
  build: (_known, values) => {
    const { host = '', protocol = 'TLS', timeout = '' } = values;
    const number = Number(values['port'] ?? 443);
    const isOriginated = protocol === 'ORIGINATE';
    const spoken = isOriginated ? 'HTTP' : protocol;
    const name = nameFor(host);
    const port = {
      number,
      name: spoken.toLowerCase(),
      protocol: spoken,
      ...(isOriginated ? { targetPort: 443 } : {}),
    };
    const entry = { hosts: [host], location: 'MESH_EXTERNAL', resolution: 'DNS', ports: [port] };
    return {
      file: `${name}-egress.yaml`,
      text: yamlOf(`${host} outside of the mesh.`, [
        { kind: 'ServiceEntry', name, spec: entry },
        ...(isOriginated
          ? [
              {
                kind: 'DestinationRule',
                name,
                spec: {
                  host,
                  trafficPolicy: { tls: { mode: 'SIMPLE', sni: host, caCertificates: 'system' } },
                },
              },
            ]
          : []),
        ...(isHttp(protocol) && timeout !== ''
          ? [
              {
                kind: 'VirtualService',
                name,
                spec: { hosts: [host], http: [{ timeout, route: [{ destination: { host } }] }] },
              },
            ]
          : []),
      ]),
      notes: isOriginated
        ? [{ text: `Applications call http://${host}${number === 80 ? '' : `:${number}`} then.` }]
        : [],
    };
  },
};

const PORTS: Readonly<Record<string, string>> = { TLS: '443', HTTP: '80', ORIGINATE: '80', TCP: '5432' };
const isHttp = (protocol: string) => protocol === 'HTTP' || protocol === 'ORIGINATE';
