import { z } from 'zod';
import { parseDurationMs } from '../duration.ts';

/** Scalars as a Kubernetes API server would take them: no number where text belongs, no text where a number belongs. */

export const text = z.string();
export const flag = z.boolean();
/** protobuf's uint32 and the like. */
export const count = z.number().int().min(0).max(4294967295);
export const integer = z.number().int();
export const decimal = z.number();

/** A Go duration: `1.5s`, `250ms`, `24h`. A bare number is none. */
export const duration = z.string().refine((value) => parseDurationMs(value) !== null, {
  error: (issue) =>
    `invalid duration ${JSON.stringify(issue.input)}, expected such as "5s", "250ms" or "1m30s"`,
});

/** `google.protobuf.BoolValue` and friends are plain values in YAML. */
export const labels = z.record(z.string(), z.string());

export const percent = z.strictObject({ value: decimal.optional() });

/** `selector.matchLabels` of the security and telemetry kinds. */
export const workloadSelector = z.strictObject({ matchLabels: labels.optional() });

/** `workloadSelector.labels` of the networking kinds. */
export const labelsSelector = z.strictObject({ labels: labels.optional() });

export const targetReference = z.strictObject({
  group: text.optional(),
  kind: text.optional(),
  name: text.optional(),
  namespace: text.optional(),
});

export const portSelector = z.strictObject({ number: count.optional() });

/**
 * An object of which at most one of `members` may be given (a protobuf oneof).
 */
export function exclusive<Shape extends z.ZodRawShape>(
  shape: Shape,
  members: readonly (keyof Shape & string)[],
) {
  return z.strictObject(shape).superRefine((value, context) => {
    const given = members.filter((member) => (value as Record<string, unknown>)[member] !== undefined);
    if (given.length < 2) return;
    context.addIssue({
      code: 'custom',
      message: `${given.join(' and ')} exclude each other: keep one`,
      path: [given[1] ?? ''],
    });
  });
}
