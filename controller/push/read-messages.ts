import { z } from 'zod';
import type { CertificateRequest } from '../../model/identity.ts';
import type { Ack, Claim, Hello, OpenPorts } from '../../model/push.ts';

/** What proxies say, as far as it is believed: one that was taken over may post anything. */

const word = z.string().max(300);
/** What is longer is told by its beginning. */
const MAX_ERROR = 4000;

const claim = z.object({ container: word });

const hello = z.object({
  protocol: z.number(),
  version: word,
  hashes: z.record(z.string(), word),
  agent: word,
  certificate: z
    .string()
    .max(64 * 1024)
    .optional(),
});

const ack = z.object({
  nonce: word,
  version: word,
  error: z
    .string()
    .transform((text) => text.slice(0, MAX_ERROR))
    .nullable(),
});

const openPorts = z.object({
  open: z.array(z.number().int().min(0).max(65_535)).max(65_536),
  isFailing: z.boolean().optional(),
});

const certificateRequest = z.object({ csr: z.string().max(64 * 1024) });

/** Each null where the body is none. */
export const readClaim = (body: string) => read<Claim>(claim, body);
export const readHello = (body: string) => read<Hello>(hello, body);
export const readAck = (body: string) => read<Ack>(ack, body);
export const readOpenPorts = (body: string) => read<OpenPorts>(openPorts, body);
export const readCertificateRequest = (body: string) => read<CertificateRequest>(certificateRequest, body);

/** The protocol that a greeting is of, whatever else it says; null = it says none. */
export function readProtocol(body: string): { readonly protocol: number; readonly agent?: string } | null {
  return read(z.object({ protocol: z.number(), agent: word.optional() }), body);
}

function read<T>(schema: z.ZodType, body: string): T | null {
  try {
    return (schema.safeParse(JSON.parse(body)).data as T | undefined) ?? null;
  } catch {
    return null;
  }
}
