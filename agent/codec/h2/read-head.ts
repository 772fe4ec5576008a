import { AUTHORITY, FORBIDDEN_IN_TARGET, isToken } from '../h1/syntax.ts';
import {
  BODY_NOT_TOLD,
  BODY_UNKNOWN_LENGTH,
  type Headers,
  type RequestHead,
  type ResponseHead,
} from '../head.ts';
import { isConnectionSpecific } from './connection-specific.ts';

/**
 * Decoded fields into heads, with everything that RFC 9113 §8 asks of a message: null = malformed, an error of the
 * stream. The array of fields becomes the head's headers, edited in place.
 */

interface Regular {
  /** −3 = none (BODY_NOT_TOLD). */
  contentLength: number;
  host: string;
  expectContinue: boolean;
}

const COLON = 0x3a;
const DIGITS = /^[0-9]{1,16}$/;

export function readRequestHead(fields: Headers, hasBody: boolean): RequestHead | null {
  let method = '';
  let scheme = '';
  let path = '';
  let upgrade = '';
  let authority: string | null = null;
  let at = 0;
  for (; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (name.charCodeAt(0) !== COLON) break;
    const value = fields[at + 1] as string;
    if (name === ':method' && method === '' && isToken(value)) method = value;
    else if (name === ':scheme' && scheme === '' && value !== '') scheme = value;
    else if (name === ':path' && path === '' && value !== '') path = value;
    else if (name === ':authority' && authority === null) authority = value;
    else if (name === ':protocol' && upgrade === '' && isToken(value)) upgrade = value;
    else return null;
  }
  const regular = readRegular(fields, at);
  if (regular === null || method === '') return null;
  authority ??= regular.host;
  if (!AUTHORITY.test(authority)) return null;
  if (upgrade !== '') {
    // Extended CONNECT (RFC 8441 §4) is HTTP/1.1's upgrade: so it is told, and what it carries is no body.
    if (method !== 'CONNECT' || regular.contentLength !== BODY_NOT_TOLD) return null;
    method = 'GET';
  }
  if (!isTarget(method, scheme, path, authority)) return null;
  const contentLength = upgrade === '' ? bodyLength(regular.contentLength, hasBody) : regular.contentLength;
  if (contentLength === null) return null;
  return {
    ...{ method, path, authority, version: 'HTTP/2', headers: fields, contentLength, upgrade },
    expectContinue: regular.expectContinue && hasBody,
  };
}

/** RFC 9113 §8.3.1; CONNECT has an authority alone (§8.5). */
function isTarget(method: string, scheme: string, path: string, authority: string): boolean {
  if (method === 'CONNECT') return scheme === '' && path === '' && authority !== '';
  if (scheme === '' || FORBIDDEN_IN_TARGET.test(path)) return false;
  return path.charCodeAt(0) === 0x2f || (path === '*' && method === 'OPTIONS');
}

/** `method` is that of the request which it answers. */
export function readResponseHead(fields: Headers, hasBody: boolean, method: string): ResponseHead | null {
  const code = fields[1];
  if (fields[0] !== ':status' || code === undefined || !/^[1-9][0-9][0-9]$/.test(code)) return null;
  const status = Number(code);
  // Switching protocols has no meaning here (RFC 9113 §8.6).
  if (status === 101) return null;
  const regular = readRegular(fields, 2);
  if (regular === null) return null;
  const isBodyless = method === 'HEAD' || status === 304;
  const contentLength =
    isBodyless && !hasBody ? regular.contentLength : bodyLength(regular.contentLength, hasBody);
  if (contentLength === null) return null;
  return { status, reason: '', version: 'HTTP/2', headers: fields, contentLength, upgrade: '' };
}

/** Framing and routing must not be changed after the head (RFC 9113 §8.1, RFC 9110 §6.5.1). */
export function readTrailers(fields: Headers): Headers | null {
  const regular = readRegular(fields, 0);
  if (regular === null || regular.contentLength !== BODY_NOT_TOLD || regular.host !== '') return null;
  return fields;
}

/** null = the head promises bytes and the message ends with it. */
function bodyLength(contentLength: number, hasBody: boolean): number | null {
  if (hasBody) return contentLength === BODY_NOT_TOLD ? BODY_UNKNOWN_LENGTH : contentLength;
  return contentLength > 0 ? null : contentLength;
}

/**
 * Moves the regular fields from `start` on to the array's front, less those that live in the head's own fields.
 * Sorted by length first: most names are known to be ordinary after one comparison of integers.
 */
function readRegular(fields: Headers, start: number): Regular | null {
  const regular: Regular = { contentLength: BODY_NOT_TOLD, host: '', expectContinue: false };
  let kept = 0;
  let cookieAt = -1;
  for (let at = start; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (name.charCodeAt(0) === COLON) return null;
    switch (name.length) {
      case 2:
        if (name === 'te' && value !== 'trailers') return null;
        break;
      case 4:
        if (name !== 'host') break;
        regular.host = value;
        continue;
      case 6:
        if (name === 'cookie') {
          if (cookieAt < 0) cookieAt = kept;
          else {
            // Crumbs become one line for whoever is not HTTP/2 (RFC 9113 §8.2.3).
            fields[cookieAt + 1] += `; ${value}`;
            continue;
          }
        } else if (name === 'expect') {
          regular.expectContinue ||= value.toLowerCase() === '100-continue';
          continue;
        }
        break;
      case 14:
        if (name !== 'content-length') break;
        if (!setContentLength(regular, value)) return null;
        continue;
      default:
        if (isConnectionSpecific(name)) return null;
    }
    fields[kept] = name;
    fields[kept + 1] = value;
    kept += 2;
  }
  fields.length = kept;
  return regular;
}

/** Given twice it is refused, as in HTTP/1. */
function setContentLength(regular: Regular, value: string): boolean {
  const length = DIGITS.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) return false;
  if (regular.contentLength !== BODY_NOT_TOLD) return false;
  regular.contentLength = length;
  return true;
}
