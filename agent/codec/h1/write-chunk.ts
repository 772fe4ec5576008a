import type { Headers } from '../head.ts';

/** The line before `size` bytes of data; after the data comes {@link CHUNK_END}. */
export function chunkStart(size: number): string {
  return `${size.toString(16)}\r\n`;
}

export const CHUNK_END = '\r\n';

export function lastChunk(trailers: Headers | null): string {
  if (trailers === null || trailers.length === 0) return '0\r\n\r\n';
  let text = '0\r\n';
  for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
