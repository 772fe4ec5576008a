import { z } from 'zod';
import type { Span } from '../../model/span.ts';

const micros = z.number().int().nonnegative();

const span: z.ZodType<Span> = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentId: z.string().regex(/^([0-9a-f]{16})?$/),
  kind: z.enum(['SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER', 'INTERNAL']),
  name: z.string(),
  service: z.string(),
  startUs: micros,
  durationUs: micros,
  isError: z.boolean(),
  tags: z.record(z.string(), z.string()),
});

/** What a proxy posted; a proxy that was taken over may post anything. null = some of it are no spans. */
export function readSpans(text: string): readonly Span[] | null {
  try {
    return z.array(span).safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
