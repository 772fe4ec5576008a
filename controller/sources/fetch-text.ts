/** A key set of an issuer is a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/** @throws Error for any answer but 200, and one that is too slow or too large */
export async function fetchText(uri: string, timeoutMs: number): Promise<string> {
  const response = await fetch(uri, { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
