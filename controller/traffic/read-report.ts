import { z } from 'zod';
import { BUCKETS } from '../../base/metrics.ts';
import {
  MAX_CLUSTERS_PER_REPORT,
  MAX_EDGES_PER_REPORT,
  MAX_OUTCOMES_PER_EDGE,
  type TrafficReport,
} from '../../model/traffic.ts';

/** The longest that a proxy of ours sends has a quarter of this. */
const MAX_BYTES = 1024 * 1024;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(300);

const edge = z.object({
  reporter: z.enum(['source', 'destination']),
  peer: z.object({ workload: text.min(1), namespace: text, version: text, app: text }).nullable(),
  service: text,
  protocol: z.enum(['http', 'grpc', 'tcp']),
  isMutualTls: z.boolean(),
  outcomes: z
    .array(
      z.object({
        code: z.number().int().min(0).max(999),
        flags: z.string().max(60),
        grpcStatus: z.string().max(10),
        count,
      }),
    )
    .max(MAX_OUTCOMES_PER_EDGE),
  durations: z.array(z.tuple([z.number().int().min(0).max(BUCKETS.length), count])).max(BUCKETS.length + 1),
  sentBytes: count,
  receivedBytes: count,
  opened: count,
  open: count.optional(),
});

const cluster = z.object({
  cluster: text.min(1),
  activeConnections: count,
  activeRequests: count,
  pendingRequests: count,
  pendingOverflow: count,
  retries: count,
  ejected: z.array(z.string().max(60)).max(100),
});

const report = z.object({
  isFirst: z.boolean(),
  edges: z.array(edge).max(MAX_EDGES_PER_REPORT),
  clusters: z.array(cluster).max(MAX_CLUSTERS_PER_REPORT),
});

/** What a proxy posted; one that was taken over may post anything. null = it is no report. */
export function readReport(body: string): TrafficReport | null {
  if (body.length > MAX_BYTES) return null;
  try {
    return (report.safeParse(JSON.parse(body)).data as TrafficReport | undefined) ?? null;
  } catch {
    return null;
  }
}
