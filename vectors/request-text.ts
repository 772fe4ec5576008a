import type { CallRequest } from './scenario.ts';

/** What a caller of the recordings writes on its connection, and where it opens it. */

export interface Target {
  readonly scheme: string;
  /** As in the URL, with its port. */
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  /** Path and query, as sent. */
  readonly path: string;
}

/** Not by `URL`, which would normalise the path. */
export function splitUrl(url: string): Target {
  const [, scheme = '', authority = '', target = ''] = /^([a-z]+):\/\/([^/?#]*)([^#]*)/.exec(url) ?? [];
  const usual = scheme === 'https' ? '443' : '80';
  const [, host = '', port = usual] = /^(.*?)(?::([0-9]+))?$/.exec(authority) ?? [];
  // A URL holds no backslash: the callers of the recordings escaped it.
  const escaped = target.replaceAll('\\', '%5C');
  const path = escaped.startsWith('/') ? escaped : `/${escaped}`;
  return { scheme, authority, host, port: Number(port), path };
}

/** The whole request but for its body; `more` are headers that say only how the connection is used. */
export function writeRequestHead(request: CallRequest, more: Readonly<Record<string, string>> = {}): string {
  const { authority, path } = splitUrl(request.url);
  const { method = 'GET', headers = {}, body = '' } = request;
  const { host = authority, ...others } = headers;
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`];
  for (const [name, value] of Object.entries({ ...others, ...more })) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
