import type { Headers, RequestHead } from '../../codec/head.ts';
import { getHeader, removeHeader, setHeader } from '../headers.ts';
import { pathOf, queryOf } from '../path-matcher.ts';

/** What an external authorizer said, whatever protocol it speaks. */
export type CheckAnswer =
  | { readonly kind: 'allowed'; readonly edits: CheckEdits }
  | {
      readonly kind: 'denied';
      readonly status: number;
      /** One character per byte. */
      readonly body: string;
      readonly headers: readonly HeaderEdit[];
    }
  /** It said nothing, or not in its protocol. */
  | { readonly kind: 'failed' };

/** What it makes of a request that may pass. */
export interface CheckEdits {
  readonly request: readonly HeaderEdit[];
  readonly removed: readonly string[];
  readonly queryToSet: readonly (readonly [name: string, value: string])[];
  readonly queryToRemove: readonly string[];
  /** For the answer of the application. */
  readonly response: readonly HeaderEdit[];
}

export interface HeaderEdit {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
  readonly mode: EditMode;
}

/** `join`: behind what is there, with a comma; nothing where nothing is there (Envoy's deprecated `append`). */
export type EditMode = 'set' | 'add' | 'add-if-absent' | 'set-if-present' | 'join';

export const NO_EDITS: CheckEdits = {
  ...{ request: [], removed: [], queryToSet: [], queryToRemove: [], response: [] },
};

export function isEmpty({ request, removed, queryToSet, queryToRemove }: CheckEdits): boolean {
  return request.length + removed.length + queryToSet.length + queryToRemove.length === 0;
}

export function applyHeaderEdits(edits: readonly HeaderEdit[], headers: Headers): void {
  for (const { name, value, mode } of edits) {
    if (!isEditable(name) || !isToken(name) || /[\r\n\0]/.test(value)) continue;
    const present = mode === 'set' || mode === 'add' ? undefined : getHeader(headers, name);
    if (mode === 'add' || (mode === 'add-if-absent' && present === undefined)) headers.push(name, value);
    else if (mode === 'set' || (mode === 'set-if-present' && present !== undefined))
      setHeader(headers, name, value);
    else if (mode === 'join' && present !== undefined) setHeader(headers, name, `${present},${value}`);
  }
}

export function applyEdits(edits: CheckEdits, request: RequestHead): void {
  for (const { name, value } of edits.request) editPseudo(request, name, value);
  applyHeaderEdits(edits.request, request.headers);
  for (const name of edits.removed) if (isEditable(name)) removeHeader(request.headers, name);
  if (edits.queryToSet.length + edits.queryToRemove.length > 0) request.path = editQuery(request.path, edits);
}

/** A name of HTTP/2's, or the Host: where the request goes. */
function editPseudo(request: RequestHead, name: string, value: string): void {
  if (!/^[!-~]+$/.test(value)) return;
  if (name === ':path' && value.startsWith('/')) request.path = value;
  else if (name === ':authority' || name === 'host') request.authority = value;
}

/** Heads never hold these: they say where a message ends, which is the codec's affair. */
const FRAMING: ReadonlySet<string> = new Set([
  ...['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'te', 'trailer'],
  ...['host', 'proxy-connection'],
]);

function isEditable(name: string): boolean {
  return !FRAMING.has(name);
}

/** RFC 9110 §5.6.2. */
function isToken(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name);
}

/** As it is said, but for what cannot stand in a request's target. */
function encodeOdd(text: string): string {
  return text.replace(
    /[^!-~]|#/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function editQuery(target: string, { queryToSet, queryToRemove }: CheckEdits): string {
  const gone = new Set([...queryToRemove, ...queryToSet.map(([name]) => name)]);
  const kept = queryOf(target)
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !gone.has(pair.split('=', 1)[0] ?? ''));
  const set = queryToSet.map(([name, value]) => `${encodeOdd(name)}=${encodeOdd(value)}`);
  const query = [...kept, ...set].join('&');
  return query === '' ? pathOf(target) : `${pathOf(target)}?${query}`;
}
