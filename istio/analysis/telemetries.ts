import type { FieldPath } from '../field-path.ts';
import type { Resource } from '../resource.ts';
import type { ExtensionProvider } from '../schema/extension-provider.ts';
import type { MeshView } from './mesh-view.ts';
import { serviceFault } from './provider-service.ts';
import type { Report } from './report.ts';

/** Access logging without any provider to log to (IST0157). */
export function checkTelemetryProviders(view: MeshView, report: Report): void {
  const [mesh] = view.of('MeshConfig');
  if ((mesh?.spec.defaultProviders?.accessLogging ?? []).length > 0) return;
  for (const telemetry of view.of('Telemetry')) {
    (telemetry.spec.accessLogging ?? []).forEach(({ disabled, providers }, index) => {
      if (disabled === true || (providers ?? []).length > 0) return;
      report.warn(
        telemetry,
        'IST0157',
        ['spec', 'accessLogging', index],
        `The Telemetry ${telemetry.name} in namespace "${telemetry.namespace}" with empty providers will be ignored`,
        'Add `providers: [{ name: envoy }]`.',
      );
    });
  }
}

const BUILT_IN = { tracing: 'lateen', accessLogging: 'envoy', metrics: 'prometheus' } as const;
const SPOKEN = {
  tracing: ['zipkin', 'opentelemetry'],
  accessLogging: ['envoyFileAccessLog', 'envoyOtelAls'],
  metrics: ['prometheus'],
} as const satisfies Record<Section, readonly (keyof ExtensionProvider)[]>;

type Section = keyof typeof BUILT_IN;
const SECTIONS = ['tracing', 'accessLogging', 'metrics'] as const;

/** Names that lead nowhere: without a word, nothing would be logged or traced (LAT0210). */
export function checkProviderNames(view: MeshView, report: Report): void {
  const [mesh] = view.of('MeshConfig');
  for (const telemetry of view.of('Telemetry'))
    for (const section of SECTIONS)
      (telemetry.spec[section] ?? []).forEach(({ providers = [] }, index) => {
        for (const [at, { name = '' }] of providers.entries()) {
          const path = ['spec', section, index, 'providers', at, 'name'];
          warnOfProvider(report, telemetry, path, faultOf(view, section, name), section);
        }
      });
  if (mesh === undefined) return;
  for (const section of SECTIONS)
    for (const [at, name] of (mesh.spec.defaultProviders?.[section] ?? []).entries())
      warnOfProvider(report, mesh, ['defaultProviders', section, at], faultOf(view, section, name), section);
}

function warnOfProvider(
  report: Report,
  resource: Resource,
  path: FieldPath,
  fault: string | null,
  section: Section,
): void {
  if (fault === null) return;
  const remedy = `Name one of extensionProviders that has ${SPOKEN[section].join(' or ')}, or "${BUILT_IN[section]}".`;
  report.warn(resource, 'LAT0210', path, fault, remedy);
}

/** null = it can be used. */
function faultOf(view: MeshView, section: Section, name: string): string | null {
  const known = view.of('MeshConfig')[0]?.spec.extensionProviders ?? [];
  const provider = known.find((each) => each.name?.toLowerCase() === name.toLowerCase());
  if (provider === undefined)
    return name === BUILT_IN[section] || name === '' ? null : `MeshConfig has no provider "${name}"`;
  const kinds: readonly (keyof ExtensionProvider)[] = SPOKEN[section];
  const kind = kinds.find((each) => provider[each] !== undefined);
  if (kind === undefined) return `the provider "${name}" is of no kind that can be used for ${section} here`;
  const collector = provider.zipkin ?? provider.opentelemetry ?? provider.envoyOtelAls;
  return collector === undefined ? null : serviceFault(view, name, collector);
}
