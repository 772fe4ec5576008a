import { resolveShortName } from '../../../istio/host.ts';

/** The service of a MeshConfig.extensionProvider: `namespace/host`, or a host; a short one is looked for in `default`. */
export function providerHost(service: string): string {
  const [first = '', second] = service.split('/');
  return second === undefined ? resolveShortName(first, 'default') : resolveShortName(second, first);
}
