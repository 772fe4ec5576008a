import { z } from 'zod';
import { count, exclusive, flag, text } from '../schema/scalars.ts';
import { headerMatcher, headerValueOption, httpStatus, runtimeFraction, seconds } from './scalars.ts';

/**
 * envoy/config/route/v3 `RateLimit` and the filters of envoy/extensions/filters/http/local_ratelimit/v3 and
 * …/ratelimit/v3, as EnvoyFilters of Istio's rate-limit task hold them.
 */

const positive = count.min(1);

/** `max_tokens` and `fill_interval` are looked for by the semantic checks, whose words are better. */
const tokenBucket = z.strictObject({
  max_tokens: positive.optional(),
  tokens_per_fill: positive.optional(),
  fill_interval: seconds.optional(),
});

/** Metadata that Envoy's JWT filter writes: the one that is known here. */
export const JWT_METADATA = 'envoy.filters.http.jwt_authn';

const metadataPath = z.strictObject({ key: text.optional() });
const metadataKey = z.strictObject({ key: text.optional(), path: z.array(metadataPath).optional() });
const prefixBits = (most: number) => z.number().int().min(0).max(most);

const ACTIONS = {
  source_cluster: z.strictObject({}).optional(),
  destination_cluster: z.strictObject({}).optional(),
  request_headers: z
    .strictObject({
      header_name: text.optional(),
      descriptor_key: text.optional(),
      skip_if_absent: flag.optional(),
    })
    .optional(),
  query_parameters: z
    .strictObject({
      query_parameter_name: text.optional(),
      descriptor_key: text.optional(),
      skip_if_absent: flag.optional(),
    })
    .optional(),
  remote_address: z.strictObject({}).optional(),
  masked_remote_address: z
    .strictObject({
      v4_prefix_mask_len: prefixBits(32).optional(),
      v6_prefix_mask_len: prefixBits(128).optional(),
    })
    .optional(),
  generic_key: z
    .strictObject({ descriptor_value: text.optional(), descriptor_key: text.optional() })
    .optional(),
  header_value_match: z
    .strictObject({
      descriptor_key: text.optional(),
      descriptor_value: text.optional(),
      expect_match: flag.optional(),
      headers: z.array(headerMatcher).optional(),
    })
    .optional(),
  metadata: z
    .strictObject({
      descriptor_key: text.optional(),
      metadata_key: metadataKey.optional(),
      default_value: text.optional(),
      source: z.enum(['DYNAMIC', 'ROUTE_ENTRY']).optional(),
      skip_if_absent: flag.optional(),
    })
    .optional(),
  dynamic_metadata: z.unknown().optional(),
  extension: z.unknown().optional(),
  query_parameter_value_match: z.unknown().optional(),
} as const;

const action = exclusive(ACTIONS, Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]);

const rateLimit = z.strictObject({
  stage: z.number().int().min(0).max(10).optional(),
  disable_key: text.optional(),
  actions: z.array(action).optional(),
  limit: z.unknown().optional(),
  hits_addend: z.unknown().optional(),
  apply_on_stream_done: flag.optional(),
});

export const rateLimits = z.array(rateLimit);

const entry = z.strictObject({ key: text.optional(), value: text.optional() });

const both = {
  stat_prefix: text.optional(),
  stage: z.number().int().min(0).max(10).optional(),
  filter_enabled: runtimeFraction.optional(),
  filter_enforced: runtimeFraction.optional(),
  response_headers_to_add: z.array(headerValueOption).optional(),
  rate_limited_as_resource_exhausted: flag.optional(),
  enable_x_ratelimit_headers: z.enum(['OFF', 'DRAFT_VERSION_03']).optional(),
  vh_rate_limits: z.enum(['OVERRIDE', 'INCLUDE', 'IGNORE']).optional(),
  rate_limits: rateLimits.optional(),
};

export const localRateLimit = z.strictObject({
  ...both,
  status: httpStatus.optional(),
  token_bucket: tokenBucket.optional(),
  request_headers_to_add_when_not_enforced: z.array(headerValueOption).optional(),
  descriptors: z
    .array(z.strictObject({ entries: z.array(entry).optional(), token_bucket: tokenBucket.optional() }))
    .optional(),
  always_consume_default_token_bucket: flag.optional(),
  local_rate_limit_per_downstream_connection: flag.optional(),
  local_cluster_rate_limit: z.unknown().optional(),
  max_dynamic_descriptors: positive.optional(),
});

const grpcService = z.strictObject({
  envoy_grpc: z.strictObject({ cluster_name: text.optional(), authority: text.optional() }).optional(),
  google_grpc: z.unknown().optional(),
  timeout: seconds.optional(),
});

export const globalRateLimit = z.strictObject({
  ...both,
  domain: text.optional(),
  request_type: z.enum(['internal', 'external', 'both', '']).optional(),
  timeout: seconds.optional(),
  failure_mode_deny: flag.optional(),
  failure_mode_deny_percent: z.unknown().optional(),
  rate_limit_service: z
    .strictObject({
      grpc_service: grpcService.optional(),
      transport_api_version: z.enum(['AUTO', 'V2', 'V3']).optional(),
    })
    .optional(),
  disable_x_envoy_ratelimited_header: flag.optional(),
  rate_limited_status: httpStatus.optional(),
  status_on_error: httpStatus.optional(),
});

/** Of a cluster that a patch adds: where its service is. */
export const loadAssignment = z.object({
  endpoints: z.array(
    z.object({
      lb_endpoints: z.array(
        z.object({
          endpoint: z.object({
            address: z.object({ socket_address: z.object({ address: text, port_value: count }) }),
          }),
        }),
      ),
    }),
  ),
});

export type TokenBucket = z.infer<typeof tokenBucket>;
export type RateLimitAction = z.infer<typeof action>;
export type RateLimit = z.infer<typeof rateLimit>;
export type LocalRateLimit = z.infer<typeof localRateLimit>;
export type GlobalRateLimit = z.infer<typeof globalRateLimit>;
