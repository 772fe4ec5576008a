import { z } from 'zod';
import { count, flag, labels, text } from './scalars.ts';

/** core/v1 ConfigMap, and what a text in it is that configures envoyproxy/ratelimit. */

export const configMap = z.strictObject({
  data: labels.optional(),
  binaryData: labels.optional(),
  immutable: flag.optional(),
});

const unit = z.enum(['second', 'minute', 'hour', 'day', 'month', 'year']);
/** Units are read in any case. */
const anyCase = z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), unit);

const rateLimit = z.strictObject({
  unit: anyCase.optional(),
  requests_per_unit: count.optional(),
  unlimited: flag.optional(),
  name: text.optional(),
  replaces: z.array(z.strictObject({ name: text.optional() })).optional(),
});

const descriptor = z.strictObject({
  key: text.optional(),
  value: text.optional(),
  rate_limit: rateLimit.optional(),
  shadow_mode: flag.optional(),
  detailed_metric: flag.optional(),
  value_to_metric: flag.optional(),
  get descriptors() {
    return z.array(descriptor).optional();
  },
});

export const rateLimitConfig = z.strictObject({
  domain: text.optional(),
  descriptors: z.array(descriptor).optional(),
});

export type ConfigMapSpec = z.infer<typeof configMap>;
export type RateLimitConfig = z.infer<typeof rateLimitConfig>;
export type RateLimitConfigDescriptor = NonNullable<RateLimitConfig['descriptors']>[number];
