import type { Known, KnownService } from '../known.ts';
import { type Field, nameFor, type Recipe, serviceField, serviceOf, yamlOf } from './recipe.ts';

export const ingress: Recipe = {
  id: 'ingress',
  title: 'Ingress',
  summary: 'Let callers from outside in: a host and a path at the gateway, and who answers there.',
  fields: (known, values) => {
    const service = serviceField(known, 'Service that answers');
    const chosen = serviceOf(known, { service: values['service'] ?? service.initial });
    const isTls = (values['protocol'] ?? 'HTTP') === 'HTTPS';
    return [
      gatewayField(known),
      {
        name: 'protocol',
        label: 'Protocol',
        help: '',
        kind: 'choice',
        options: [
          { value: 'HTTP', label: 'HTTP on port 80' },
          { value: 'HTTPS', label: 'HTTPS on port 443' },
        ],
        initial: 'HTTP',
      },
      ...(isTls ? [CREDENTIAL] : []),
      { name: 'host', label: 'Host', help: '* = any host.', kind: 'host', initial: '*' },
      { name: 'path', label: 'Path begins with', help: '', kind: 'text', initial: '/' },
      service,
      portField(chosen),
    ];
  },
  build: (known, values) => {
    const { host = '*', path = '/', protocol = 'HTTP', credential = '', gateway = '' } = values;
    const service = serviceOf(known, values);
    const name = nameFor(service?.host ?? 'service');
    const isTls = protocol === 'HTTPS';
    const number = isTls ? 443 : 80;
    const server = {
      port: { number, name: protocol.toLowerCase(), protocol },
      hosts: [host],
      ...(isTls ? { tls: { mode: 'SIMPLE', credentialName: credential } } : {}),
    };
    const selector = known.services.find((each) => each.host === gateway)?.selector ?? {
      istio: 'ingressgateway',
    };
    const port = Number(values['port'] ?? 0);
    const destination = { host: service?.host ?? '', ...(port > 0 ? { port: { number: port } } : {}) };
    const match = path === '/' || path === '' ? {} : { match: [{ uri: { prefix: path } }] };
    return {
      file: `${name}-ingress.yaml`,
      text: yamlOf(`The way in to ${service?.host ?? ''}.`, [
        { kind: 'Gateway', name: `${name}-gateway`, spec: { selector: { ...selector }, servers: [server] } },
        {
          kind: 'VirtualService',
          name: `${name}-ingress`,
          spec: {
            hosts: [host],
            gateways: [`${name}-gateway`],
            http: [{ ...match, route: [{ destination }] }],
          },
        },
      ]),
      notes:
        gatewaysOf(known).length === 0
          ? [{ text: 'No gateway runs yet: include gateways.yml in the compose file.' }]
          : [],
    };
  },
};

const CREDENTIAL: Field = {
  name: 'credential',
  label: 'Certificate',
  help: 'Name of its Secret, or of its folder with tls.crt and tls.key.',
  kind: 'text',
  initial: 'shop-credential',
};

const gatewaysOf = (known: Known): KnownService[] => known.services.filter(({ kind }) => kind === 'gateway');

function gatewayField(known: Known): Field {
  const gateways = gatewaysOf(known);
  const first = gateways.find(({ host }) => host.includes('ingress')) ?? gateways[0];
  return {
    name: 'gateway',
    label: 'Gateway',
    help: '',
    kind: 'choice',
    options:
      gateways.length === 0
        ? [{ value: '', label: 'istio: ingressgateway' }]
        : gateways.map(({ host, hostname }) => ({ value: host, label: hostname.split('.')[0] ?? host })),
    initial: first?.host ?? '',
  };
}

function portField(service: KnownService | undefined): Field {
  const ports = service?.ports ?? [];
  return {
    name: 'port',
    label: 'Its port',
    help: '',
    kind: 'choice',
    options:
      ports.length === 0
        ? [{ value: '0', label: 'the only one' }]
        : ports.map((port) => ({ value: String(port), label: String(port) })),
    initial: String(ports[0] ?? 0),
  };
}
