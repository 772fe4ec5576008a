import type { Violation } from '../../istio/violation.ts';
import { type ComposeText, lineOfField } from './compose-text.ts';
import type { ProjectService } from './project.ts';

export interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly severity?: Violation['severity'];
}

export function fileViolation(file: string, line: number, complaint: Complaint): Violation {
  return { severity: 'Error', ...complaint, resource: '', file, line, column: 0, path: '' };
}

/** About a field of a service; it is told where that is written, else where the service is. */
export function serviceViolation(service: ProjectService, field: string, complaint: Complaint): Violation {
  const [top = ''] = field.split('.');
  const file =
    service.files.toReversed().find((each) => top in (each.services.get(service.name)?.fields ?? {})) ??
    (service.files[0] as ComposeText);
  return {
    ...fileViolation(file.name, lineOfField(file, service.name, top), complaint),
    resource: `Service ${service.name}`,
    path: field,
  };
}
