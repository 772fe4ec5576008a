import { z } from 'zod';
import { ISTIO_METRICS } from '../../model/telemetry.ts';
import { decimal, duration, flag, targetReference, text, workloadSelector } from './scalars.ts';

/** telemetry/v1/telemetry.proto */

const mode = z.enum(['CLIENT_AND_SERVER', 'CLIENT', 'SERVER']);
const providers = z.array(z.strictObject({ name: text.optional() })).optional();

const customTag = z.strictObject({
  literal: z.strictObject({ value: text.optional() }).optional(),
  environment: z.strictObject({ name: text.optional(), defaultValue: text.optional() }).optional(),
  header: z.strictObject({ name: text.optional(), defaultValue: text.optional() }).optional(),
  formatter: z.strictObject({ value: text.optional() }).optional(),
});

const METRICS = ['ALL_METRICS', ...ISTIO_METRICS] as const;

export const telemetry = z.strictObject({
  selector: workloadSelector.optional(),
  targetRef: targetReference.optional(),
  targetRefs: z.array(targetReference).optional(),
  tracing: z
    .array(
      z.strictObject({
        match: z.strictObject({ mode: mode.optional() }).optional(),
        providers,
        randomSamplingPercentage: decimal.optional(),
        disableSpanReporting: flag.optional(),
        customTags: z.record(z.string(), customTag).optional(),
        useRequestIdForTraceSampling: flag.optional(),
        enableIstioTags: flag.optional(),
        disableContextPropagation: flag.optional(),
      }),
    )
    .optional(),
  metrics: z
    .array(
      z.strictObject({
        providers,
        reportingInterval: duration.optional(),
        overrides: z
          .array(
            z.strictObject({
              match: z
                .strictObject({
                  metric: z.enum(METRICS).optional(),
                  customMetric: text.optional(),
                  mode: mode.optional(),
                })
                .optional(),
              disabled: flag.optional(),
              tagOverrides: z
                .record(
                  z.string(),
                  z.strictObject({
                    operation: z.enum(['UPSERT', 'REMOVE']).optional(),
                    value: text.optional(),
                  }),
                )
                .optional(),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
  accessLogging: z
    .array(
      z.strictObject({
        match: z.strictObject({ mode: mode.optional() }).optional(),
        providers,
        disabled: flag.optional(),
        filter: z.strictObject({ expression: text.optional() }).optional(),
      }),
    )
    .optional(),
});

export type CustomTag = z.infer<typeof customTag>;
export type TelemetrySpec = z.infer<typeof telemetry>;
