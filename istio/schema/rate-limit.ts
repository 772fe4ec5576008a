import { z } from 'zod';
import { count, duration, flag, text, workloadSelector } from './scalars.ts';
import { authorizationRuleFields } from './security.ts';

/**
 * Our own kind, in the style of AuthorizationPolicy: a rule's `from`, `to` and `when` are the same messages
 * (docs/rate-limits.md).
 */

const rule = z.strictObject({
  ...authorizationRuleFields,
  per: z.array(text).optional(),
  limit: z
    .strictObject({
      requests: count.optional(),
      unit: z.enum(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH', 'YEAR']).optional(),
      burst: count.optional(),
    })
    .optional(),
});

export const rateLimitDocument = z.strictObject({
  selector: workloadSelector.optional(),
  mode: z.enum(['LOCAL', 'GLOBAL']).optional(),
  rules: z.array(rule).optional(),
  provider: z
    .strictObject({
      service: text.optional(),
      port: count.optional(),
      domain: text.optional(),
      timeout: duration.optional(),
      failOpen: flag.optional(),
    })
    .optional(),
});

export type RateLimitDocument = z.infer<typeof rateLimitDocument>;
export type RateLimitRule = z.infer<typeof rule>;
