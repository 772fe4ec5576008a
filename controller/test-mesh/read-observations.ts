import { z } from 'zod';
import { type Flushed, MAX_OBSERVATIONS_PER_REPORT, type ObservedRequest } from '../../model/observation.ts';

const text = z.string().max(20_000);
const party = z.object({ app: text, workload: text, version: text, namespace: text });

const request: z.ZodType<ObservedRequest> = z.object({
  reporter: z.enum(['source', 'destination']),
  startMs: z.number(),
  durationMs: z.number(),
  source: party,
  destination: party,
  service: text,
  method: text,
  path: text,
  authority: text,
  status: z.number().int(),
  grpcStatus: text,
  flags: z.array(text).max(30),
  attempts: z.number().int(),
  isMtls: z.boolean(),
  route: text,
  rule: text,
  requestId: text,
});
const requests = z.array(request).max(MAX_OBSERVATIONS_PER_REPORT);
const flushed: z.ZodType<Flushed> = z.object({ id: text, lost: z.number().int().nonnegative() });

/** What a proxy posted; one that was taken over may post anything. null = it is not what it should be. */
export const readObservations = (body: string) => read(requests, body);
export const readFlushed = (body: string) => read(flushed, body);

function read<T>(schema: z.ZodType<T>, body: string): T | null {
  try {
    return schema.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}
