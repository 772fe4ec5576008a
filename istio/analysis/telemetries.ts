import type { MeshView } from './mesh-view.ts';
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
