import { z } from 'zod';
import { parseDurationMs } from '../duration.ts';
import { count, flag, text } from '../schema/scalars.ts';

/** Small messages of Envoy's API v3 (envoy/type/v3, envoy/config/core/v3, envoy/config/route/v3), in snake_case. */

/** JSON of `google.protobuf.Duration`: seconds alone. */
export const seconds = z.string().refine((value) => /^\d+(\.\d{1,9})?s$/.test(value), {
  error: (issue) =>
    `invalid duration ${JSON.stringify(issue.input)}: Envoy's are in seconds, such as "60s" or "0.25s"`,
});

/** Whole milliseconds of such a duration. */
export const secondsMs = (value: string | undefined): number => parseDurationMs(value ?? '') ?? 0;

const fractionalPercent = z.strictObject({
  numerator: count.optional(),
  denominator: z.enum(['HUNDRED', 'TEN_THOUSAND', 'MILLION']).optional(),
});

export const runtimeFraction = z.strictObject({
  runtime_key: text.optional(),
  default_value: fractionalPercent.optional(),
});

export const httpStatus = z.strictObject({ code: z.union([count, text]).optional() });

export const headerValueOption = z.strictObject({
  header: z.strictObject({ key: text.optional(), value: text.optional() }).optional(),
  append: flag.optional(),
  append_action: z
    .enum(['APPEND_IF_EXISTS_OR_ADD', 'ADD_IF_ABSENT', 'OVERWRITE_IF_EXISTS_OR_ADD', 'OVERWRITE_IF_EXISTS'])
    .optional(),
  keep_empty_value: flag.optional(),
});

const regexMatcher = z.strictObject({ google_re2: z.unknown().optional(), regex: text.optional() });

const stringMatcher = z.strictObject({
  exact: text.optional(),
  prefix: text.optional(),
  suffix: text.optional(),
  contains: text.optional(),
  safe_regex: regexMatcher.optional(),
  ignore_case: flag.optional(),
});

/** The older members stand for `string_match`, and are accepted by Envoy still. */
export const headerMatcher = z.strictObject({
  name: text.optional(),
  exact_match: text.optional(),
  prefix_match: text.optional(),
  suffix_match: text.optional(),
  contains_match: text.optional(),
  safe_regex_match: regexMatcher.optional(),
  present_match: flag.optional(),
  string_match: stringMatcher.optional(),
  invert_match: flag.optional(),
  treat_missing_header_as_empty: flag.optional(),
});

export type RuntimeFraction = z.infer<typeof runtimeFraction>;
export type HttpStatus = z.infer<typeof httpStatus>;
export type HeaderValueOption = z.infer<typeof headerValueOption>;
export type HeaderMatcher = z.infer<typeof headerMatcher>;
export type StringMatcher = z.infer<typeof stringMatcher>;
