import type { Violation } from '../../istio/violation.ts';
import type { InjectContext } from './context.ts';
import type { ComposeProjectTexts, ProjectService } from './project.ts';
import { bare, isFields, listOf, textOf, type Value } from './value.ts';
import { serviceViolation } from './violations.ts';

interface Published {
  readonly by: string;
  readonly port: number;
  readonly protocol: string;
  /** '' = every address of the host. */
  readonly address: string;
}

/** A port of the host that two services publish: `up` would fail half-way. */
export function portClashes(project: ComposeProjectTexts, context: InjectContext): Violation[] {
  const known: Published[] = [];
  const clashes: Violation[] = [];
  for (const service of [...project.services.values()].filter(
    ({ fields }) => fields['profiles'] === undefined,
  )) {
    for (const published of publishedBy(service, context)) {
      const other = known.find((each) => isClash(each, published));
      if (other === undefined) known.push(published);
      else clashes.push(clash(service, published, other));
    }
  }
  return clashes;
}

function isClash(first: Published, second: Published): boolean {
  if (first.by === second.by || first.port !== second.port || first.protocol !== second.protocol)
    return false;
  return (
    first.address === second.address || [first.address, second.address].some((address) => address === '')
  );
}

function clash(service: ProjectService, { port }: Published, { by }: Published): Violation {
  const variable = { 8080: 'LATEEN_HTTP_PORT', 8443: 'LATEEN_HTTPS_PORT' }[port];
  const gateway = by === 'istio-ingressgateway' && variable !== undefined;
  return serviceViolation(service, 'ports', {
    code: 'LAT0307',
    message: `port ${port} of the host is published by ${by} too`,
    remedy: gateway
      ? `Set another for the gateway, e.g. ${variable}=${port + 1000} in .env, or publish this service elsewhere.`
      : 'Publish one of them elsewhere.',
  });
}

function publishedBy({ name, fields }: ProjectService, context: InjectContext): Published[] {
  return listOf(fields['ports']).flatMap((entry) => {
    const { address, port, protocol } = readPort(entry, context);
    if (!/^\d+$/.test(port) || port === '0') return [];
    return [{ by: name, port: Number(port), protocol, address: address === '0.0.0.0' ? '' : address }];
  });
}

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `{published: 8080, host_ip: 127.0.0.1}`; ranges are left to Docker. */
function readPort(entry: Value, { interpolate }: InjectContext) {
  const inner = bare(entry);
  if (isFields(inner)) {
    const read = (field: string) => interpolate(textOf(inner[field]));
    return { address: read('host_ip'), port: read('published'), protocol: read('protocol') || 'tcp' };
  }
  const [text = '', protocol = 'tcp'] = interpolate(textOf(entry)).split('/');
  const parts = text.split(':');
  if (parts.length < 2) return { address: '', port: '', protocol };
  return { address: parts.slice(0, -2).join(':'), port: parts.at(-2) ?? '', protocol };
}
