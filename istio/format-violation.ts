import type { Violation } from './violation.ts';

/** One line after istioctl's: `Error [IST0101] (VirtualService default/reviews mesh/reviews.yaml:12) text Remedy.` */
export function formatViolation(violation: Violation): string {
  const { severity, code, resource, file, line, path, message, remedy } = violation;
  const place = [resource, line === 0 ? file : `${file}:${line}`].filter((part) => part !== '').join(' ');
  const field = path === '' ? '' : `${path}: `;
  const end = remedy === '' ? '' : ` Remedy: ${remedy}`;
  return `${severity} [${code}] (${place}) ${field}${message}${/[.!?]$/.test(message) ? '' : '.'}${end}`;
}
