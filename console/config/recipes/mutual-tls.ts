import type { Known } from '../known.ts';
import { type Field, nameFor, type Recipe, serviceField, serviceOf, yamlOf } from './recipe.ts';

const MESH = 'mesh';

export const mutualTls: Recipe = {
  id: 'mtls',
  title: 'Mutual TLS',
  summary: 'Ask callers for a certificate of the mesh: of one service, a namespace, or everywhere.',
  fields: (known) => [
    scopeField(known),
    {
      name: 'mode',
      label: 'Callers',
      help: '',
      kind: 'choice',
      options: [
        { value: 'STRICT', label: 'must use mutual TLS' },
        { value: 'PERMISSIVE', label: 'may use mutual TLS or plain text' },
        { value: 'DISABLE', label: 'must use plain text' },
      ],
      initial: 'STRICT',
    },
  ],
  build: (known, values) => {
    const scope = values['service'] ?? MESH;
    const mode = values['mode'] ?? 'STRICT';
    const namespace = scope.startsWith('namespace ') ? scope.slice('namespace '.length) : null;
    const service = namespace === null && scope !== MESH ? serviceOf(known, values) : undefined;
    const ownNamespace = service?.hostname.split('.')[1] ?? 'default';
    const where = service === undefined ? (namespace ?? 'istio-system') : ownNamespace;
    const name = service === undefined ? 'default' : nameFor(service.host);
    const selector = service === undefined ? {} : { selector: { matchLabels: { ...service.selector } } };
    return {
      file: `${scope === MESH ? 'mesh' : (namespace ?? name)}-mtls.yaml`,
      text: yamlOf('Whether callers must show a certificate of the mesh.', [
        {
          apiVersion: 'security.istio.io/v1',
          kind: 'PeerAuthentication',
          name,
          namespace: where === 'default' ? undefined : where,
          spec: { ...selector, mtls: { mode } },
        },
      ]),
      notes: [
        ...(mode === 'STRICT'
          ? [{ text: 'Callers without a proxy are refused then: look at the padlocks of the graph first.' }]
          : []),
        ...(service !== undefined && Object.keys(service.selector).length === 0
          ? [
              {
                text: 'Its containers have no label in common: write a selector, else the whole namespace is meant.',
              },
            ]
          : []),
      ],
    };
  },
};

function scopeField(known: Known): Field {
  const field = serviceField(known, 'Where');
  const inMesh = field.options?.filter(
    ({ value }) => known.services.find(({ host }) => host === value)?.kind === 'service',
  );
  return {
    ...field,
    options: [
      { value: MESH, label: 'the whole mesh' },
      ...known.namespaces
        .filter((name) => name !== 'istio-system')
        .map((name) => ({ value: `namespace ${name}`, label: `namespace ${name}` })),
      ...(inMesh ?? []),
    ],
    initial: MESH,
  };
}
