import type { ExtensionProvider } from '../schema/extension-provider.ts';
import type { MeshView } from './mesh-view.ts';
import { serviceFault } from './provider-service.ts';
import type { Report } from './report.ts';

/** CUSTOM policies that nobody can answer for: whatever they match is refused (LAT0206). */
export function checkExternalAuthorizers(view: MeshView, report: Report): void {
  const providers = view.of('MeshConfig')[0]?.spec.extensionProviders ?? [];
  for (const policy of view.of('AuthorizationPolicy')) {
    const { action, provider } = policy.spec;
    if (action !== 'CUSTOM') continue;
    const name = provider?.name ?? '';
    const known = providers.find((each) => each.name === name);
    const fault = known === undefined ? `MeshConfig has no provider "${name}"` : faultOf(known, view);
    if (fault === null) continue;
    report.warn(
      policy,
      'LAT0206',
      ['spec', 'provider', 'name'],
      `${fault}: what the policy matches is refused`,
      'Name one of extensionProviders that has `envoyExtAuthzHttp` or `envoyExtAuthzGrpc` with a service of the mesh.',
    );
  }
}

function faultOf(provider: ExtensionProvider, view: MeshView): string | null {
  const { name, envoyExtAuthzHttp, envoyExtAuthzGrpc } = provider;
  const asked = envoyExtAuthzHttp ?? envoyExtAuthzGrpc;
  if (asked === undefined) return `the provider "${name}" is no external authorizer`;
  return serviceFault(view, name ?? '', asked);
}
